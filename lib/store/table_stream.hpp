#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.hpp"
#include "data/calibration.hpp"
#include "data/table.hpp"
#include "store/provenance.hpp"

/// Tables that are longer than memory: written and read a block of rows at a time. The file is the same as
/// write_table's, and read_table reads it.
namespace snitt::store {

/// A table of the columns asked for, in that order; names that are not there are left out. Only these are
/// read and unpacked. Throws InputError as read_table does.
Table read_table_columns(const std::string& path, const std::vector<std::string>& names);

class TableReader {
 public:
  explicit TableReader(const std::string& path);
  ~TableReader();
  std::size_t rows() const;
  /// The columns without values, categories included.
  const std::vector<Column>& columns() const;
  /// Rows [first, first + count) of the named columns; a categorical column's codes with all its categories
  /// left out (they are in columns()).
  Table read(const std::vector<std::string>& names, std::size_t first, std::size_t count) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class TableWriter {
 public:
  /// `columns` say names, units, descriptions and, by the alternative they hold, types; their values are
  /// empty.
  TableWriter(const std::string& path, const std::vector<Column>& columns, const Provenance& provenance,
              IfExists if_exists);
  ~TableWriter();
  /// A block of rows, columns in the order announced. A categorical block holds codes alone.
  void append(const Table& rows);
  /// `categories[i]` are those of categorical column i, all that the codes written speak of.
  void finish(const std::vector<std::vector<std::string>>& categories,
              const CalibrationRecord* record = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::store
