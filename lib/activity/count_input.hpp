#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "activity/code_list.hpp"
#include "store/table_stream.hpp"

/// Tables of examinations that are counted together, read a batch of rows at a time.
namespace snitt::activity {

/// One input, and what its words mean.
struct CountInput {
  std::string path;
  std::unique_ptr<store::TableReader> reader;
  std::size_t first_row = 0;         ///< of all inputs' rows
  std::vector<CodeCell> code_cells;  ///< [category of codes]
  std::vector<BasisEntry> basis;
  double extracted_s = 0;  ///< when the table was made; NaN when it does not say
  std::uint64_t salt = 0;  ///< not 0: its keys and pseudonyms mean nothing in other files
  bool has(const std::string& column) const { return reader->find(column) != nullptr; }
};

class CountInputs {
 public:
  CountInputs(const std::vector<std::string>& paths, const CodeList& codes);
  std::vector<CountInput>& all() { return inputs_; }
  const std::vector<CountInput>& all() const { return inputs_; }
  std::size_t rows() const { return rows_; }
  bool any_has(const std::string& column) const;
  bool all_have(const std::string& column) const;

  /// Calls take(input, table, first row of all) for every batch of whole blocks, in order.
  template <typename Take>
  void each_batch(const std::vector<std::string>& columns, const Take& take) const {
    constexpr std::size_t batch = 16 * store::TableReader::block_rows;
    for (const CountInput& input : inputs_)
      for (std::size_t first = 0; first < input.reader->rows(); first += batch)
        take(input, input.reader->read(columns, first, std::min(batch, input.reader->rows() - first)),
             input.first_row + first);
  }

 private:
  std::vector<CountInput> inputs_;
  std::size_t rows_ = 0;
};

/// Columns of a batch by name; nullptr for those that an input has not.
const std::vector<std::int32_t>* codes_in(const Table& batch, const std::string& name);
const std::vector<double>* numbers_in(const Table& batch, const std::string& name);
const std::vector<std::int64_t>* keys_in(const Table& batch, const std::string& name);

/// A bijection of 64 bits that spreads running numbers (Stafford, variant 13 of MurmurHash3's finalizer).
inline std::uint64_t spread(std::uint64_t x) {
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
  return x ^ x >> 31U;
}

}  // namespace snitt::activity
