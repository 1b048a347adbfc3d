#include "activity/record_check.hpp"

#include <algorithm>
#include <limits>

#include "activity/duplicate_check.hpp"
#include "activity/interval_check.hpp"
#include "activity/month_check.hpp"
#include "activity/value_check.hpp"
#include "data/activity_columns.hpp"
#include "data/row_table.hpp"

namespace snitt::activity {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::string no_word;

}  // namespace

const char* name_of(Gravity gravity) {
  switch (gravity) {
    case Gravity::note:
      return "note";
    case Gravity::warning:
      return "warning";
    default:
      return "error";
  }
}

NumberView::NumberView(const Column* column) {
  if (!column) return;
  reals_ = std::get_if<std::vector<double>>(&column->values);
  wholes_ = std::get_if<std::vector<std::int64_t>>(&column->values);
}

double NumberView::operator[](std::size_t row) const {
  return reals_ ? (*reals_)[row] : wholes_ ? static_cast<double>((*wholes_)[row]) : nan;
}

WordView::WordView(const Column* column, const CategoryLists& categories) {
  const auto* values = column ? std::get_if<Categorical>(&column->values) : nullptr;
  if (!values) return;
  codes_ = &values->codes;
  words_ = &categories.at(column->name);
}

const std::string& WordView::operator[](std::size_t row) const {
  const std::int32_t c = code(row);
  return c < 0 ? no_word : (*words_)[static_cast<std::size_t>(c)];
}

RecordBlock::RecordBlock(const Table& rows, const CategoryLists& categories, std::size_t first)
    : table_(rows), categories_(categories), first_(first) {}

std::vector<double> RecordBlock::rows_of_source() const {
  const NumberView stated = numbers(activity_columns::row);
  std::vector<double> numbers;
  for (std::size_t row = 0; row < rows(); ++row)
    numbers.push_back(stated.whole(row) > 0 ? static_cast<double>(stated.whole(row))
                                            : static_cast<double>(first_ + row + 1));
  return numbers;
}

std::vector<std::unique_ptr<RecordCheck>> record_checks(const CheckOptions& options) {
  std::vector<std::unique_ptr<RecordCheck>> checks;
  checks.push_back(month_check(options));
  checks.push_back(duplicate_check());
  checks.push_back(value_check(options));
  checks.push_back(code_check(options));
  checks.push_back(interval_check(options));
  return checks;
}

Table findings_table(const std::vector<Finding>& findings) {
  RowTable rows({{"check", "", "what kind of oddity"},
                 {"gravity", "", "error: cannot be; warning: may bend figures; note"},
                 {"source", "", "where the rows came from"},
                 {"provider", "", "whose they are; empty: everybody's"},
                 {"column", "", "of the records"},
                 {"value", "", "word, code or month"},
                 {"rows", "1", "that it is about"},
                 {"of", "1", "rows that were looked at"},
                 {"share", "1", "rows / of"},
                 {"first_row", "1", "one of them, counted in its source; missing where none is meant"},
                 {"message", "", "what it means, and what to do"}});
  for (const Finding& f : findings)
    rows.add({f.check, name_of(f.gravity), f.source, f.provider, f.column, f.value, f.rows, f.of,
              f.of > 0 ? f.rows / f.of : nan, f.first_row > 0 ? f.first_row : nan, f.message});
  return rows.table();
}

}  // namespace snitt::activity
