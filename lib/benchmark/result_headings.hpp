#pragma once
#include <vector>

#include "data/row_table.hpp"

/// Names, units and meanings of the columns of a benchmark's tables.
namespace snitt::benchmark::headings {

std::vector<RowTable::Heading> groups();
std::vector<RowTable::Heading> levels();
std::vector<RowTable::Heading> comparison();
std::vector<RowTable::Heading> tests();
std::vector<RowTable::Heading> pairs();
std::vector<RowTable::Heading> adjustment();
std::vector<RowTable::Heading> adjusted();
std::vector<RowTable::Heading> variance();
std::vector<RowTable::Heading> funnel();
std::vector<RowTable::Heading> bins();
std::vector<RowTable::Heading> quality();
std::vector<RowTable::Heading> recommended();
std::vector<RowTable::Heading> excluded();

}  // namespace snitt::benchmark::headings
