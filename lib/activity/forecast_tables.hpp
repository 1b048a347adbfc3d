#pragma once
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "data/row_table.hpp"

/// Headings of the tables of a forecast.
namespace snitt::activity::headings {

std::vector<RowTable::Heading> forecasts();
std::vector<RowTable::Heading> choice();
std::vector<RowTable::Heading> methods();
std::vector<RowTable::Heading> parameters();
std::vector<RowTable::Heading> all_forecasts();
std::vector<RowTable::Heading> backtest();
std::vector<RowTable::Heading> events();
std::vector<RowTable::Heading> years();
std::vector<RowTable::Heading> test();
std::vector<RowTable::Heading> private_need();

}  // namespace snitt::activity::headings
