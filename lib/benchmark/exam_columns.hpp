#pragma once
#include <array>
#include <string>
#include <vector>

#include "benchmark/exam_data.hpp"

namespace snitt::benchmark {

/// The columns of one table as they are asked for, in the units of the measures; what is not asked for is
/// empty.
struct ExamRows {
  std::vector<std::string> left_out;  ///< [row] why it is not used; "" for rows that are
  std::vector<std::string> exam;
  std::vector<std::string> group;
  std::vector<std::string> sector;
  std::vector<std::string> patient;
  std::vector<double> weight;
  std::vector<double> phantom;
  std::array<std::vector<double>, measures> values;
};

/// Rows that are left out are not judged. Throws InputError naming row and column.
ExamRows exam_rows(const Table& table, const ExamColumns& columns, const std::string& where);

}  // namespace snitt::benchmark
