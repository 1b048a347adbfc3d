#include "report/data_table.hpp"

#include <algorithm>
#include <cmath>

#include "formats/number_text.hpp"
#include "report/columns.hpp"
#include "report/text.hpp"

namespace snitt::report {
namespace {

constexpr std::size_t many_columns = 7;    // more are set smaller
constexpr std::size_t too_wide = 15;       // for paper; empty columns of such tables are named instead
constexpr std::size_t most_printed = 120;  // rows of a folded table that opens for printing

bool is_flag(const Column& column) {
  return std::holds_alternative<std::vector<std::uint8_t>>(column.values);
}

/// The cells of one column.
class Cells {
 public:
  Cells(const Column& column, const Wording& wording)
      : wording_(wording), flag_(is_flag(column)), numbers_(numbers_of(column)), words_(words_of(column)) {
    if (numbers_ && !flag_) decimals_ = common_decimals(*numbers_);
    constexpr int most_of_shares = 2;
    if (column.units == "%") decimals_ = std::min(decimals_, most_of_shares);
    if (words_) {
      constexpr std::size_t longest = 24;
      short_ = std::all_of(words_->begin(), words_->end(),
                           [](const std::string& w) { return w.size() <= longest; });
    }
    if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&column.values)) whole_ = whole;
  }

  bool is_number() const { return numbers_.has_value() && !flag_; }

  std::string html(std::size_t row) const {
    if (words_)
      return fmt::format("<td class=\"{}\">{}</td>", short_ ? "short" : "text", escaped((*words_)[row]));
    const double value = (*numbers_)[row];
    if (flag_)
      return fmt::format("<td data-v=\"{}\">{}</td>", value, escaped(wording_(value != 0 ? "yes" : "no")));
    const std::string full = std::isnan(value)   ? ""
                             : whole_ != nullptr ? std::to_string((*whole_)[row])
                                                 : formats::number_text(value);
    const std::string shown = std::isnan(value) ? "" : wording_.number(value, decimals_);
    return fmt::format("<td class=\"number\" data-v=\"{}\">{}</td>", full, shown);
  }

 private:
  const Wording& wording_;
  bool flag_;
  bool short_ = false;  ///< words that stay on one line
  std::optional<std::vector<double>> numbers_;
  std::optional<std::vector<std::string>> words_;
  const std::vector<std::int64_t>* whole_ = nullptr;
  int decimals_ = 0;
};

std::string head_of(const Column& column, bool number, const Wording& wording) {
  const std::string unit = unit_text(column.units);
  return fmt::format(
      "<th scope=\"col\"{}{}>{}{}</th>", number ? " class=\"number\"" : "",
      column.description.empty() ? "" : fmt::format(" title=\"{}\"", escaped(column.description)),
      escaped(wording.column_in(column.name, column.units)),
      unit.empty() ? "" : fmt::format("<small>{}</small>", escaped(unit)));
}

bool is_empty(const Column& column) {
  if (const auto numbers = numbers_of(column))
    return std::all_of(numbers->begin(), numbers->end(), [](double v) { return std::isnan(v); });
  const auto words = words_of(column);
  return std::all_of(words->begin(), words->end(), [](const std::string& w) { return w.empty(); });
}

/// The columns that are shown, and the names of those that have nothing to show in a table that is wide.
std::pair<std::vector<const Column*>, std::string> shown_columns(const Table& table) {
  std::vector<const Column*> shown;
  std::string left_out;
  for (const Column& column : table.columns)
    if (table.columns.size() >= too_wide && is_empty(column))
      left_out += (left_out.empty() ? "" : ", ") + column.name;
    else
      shown.push_back(&column);
  return {shown, left_out};
}

std::string legend_of(const Table& table, const Wording& wording) {
  std::string html;
  for (const Column& column : table.columns) {
    if (column.description.empty()) continue;
    const std::string unit = unit_text(column.units);
    html += fmt::format("<dt>{}</dt><dd lang=\"en\">{}{}</dd>\n", escaped(column.name),
                        escaped(column.description), unit.empty() ? "" : escaped(" (" + unit + ")"));
  }
  if (html.empty()) return "";
  return fmt::format("<details>\n<summary>{}</summary>\n<dl>\n{}</dl>\n</details>\n",
                     escaped(wording("What the columns are")), html);
}

}  // namespace

void add_table(const Table& table, const DataTable& view, Page& page) {
  const Wording& wording = page.wording();
  const std::size_t rows = table.rows();
  const std::size_t shown = std::min(rows, view.most_rows);
  const std::string count =
      wording.say(rows == 1 ? "{} row" : "{} rows", wording.number(static_cast<double>(rows)));
  const bool folded = rows >= view.fold_from;
  const std::string name = wording.say("Table {}: {}", view.name, count);
  if (folded)
    page.html(fmt::format("<details{}>\n<summary>{}</summary>\n",
                          shown <= most_printed ? " class=\"print\"" : "", escaped(name)));
  else
    page.note(name);
  if (rows > 0) {
    const auto [columns, left_out] = shown_columns(table);
    const bool paper = columns.size() < too_wide;
    if (!paper)
      page.html(
          fmt::format("<p class=\"note on-paper\">{}</p>\n",
                      escaped(wording.say(
                          "{} columns: too wide for paper; the file and snitt-report --csv have them all.",
                          columns.size()))));
    std::vector<Cells> cells;
    std::string html = fmt::format(
        "<div class=\"scroll{}\" tabindex=\"0\"><table class=\"sortable{}\" data-name=\"{}\">\n<thead><tr>",
        paper ? "" : " on-screen", columns.size() >= many_columns ? " wide" : "", escaped(view.name));
    for (const Column* column : columns) {
      cells.emplace_back(*column, wording);
      html += head_of(*column, cells.back().is_number(), wording);
    }
    html += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < shown; ++row) {
      html += "<tr>";
      for (const Cells& column : cells) html += column.html(row);
      html += "</tr>\n";
    }
    page.html(html + "</tbody></table></div>\n");
    page.allow_sorting();
    if (!left_out.empty()) page.note(wording.say("Columns without values: {}.", left_out));
    if (shown < rows)
      page.note(wording.say(
          "The first {} of {} rows are shown. All of them are in the file; snitt-report --csv and "
          "snitt-export write them.",
          wording.number(static_cast<double>(shown)), wording.number(static_cast<double>(rows))));
  }
  page.html(legend_of(table, wording));
  if (folded) page.end_fold();
}

}  // namespace snitt::report
