#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/table.hpp"
#include "report/columns.hpp"

/// What the columns of a table of unknown make are for, told by their names and contents. For the units of
/// this room.
namespace snitt::report {

/// A number with its interval: "rate", "rate_low", "rate_high"; or "low" and "high" beside the number that
/// stands before them.
struct Estimate {
  std::string value;
  std::string low;
  std::string high;
};
std::vector<Estimate> estimates_of(const Table& table);

/// Columns of words that name a row; none of long texts, or that say nothing.
std::vector<std::string> label_columns(const Rows& rows);

/// The column that says when: month, quarter, week, date, year.
std::optional<std::string> time_column(const Rows& rows);
/// "2024-03", "2024-03-15", "2024-Q2", "2024-W07", "2024" in years: 2024.167 for March.
std::optional<double> years_of(const std::string& time);
/// The time of each row in years; NaN where it is none.
std::vector<double> times_of(const Rows& rows, const std::string& column);

/// The column that curves are drawn over: a frequency, size, time, position …, which takes on five values at
/// least. Nothing when there is none.
std::optional<std::string> abscissa(const Rows& rows);

/// Columns of counts: count, rows, events, …
std::vector<std::string> count_columns(const Rows& rows);

/// Rows divided by the words of some columns.
struct Part {
  std::string name;  ///< "MR, public"
  std::vector<std::size_t> rows;
};
std::vector<Part> parts_by(const Rows& rows, const std::vector<std::string>& columns,
                           const std::vector<std::size_t>& among);
std::vector<std::size_t> all_rows(const Rows& rows);

}  // namespace snitt::report
