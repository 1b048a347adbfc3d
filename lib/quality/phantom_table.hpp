#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"

/// Tables that grow by rows.
namespace snitt::quality {

Column number_column(std::string name, std::string units, std::string description);
Column text_column(std::string name, std::string description);

/// Adds a row: texts and numbers, each in the order of the columns of its kind.
void add_row(Table& table, const std::vector<std::string>& texts, const std::vector<double>& numbers);

}  // namespace snitt::quality
