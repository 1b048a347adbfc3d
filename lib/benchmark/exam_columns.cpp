#include "benchmark/exam_columns.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "benchmark/table_columns.hpp"

namespace snitt::benchmark {
namespace {

using Units = std::vector<std::pair<const char*, double>>;

/// What a column's unit is multiplied by; a column without units is taken to be in the first.
double factor_of(const Column& column, const Units& units, const std::string& where) {
  if (column.units.empty() || column.units == "1") return 1;
  for (const auto& [name, factor] : units)
    if (column.units == name) return factor;
  throw InputError("{}: column '{}' is in '{}'; expected {}", where, column.name, column.units,
                   units.front().first);
}

/// Reads columns of one table; rows that are not kept become missing before anybody judges them.
class Reader {
 public:
  Reader(const Table& table, const std::vector<std::uint8_t>& kept, const std::string& where)
      : table_(table), kept_(kept), where_(where) {}

  /// Rows without a dose may go without names: they are left out anyway.
  std::vector<std::string> names(const std::string& name, const std::vector<double>& dose) const {
    if (name.empty()) return {};
    std::vector<std::string> texts = texts_of(column_of(table_, name, where_));
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (kept_[i] != 0 && !std::isnan(dose[i]) && is_missing(texts[i]))
        throw InputError("{}: row {}: column '{}' is empty; expected a name", where_, i + 1, name);
    return texts;
  }

  std::vector<double> positive(const std::string& name, const Units& units) const {
    if (name.empty()) return {};
    const Column& column = column_of(table_, name, where_);
    std::vector<double> values = numbers_of(column, where_);
    const double factor = factor_of(column, units, where_);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = kept_[i] != 0 ? values[i] * factor : std::numeric_limits<double>::quiet_NaN();
    require_positive(values, name, where_);
    return values;
  }

  /// Diameters, or words that hold one in cm: "head 16 cm".
  std::vector<double> phantoms(const std::string& name) const {
    if (name.empty()) return {};
    const Column& column = column_of(table_, name, where_);
    if (!is_text(column)) return positive(name, {{"cm", 1}, {"mm", 0.1}});
    const std::vector<std::string> texts = texts_of(column);
    std::vector<double> values;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      double value = std::numeric_limits<double>::quiet_NaN();
      if (kept_[i] != 0 && !is_missing(texts[i])) {
        const std::size_t digit = texts[i].find_first_of("0123456789");
        const char* end = texts[i].data() + texts[i].size();
        if (digit != std::string::npos) std::from_chars(texts[i].data() + digit, end, value);
        if (value != 16 && value != 32)
          throw InputError("{}: row {}: column '{}' has '{}'; expected a CTDI phantom of 16 or 32 cm", where_,
                           i + 1, name, texts[i]);
      }
      values.push_back(value);
    }
    return values;
  }

 private:
  const Table& table_;
  const std::vector<std::uint8_t>& kept_;
  const std::string& where_;
};

std::vector<std::uint8_t> kept_rows(const Table& table, const std::string& name, const std::string& where) {
  if (name.empty()) return std::vector<std::uint8_t>(table.rows(), 1);
  const std::vector<double> flags = numbers_of(column_of(table, name, where), where);
  std::vector<std::uint8_t> kept;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] != 0 && flags[i] != 1)
      throw InputError("{}: row {}: column '{}' has {}; expected true or false, 1 or 0", where, i + 1, name,
                       flags[i]);
    kept.push_back(flags[i] != 0 ? 1 : 0);
  }
  return kept;
}

}  // namespace

ExamRows exam_rows(const Table& table, const ExamColumns& columns, const std::string& where) {
  ExamRows rows;
  rows.kept = kept_rows(table, columns.keep, where);
  const Reader reader(table, rows.kept, where);
  rows.weight = reader.positive(columns.weight, {{"kg", 1}, {"g", 1e-3}});
  rows.phantom = reader.phantoms(columns.phantom);
  const auto take = [&](Measure measure, const std::string& name, const Units& units) {
    rows.values[static_cast<std::size_t>(measure)] = reader.positive(name, units);
  };
  take(Measure::ctdivol, columns.ctdivol, {{"mGy", 1}, {"Gy", 1e3}, {"cGy", 10}, {"uGy", 1e-3}});
  const std::vector<double>& dose = rows.values[0];
  rows.exam = reader.names(columns.exam, dose);
  rows.group = reader.names(columns.group, dose);
  rows.sector = reader.names(columns.sector, dose);
  rows.patient = reader.names(columns.patient, dose);
  take(Measure::dlp, columns.dlp, {{"mGy*cm", 1}, {"mGy.cm", 1}, {"mGycm", 1}, {"mGy cm", 1}});
  take(Measure::size, columns.size, {{"cm", 1}, {"mm", 0.1}});
  take(Measure::noise, columns.noise, {{"HU", 1}});
  take(Measure::quality, columns.quality, {{"1", 1}});
  return rows;
}

}  // namespace snitt::benchmark
