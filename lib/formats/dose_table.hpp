#pragma once
#include <map>
#include <string>
#include <vector>

#include "data/dose.hpp"

/// Dose tables of other systems (CSV), read through a mapping that the user writes.
namespace snitt::formats {

/// How the columns of a CSV become studies and events: schemas/dose-table-mapping-1.json.
struct DoseTableMapping {
  struct From {
    std::string column;
    double factor = 1;  ///< of numbers: 10 makes Gy.cm2 from cGy.m2 … whatever the column needs
  };
  std::map<std::string, From> columns;                              ///< field: column
  std::map<std::string, std::string> constants;                     ///< field: the same for every row
  std::map<std::string, std::map<std::string, std::string>> words;  ///< field: word of the file: our word
  std::string dates = "YYYY-MM-DD";
};

/// Throws InputError for unknown fields (with the nearest one), wrong types, and a mapping without "study".
DoseTableMapping read_dose_table_mapping(const std::string& path);

/// One document per study, in the order of their first rows. Rows without a study, and cells that are no
/// number or no known word, become anomalies. Throws InputError when the file is no CSV or lacks a column.
std::vector<DoseDocument> read_dose_table(const std::string& path, const DoseTableMapping& mapping);

}  // namespace snitt::formats
