#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/table.hpp"

/// Options that the tools on records of examinations share.
namespace snitt::shell {

/// A Snitt table or a CSV file.
Table read_records(const std::string& path);

/// "priority=emergency" as column and value; throws UsageError naming the option.
std::vector<std::pair<std::string, std::string>> columns_and_values(const char* option,
                                                                    const std::vector<std::string>& words);

/// "08:00-16:00" as seconds after midnight; throws UsageError naming the option.
std::pair<double, double> hours_of_day(const char* option, const std::string& text);

}  // namespace snitt::shell
