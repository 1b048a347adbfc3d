#pragma once
#include <string>
#include <vector>

#include "data/table.hpp"
#include "formats/exam_rows.hpp"

namespace snitt::formats {

/// Studies of a table of irradiation events (snitt-dose): examined is the first event's start, exam_end the
/// last one's; provider the institution, device the scanner. Identifiers are the pseudonyms that the table
/// has. Throws InputError naming the column that is missing.
std::vector<ExamRow> exams_of_dose_table(const Table& events, const std::string& where);

}  // namespace snitt::formats
