#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace snitt {

/// Text that repeats: codes into categories, -1 for a missing value.
struct Categorical {
  std::vector<std::int32_t> codes;
  std::vector<std::string> categories;
  bool ordered = false;
};

/// One column. A missing number is NaN; whole numbers that may be missing are stored as doubles.
struct Column {
  std::string name;
  std::string units;  ///< "1" for plain numbers, "" for text
  std::string description;
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>, Categorical,
               std::vector<std::uint8_t>>
      values;
  std::size_t size() const;
};

/// Columns of equal length.
struct Table {
  std::vector<Column> columns;
  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
  const Column* find(const std::string& name) const;
};

}  // namespace snitt
