#include "report/findings.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "report/columns.hpp"

namespace snitt::report {
namespace {

constexpr std::array gravities{"error", "warning", "note"};

/// "Nordre sykehus, requested to examined, 2024-02": whose and where, as far as it is told.
std::string place_of(const Rows& rows, std::size_t row) {
  std::string text;
  for (const char* name : {"provider", "column", "value"})
    if (const std::string word = rows.word(name, row); !word.empty())
      text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// "2 of 105", or "135" where nothing says of how many.
std::string number_of_rows(const Rows& rows, std::size_t row, const Wording& w) {
  const double of = rows.number("of", row);
  const std::string number = w.number(rows.number("rows", row));
  return std::isfinite(of) && of > 0 ? w.say("{} of {}", number, w.number(of)) : number;
}

}  // namespace

bool is_check_of_records(const CalibrationRecord& record) { return record.method == "check of records"; }

std::vector<std::string> warnings_of(const Table& findings, std::size_t most, const Wording& w) {
  const Rows rows(findings);
  const std::vector<std::size_t> warnings = rows.where("gravity", "warning");
  std::vector<std::string> texts;
  for (const std::size_t row : warnings) {
    if (texts.size() == most) {
      texts.push_back(w.say("and {} more warnings, in the findings",
                            w.number(static_cast<double>(warnings.size() - most))));
      break;
    }
    const std::string place = place_of(rows, row);
    texts.push_back(w.say("{}{}: {} rows: {}", rows.word("check", row),
                          place.empty() ? "" : " (" + place + ")", number_of_rows(rows, row, w),
                          rows.word("message", row)));
  }
  return texts;
}

void add_findings(const Table& findings, std::size_t most_rows, Page& page) {
  const Wording& w = page.wording();
  const Rows rows(findings);
  std::vector<std::vector<std::string>> lines;
  for (const char* gravity : gravities)
    for (const std::size_t row : rows.where("gravity", gravity))
      if (lines.size() < most_rows)
        lines.push_back({w(gravity), rows.word("check", row) + "\n" + place_of(rows, row),
                         number_of_rows(rows, row, w), rows.word("message", row)});
  if (lines.empty()) return page.paragraph(w("Nothing was found."));
  page.subheading(w("Findings"));
  page.table({w.column("gravity"), w.column("check"), w.column("rows"), w.column("message")}, lines,
             {false, false, true, false});
}

}  // namespace snitt::report
