#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "data/calibration.hpp"
#include "data/table.hpp"
#include "data/text_list.hpp"
#include "store/provenance.hpp"

/// Tables that are longer than memory: written and read a block of rows at a time. The file is a table like
/// write_table's (snitt-table(5)), and read_table reads it.
namespace snitt::store {

/// A table of the columns asked for, in that order; names that are not there are left out. Only these are
/// read and unpacked. Throws InputError as read_table does.
Table read_table_columns(const std::string& path, const std::vector<std::string>& names);

class TableReader {
 public:
  /// Opens and checks all but the columns' values. Throws InputError as read_table does.
  explicit TableReader(const std::string& path);
  ~TableReader();
  std::size_t rows() const;
  /// The columns without values and without categories: names, units, descriptions and, by the alternative
  /// they hold, types.
  const std::vector<Column>& columns() const;
  /// The column of that name, or nullptr.
  const Column* find(const std::string& name) const;
  /// Of a categorical column; read when they are first asked for. Throws InputError for another column.
  const std::vector<std::string>& categories(const std::string& name) const;
  /// Rows [first, first + count) of the named columns, in that order; names that are not there are left out.
  /// A categorical column has codes alone, each checked to be a category's. Blocks that begin and end at
  /// multiples of `block_rows` are quickest: no chunk is unpacked twice.
  Table read(const std::vector<std::string>& names, std::size_t first, std::size_t count) const;
  static constexpr std::size_t block_rows = 65536;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Memory: a few blocks of rows, whatever the length of the table. A table that fits one block gets the
/// same bytes as from write_table.
class TableWriter {
 public:
  /// `columns` say names, units, descriptions and, by the alternative they hold, types: doubles, whole
  /// numbers, flags or Categorical (text of its own in every row cannot be streamed); their values are empty.
  /// Throws as write_table does.
  TableWriter(const std::string& path, const std::vector<Column>& columns, IfExists if_exists);
  TableWriter(const std::string& path, const std::vector<Column>& columns, const Provenance& provenance,
              IfExists if_exists);
  ~TableWriter();
  /// A block of rows of any length, columns in the order announced. A categorical block holds codes alone.
  void append(const Table& rows);
  std::size_t rows() const;
  /// For a writer that was made without it; before finish.
  void tell(const Provenance& provenance);
  /// `categories[i]` are those of the i-th categorical column, all that the codes written speak of.
  void finish(const std::vector<TextList>& categories, const CalibrationRecord* record = nullptr);
  void finish(const std::vector<std::vector<std::string>>& categories,
              const CalibrationRecord* record = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::store
