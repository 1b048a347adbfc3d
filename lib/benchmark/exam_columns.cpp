#include "benchmark/exam_columns.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::benchmark {
namespace {

using Units = std::vector<std::pair<const char*, double>>;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// What a column's unit is multiplied by. A column without units may end with them, as dw_mm does; else it is
/// taken to be in the first.
double factor_of(const Column& column, const Units& units, const std::string& where) {
  if (column.units.empty() || column.units == "1") {
    for (const auto& [name, factor] : units)
      if (lower(column.name).ends_with("_" + lower(name))) return factor;
    return 1;
  }
  for (const auto& [name, factor] : units)
    if (column.units == name) return factor;
  throw InputError("{}: column '{}' is in '{}'; expected {}", where, column.name, column.units,
                   units.front().first);
}

/// Reads columns of one table; rows that are not kept become missing before anybody judges them.
class Reader {
 public:
  Reader(const Table& table, ExamRows& rows, const std::string& where)
      : table_(table), rows_(rows), where_(where) {}

  /// "" where the name is missing.
  std::vector<std::string> names(const std::string& name, const char* option) const {
    if (name.empty()) return {};
    std::vector<std::string> texts = texts_of(column_of(table_, name, where_, option));
    for (std::string& text : texts)
      if (is_missing(text)) text.clear();
    return texts;
  }

  void leave_out_missing(const std::vector<double>& values, const char* reason) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::isnan(values[i])) leave_out(i, reason);
  }

  void leave_out_unnamed(const std::vector<std::string>& names, const char* reason) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i].empty()) leave_out(i, reason);
  }

  /// The standard examination '-' of snitt-map-protocols.
  void leave_out_what_is_none(const std::vector<std::string>& exams) {
    for (std::size_t i = 0; i < exams.size(); ++i)
      if (exams[i] == "-") leave_out(i, "is no examination");
  }

  std::vector<double> positive(const std::string& name, const Units& units, const char* option) const {
    if (name.empty()) return {};
    std::vector<double> values = numbers(name, units, option);
    require_positive(values, name, where_);
    return values;
  }

  /// A scan of no dose is none: a localizer that was called off, or an entry made by hand.
  std::vector<double> dose(const std::string& name, const Units& units, const char* option,
                           const char* reason) {
    if (name.empty()) return {};
    std::vector<double> values = numbers(name, units, option);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] == 0) {
        leave_out(i, reason);
        values[i] = std::numeric_limits<double>::quiet_NaN();
      }
    require_positive(values, name, where_);
    return values;
  }

  /// Nobody is wider than a meter: such sizes are in another unit than the column says.
  std::vector<double> sizes(const std::string& name) const {
    constexpr double widest_cm = 100;
    std::vector<double> values = positive(name, {{"cm", 1}, {"mm", 0.1}}, "--size-column");
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] > widest_cm)
        throw InputError(
            "{}: row {}: column '{}' has {}, taken to be cm; expected at most {}; a column in mm is "
            "converted "
            "where it says so, as in dw_mm or dw [mm]",
            where_, i + 1, name, values[i], widest_cm);
    return values;
  }

  /// Diameters, or words that hold one in cm: "head 16 cm".
  std::vector<double> phantoms(const std::string& name) {
    if (name.empty()) return {};
    const Column& column = column_of(table_, name, where_, "--phantom-column");
    if (!is_text(column)) return positive(name, {{"cm", 1}, {"mm", 0.1}}, "--phantom-column");
    const std::vector<std::string> texts = texts_of(column);
    std::vector<double> values;
    for (std::size_t i = 0; i < texts.size(); ++i) values.push_back(phantom(texts[i], name, i));
    return values;
  }

 private:
  void leave_out(std::size_t row, const char* reason) {
    if (rows_.left_out[row].empty()) rows_.left_out[row] = reason;
  }

  std::vector<double> numbers(const std::string& name, const Units& units, const char* option) const {
    const Column& column = column_of(table_, name, where_, option);
    std::vector<double> values = numbers_of(column, where_);
    const double factor = factor_of(column, units, where_);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = rows_.left_out[i].empty() ? values[i] * factor : std::numeric_limits<double>::quiet_NaN();
    return values;
  }

  double phantom(const std::string& text, const std::string& name, std::size_t row) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!rows_.left_out[row].empty() || is_missing(text)) return value;
    if (text == "mixed" || text == "NEMA XR 21") {  // words of snitt-dose
      leave_out(row, "CTDI phantom mixed or not one of 16 and 32 cm");
      return value;
    }
    const std::size_t digit = text.find_first_of("0123456789");
    const char* end = text.data() + text.size();
    if (digit != std::string::npos) std::from_chars(text.data() + digit, end, value);
    if (value != 16 && value != 32)
      throw InputError("{}: row {}: column '{}' has '{}'; expected a CTDI phantom of 16 or 32 cm", where_,
                       row + 1, name, text);
    return value;
  }

  const Table& table_;
  ExamRows& rows_;
  const std::string& where_;
};

/// Why a row is left out at once: "" for rows that count.
std::vector<std::string> rows_that_count(const Table& table, const std::string& name,
                                         const std::string& where) {
  std::vector<std::string> left_out(table.rows());
  if (name.empty()) return left_out;
  const std::vector<double> flags = numbers_of(column_of(table, name, where, "--keep-column"), where);
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0 && flags[i] != 1)
      throw InputError("{}: row {}: column '{}' has {}; expected true or false, 1 or 0", where, i + 1, name,
                       flags[i]);
    if (flags[i] == 0) left_out[i] = "does not count";
  }
  return left_out;
}

}  // namespace

ExamColumns resolved(ExamColumns columns, const Table& table) {
  const bool of_dose = table.find("study") != nullptr && table.find("scanner") != nullptr &&
                       table.find("ctdivol_mgy") != nullptr;
  const auto take = [&](std::string& column, const char* name) {
    if (of_dose && column.empty() && table.find(name) != nullptr) column = name;
  };
  take(columns.group, "scanner");
  if (columns.group.empty()) columns.group = "site";
  take(columns.patient, "patient");
  take(columns.phantom, "phantom");
  take(columns.dlp, "dlp_typical_mgy_cm");
  take(columns.dlp, "dlp_mgy_cm");
  take(columns.keep, "typical");
  return columns;
}

ExamRows exam_rows(const Table& table, const ExamColumns& asked, const std::string& where) {
  const ExamColumns columns = resolved(asked, table);
  if (table.find(columns.exam) == nullptr && table.find("protocol") != nullptr &&
      columns.exam == ExamColumns{}.exam)
    throw InputError(
        "{}: has no column '{}'; expected snitt-map-protocols to name the examinations first, or "
        "--exam-column, such as study_description",
        where, columns.exam);
  ExamRows rows;
  rows.left_out = rows_that_count(table, columns.keep, where);
  Reader reader(table, rows, where);
  rows.exam = reader.names(columns.exam, "--exam-column");
  rows.group = reader.names(columns.group, "--group-column");
  reader.leave_out_unnamed(rows.exam, "no name of the exam");
  reader.leave_out_what_is_none(rows.exam);
  reader.leave_out_unnamed(rows.group, "no name of the group");
  const auto values = [&](Measure measure) -> std::vector<double>& {
    return rows.values[static_cast<std::size_t>(measure)];
  };
  values(Measure::ctdivol) =
      reader.dose(columns.ctdivol, {{"mGy", 1}, {"Gy", 1e3}, {"cGy", 10}, {"uGy", 1e-3}}, "--ctdivol-column",
                  "CTDIvol of 0");
  reader.leave_out_missing(values(Measure::ctdivol), "no CTDIvol");
  values(Measure::dlp) =
      reader.dose(columns.dlp, {{"mGy.cm", 1}, {"mGy*cm", 1}, {"mGycm", 1}, {"mGy cm", 1}, {"Gy.cm", 1e3}},
                  "--dlp-column", "DLP of 0");
  rows.phantom = reader.phantoms(columns.phantom);
  rows.weight = reader.positive(columns.weight, {{"kg", 1}, {"g", 1e-3}}, "--weight-column");
  rows.sector = reader.names(columns.sector, "--sector-column");
  rows.patient = reader.names(columns.patient, "--patient-column");
  values(Measure::size) = reader.sizes(columns.size);
  values(Measure::noise) = reader.positive(columns.noise, {{"HU", 1}}, "--noise-column");
  values(Measure::quality) = reader.positive(columns.quality, {{"1", 1}}, "--quality-column");
  return rows;
}

}  // namespace snitt::benchmark
