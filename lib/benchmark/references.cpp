#include "benchmark/references.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/error.hpp"
#include "data/table_columns.hpp"

namespace snitt::benchmark {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> texts(const Table& table, const char* name, const std::string& where) {
  std::vector<std::string> values = texts_of(column_of(table, name, where));
  for (std::string& value : values)
    if (is_missing(value)) value.clear();
  return values;
}

std::vector<double> numbers(const Table& table, const char* name, const std::string& where) {
  return numbers_of(column_of(table, name, where), where);
}

double share_above(const std::vector<double>& replicates, double limit) {
  double above = 0;
  double count = 0;
  for (const double v : replicates)
    if (!std::isnan(v)) {
      above += v > limit ? 1 : 0;
      count += 1;
    }
  return count > 0 ? above / count : std::nan("");
}

}  // namespace

std::vector<ReferenceLevel> references_from(const Table& table, const std::string& where) {
  const auto exam = texts(table, "exam", where);
  const auto source = texts(table, "source", where);
  const auto region = texts(table, "region", where);
  const auto measure = texts(table, "measure", where);
  const auto definition = texts(table, "definition", where);
  const auto year = numbers(table, "year", where);
  const auto value = numbers(table, "value", where);
  const auto percentile = numbers(table, "percentile", where);
  const auto phantom = numbers(table, "phantom_cm", where);
  std::vector<ReferenceLevel> all;
  for (std::size_t i = 0; i < exam.size(); ++i) {
    if (measure[i] != "ctdivol" && measure[i] != "dlp")
      throw InputError("{}: row {}: column 'measure' has '{}'; expected ctdivol or dlp", where, i + 1,
                       measure[i]);
    if (!(value[i] > 0))
      throw InputError("{}: row {}: column 'value' has {}; expected a number above 0", where, i + 1,
                       value[i]);
    if (source[i].empty() || !(year[i] > 1900))
      throw InputError("{}: row {}: a reference level wants its source and year", where, i + 1);
    all.push_back({exam[i], source[i], region[i], year[i],
                   measure[i] == "dlp" ? Measure::dlp : Measure::ctdivol, value[i], percentile[i], phantom[i],
                   definition[i]});
  }
  return all;
}

std::vector<Comparison> compare(const Exam& exam, const std::string& name, const MeasureLevels& levels,
                                const std::vector<ReferenceLevel>& references) {
  std::vector<Comparison> all;
  for (const ReferenceLevel& reference : references) {
    if (reference.measure != levels.measure || lower(reference.exam) != lower(name)) continue;
    if (reference.percentile == 75) {
      const double value = levels.reference_level.value;
      all.push_back({reference, "", value, value / reference.value,
                     share_above(levels.level_replicates, reference.value)});
    } else {
      const double value = levels.achievable.value;
      all.push_back({reference, "", value, value / reference.value, std::nan("")});
    }
    for (std::size_t g = 0; g < exam.groups.size(); ++g) {
      const double median = levels.median[g].value;
      if (!std::isnan(median))
        all.push_back({reference, exam.groups[g].name, median, median / reference.value,
                       share_above(levels.median_replicates[g], reference.value)});
    }
  }
  return all;
}

}  // namespace snitt::benchmark
