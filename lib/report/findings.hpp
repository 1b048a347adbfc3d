#pragma once
#include "data/calibration.hpp"
#include "data/table.hpp"
#include "report/page.hpp"

/// Findings of a check of records (snitt-activity-check) as a reader wants them: the gravest first, each with
/// what it means. For the units of this room.
namespace snitt::report {

bool is_check_of_records(const CalibrationRecord& record);

/// One line for every warning, as the reasons of the record say errors; after `most` only their number.
std::vector<std::string> warnings_of(const Table& findings, std::size_t most, const Wording& wording);

/// Gravity, check, where, rows and message of every finding, errors first.
void add_findings(const Table& findings, std::size_t most_rows, Page& page);

}  // namespace snitt::report
