#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "activity/count.hpp"
#include "activity/dimension.hpp"

/// Which rows count: rules in their order, each row falling to the first that applies.
namespace snitt::activity {

/// What became of a row; positions in CountRules::names.
struct CountRules {
  std::vector<std::string> names;
  std::uint8_t other_shard = 1;  ///< not this share's business
  std::uint8_t first_status = 2;
  std::uint8_t duplicate = 0;
  std::uint8_t secondary = 0;
  std::uint8_t additional = 0;
  std::uint8_t future = 0;
  std::uint8_t undated = 0;
  std::uint8_t outside = 0;
  std::uint8_t filter = 0;
  std::uint8_t merged = 0;
  static constexpr std::uint8_t counted = 0;
};
CountRules rules_of(const CountSettings& settings);

using RowRules = std::vector<std::uint8_t>;  ///< [row of all inputs]

/// All rules but "duplicate" and "merged".
RowRules apply_rules(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules);

/// Gives "duplicate" to rows whose fingerprint stood before, among those that no status excluded.
void mark_duplicates(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
                     RowRules& row_rules);

/// Rows that share an examination's key and differ.
struct Conflicts {
  std::size_t keys = 0;
  std::size_t rows = 0;
  std::vector<std::vector<std::size_t>> first;  ///< rows of the first of them, as they stand
};
/// Gives "merged" to all rows of a unit but the earliest; for units that are rows, nothing is merged but
/// conflicts are found. Rows without a key are units of their own; their number comes back in `without_key`.
Conflicts merge_units(const CountInputs& inputs, const CountSettings& settings, const CountRules& rules,
                      RowRules& row_rules, std::size_t& without_key);

/// Hashes of an input's categories of persons or providers, by their words: the same in every input, unless
/// its pseudonyms are its own.
std::vector<std::uint64_t> word_hashes(const CountInput& input, const std::string& column);

}  // namespace snitt::activity
