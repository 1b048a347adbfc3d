#pragma once
#include <string>
#include <vector>

#include "report/report_input.hpp"

namespace snitt::report {

struct ReportContent {
  std::string title;
  std::string created;  ///< ISO 8601
  std::string made_by;  ///< "snitt-report 0.1.0"
  std::vector<ReportInput> inputs;
  std::size_t most_rows = 1000;  ///< of a table on the page
};

/// One page of all inputs: what needs attention first, then each with its verdict, what was found, its plots
/// and all of its tables, and at the end where everything came from and how to make it again.
std::string report_page(const ReportContent& content, const Wording& wording);

}  // namespace snitt::report
