#include "benchmark/shared_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "data/row_table.hpp"
#include "statistics/bootstrap.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"

namespace snitt::benchmark {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t finest = 32;          ///< cells between quantiles
constexpr std::size_t patients_a_cell = 3;  ///< at least
constexpr std::size_t most_variables = 3;   ///< of a model

std::string knot_name(std::size_t k) { return fmt::format("quantile_{:02}_of_{}", k, finest); }

std::size_t cells_for(double count) {
  std::size_t cells = 4;
  while (cells < finest && count / static_cast<double>(2 * cells) >= patients_a_cell) cells *= 2;
  return cells;
}

RowTable quantile_table() {
  std::vector<RowTable::Heading> headings{{"exam", "", "kind of examination"},
                                          {"group", "", "site, scanner or provider"},
                                          {"sector", "", "of the group, if it has one"},
                                          {"phantoms_cm", "", "diameters of the CTDI phantoms, joined by +"},
                                          {"measure", "", "what the numbers are of"},
                                          {"units", "", "of mean, deviation and quantiles"},
                                          {"n", "1", "examinations that have it"},
                                          {"mean", "", "arithmetic"},
                                          {"deviation", "", "standard deviation with n - 1"}};
  headings[7].units = headings[8].units = "1";
  for (std::size_t k = 1; k < finest; ++k)
    headings.push_back({knot_name(k), "1", "quantile of type 7; missing where too few patients lie between"});
  return RowTable(std::move(headings));
}

std::string phantoms_text(const ExamGroup& group) {
  std::string text;
  for (const double p : group.phantoms) text += (text.empty() ? "" : "+") + fmt::format("{}", p);
  return text;
}

void add_measure(RowTable& table, const std::string& exam, const ExamGroup& group, Measure measure,
                 double count) {
  std::vector<RowTable::Cell> row{exam,
                                  group.name,
                                  group.sector,
                                  phantoms_text(group),
                                  std::string(name_of(measure)),
                                  std::string(units_of(measure)),
                                  count,
                                  group.mean_of(measure),
                                  group.deviation_of(measure)};
  const std::size_t step = finest / cells_for(count);
  for (std::size_t k = 1; k < finest; ++k)
    row.emplace_back(
        k % step == 0 ? group.quantile(measure, static_cast<double>(k) / static_cast<double>(finest)) : nan);
  table.add(row);
}

struct NamedSums {
  const char* name;
  statistics::GroupSums GroupModels::*sums;
  std::size_t variables;
};
constexpr std::array<NamedSums, 6> models{{{"dose", &GroupModels::dose, 1},
                                           {"dose_size", &GroupModels::dose_size, 2},
                                           {"noise", &GroupModels::noise, 2},
                                           {"noise_size", &GroupModels::noise_size, 3},
                                           {"quality", &GroupModels::quality, 2},
                                           {"quality_size", &GroupModels::quality_size, 3}}};

RowTable sums_table() {
  std::vector<RowTable::Heading> headings{
      {"exam", "", "kind of examination"},
      {"group", "", "site, scanner or provider"},
      {"model", "",
       "dose: log CTDIvol; dose_size: size, log CTDIvol; noise: log CTDIvol, log "
       "noise; noise_size: log CTDIvol, size, log noise; quality likewise"},
      {"n", "1", "examinations that have all of them"}};
  for (std::size_t a = 1; a <= most_variables; ++a)
    headings.push_back({fmt::format("mean_{}", a), "1", "mean of a variable"});
  for (std::size_t a = 1; a <= most_variables; ++a)
    for (std::size_t b = a; b <= most_variables; ++b)
      headings.push_back(
          {fmt::format("cross_{}{}", a, b), "1", "sum of products of deviations from the means"});
  return RowTable(std::move(headings));
}

void add_sums(RowTable& table, const std::string& exam, const ExamGroup& group, const NamedSums& model) {
  const statistics::GroupSums& sums = group.models.*model.sums;
  const std::size_t variables = sums.mean.size();
  std::vector<RowTable::Cell> row{exam, group.name, std::string(model.name), sums.count};
  for (std::size_t a = 0; a < most_variables; ++a) row.emplace_back(a < variables ? sums.mean[a] : nan);
  for (std::size_t a = 0; a < most_variables; ++a)
    for (std::size_t b = a; b < most_variables; ++b)
      row.emplace_back(b < variables ? sums.cross[a * variables + b] : nan);
  table.add(row);
}

// ---- reading ----

const std::vector<std::string>& texts(const Table& table, const std::string& name, const std::string& where) {
  const Column* column = table.find(name);
  const auto* values = column == nullptr ? nullptr : std::get_if<std::vector<std::string>>(&column->values);
  if (values == nullptr) throw InputError("{}: is no summary: it has no column '{}' of text", where, name);
  return *values;
}

const std::vector<double>& numbers(const Table& table, const std::string& name, const std::string& where) {
  const Column* column = table.find(name);
  const auto* values = column == nullptr ? nullptr : std::get_if<std::vector<double>>(&column->values);
  if (values == nullptr) throw InputError("{}: is no summary: it has no column '{}' of numbers", where, name);
  return *values;
}

/// Values at `count` places of a distribution known by its quantiles: straight lines in the logarithm over
/// the normal quantile, prolonged at both ends.
std::vector<double> drawn_from(const std::map<double, double>& knots, std::size_t count) {
  std::vector<std::pair<double, double>> points;
  for (const auto& [share, value] : knots)
    points.emplace_back(statistics::normal_quantile(share), std::log(value));
  std::vector<double> values;
  const auto n = static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    // as type 7 counts, so that quantiles of the values are the knots as nearly as so many values can
    const double share = std::clamp(count > 1 ? static_cast<double>(i) / (n - 1) : 0.5, 0.5 / n, 1 - 0.5 / n);
    const double z = statistics::normal_quantile(share);
    std::size_t right = 1;
    while (right + 1 < points.size() && points[right].first < z) ++right;
    const auto& [z0, x0] = points[right - 1];
    const auto& [z1, x1] = points[right];
    values.push_back(std::exp(x0 + (x1 - x0) * (z - z0) / (z1 - z0)));
  }
  return values;
}

/// In an order of its own per measure: the rows of different measures belong to nobody together.
void shuffle(std::vector<double>& values, std::uint64_t stream) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(
        values[i - 1],
        values[statistics::uniform_below(statistics::random_bits(stream, i), static_cast<std::uint32_t>(i))]);
}

Measure measure_named(const std::string& name, const std::string& where, std::size_t row) {
  for (std::size_t m = 0; m < measures; ++m)
    if (name == name_of(static_cast<Measure>(m))) return static_cast<Measure>(m);
  throw InputError("{}: row {}: unknown measure '{}'", where, row + 1, name);
}

void read_sums(const Table& table, std::map<std::string, std::map<std::string, ExamGroup>>& sorted,
               const std::string& where) {
  const auto& exam = texts(table, "exam", where);
  const auto& group = texts(table, "group", where);
  const auto& model = texts(table, "model", where);
  const auto& n = numbers(table, "n", where);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto at =
        std::find_if(models.begin(), models.end(), [&](const NamedSums& m) { return model[i] == m.name; });
    if (at == models.end()) throw InputError("{}: sums, row {}: unknown model '{}'", where, i + 1, model[i]);
    statistics::GroupSums sums;
    sums.count = n[i];
    for (std::size_t a = 1; a <= most_variables; ++a)
      if (const double mean = numbers(table, fmt::format("mean_{}", a), where)[i]; !std::isnan(mean))
        sums.mean.push_back(mean);
    const std::size_t variables = sums.mean.size();
    if (variables != at->variables || !(n[i] >= 1))
      throw InputError("{}: sums, row {}: model '{}' has {} means of {} examinations; expected {} means",
                       where, i + 1, model[i], variables, n[i], at->variables);
    sums.cross.resize(variables * variables);
    for (std::size_t a = 0; a < variables; ++a)
      for (std::size_t b = a; b < variables; ++b)
        sums.cross[a * variables + b] = sums.cross[b * variables + a] =
            numbers(table, fmt::format("cross_{}{}", a + 1, b + 1), where)[i];
    sorted[exam[i]][group[i]].models.*at->sums = std::move(sums);
  }
}

void read_phantoms(ExamGroup& group, const std::string& text) {
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('+', start), text.size());
    group.phantoms.insert(std::strtod(text.substr(start, end - start).c_str(), nullptr));
    start = end + 1;
  }
}

void read_measures(const Table& table, std::map<std::string, std::map<std::string, ExamGroup>>& sorted,
                   const std::string& where) {
  const auto& exam = texts(table, "exam", where);
  const auto& group_name = texts(table, "group", where);
  const auto& sector = texts(table, "sector", where);
  const auto& phantoms = texts(table, "phantoms_cm", where);
  const auto& measure_text = texts(table, "measure", where);
  const auto& n = numbers(table, "n", where);
  const auto& mean = numbers(table, "mean", where);
  const auto& deviation = numbers(table, "deviation", where);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ExamGroup& group = sorted[exam[i]][group_name[i]];
    const Measure measure = measure_named(measure_text[i], where, i);
    const auto m = static_cast<std::size_t>(measure);
    group.name = group_name[i];
    group.sector = sector[i];
    group.from_summary = true;
    read_phantoms(group, phantoms[i]);
    group.mean[m] = mean[i];
    group.deviation[m] = deviation[i];
    for (std::size_t k = 1; k < finest; ++k)
      if (const double v = numbers(table, knot_name(k), where)[i]; !std::isnan(v))
        group.knots[m][static_cast<double>(k) / static_cast<double>(finest)] = v;
    if (group.knots[m].size() < 3 || !(group.knots[m].begin()->second > 0) || !(n[i] >= 1) || n[i] > 1e7)
      throw InputError("{}: row {}: expected a count, and three and more quantiles above 0", where, i + 1);
    group.values[m] = drawn_from(group.knots[m], static_cast<std::size_t>(n[i]));
    shuffle(group.values[m], statistics::stream_of(exam[i] + group.name + measure_text[i]));
  }
}

void read_counts(const Table& table, std::map<std::string, std::map<std::string, ExamGroup>>& sorted,
                 const std::string& where) {
  const auto& exam = texts(table, "exam", where);
  const auto& group = texts(table, "group", where);
  const auto& level = numbers(table, "level", where);
  const auto& above = numbers(table, "above", where);
  for (std::size_t i = 0; i < table.rows(); ++i) sorted[exam[i]][group[i]].above[level[i]] = above[i];
}

/// Counts that single out nobody.
RowTable counts_above(const ExamData& data, double least, const std::map<std::string, double>& levels) {
  RowTable table({{"exam", "", "kind of examination"},
                  {"group", "", "site, scanner or provider"},
                  {"level", "mGy", "CTDIvol"},
                  {"above", "1", "examinations above it"}});
  for (const Exam& exam : data.exams) {
    const auto level = levels.find(exam.name);
    if (level == levels.end()) continue;
    for (const ExamGroup& group : exam.groups) {
      const std::vector<double> doses = group.known(Measure::ctdivol);
      const auto all = static_cast<double>(doses.size());
      const auto above = static_cast<double>(
          std::count_if(doses.begin(), doses.end(), [&](double v) { return v > level->second; }));
      const bool few =
          (above > 0 && above < patients_a_cell) || (above < all && all - above < patients_a_cell);
      if (all >= least && !few) table.add({exam.name, group.name, level->second, above});
    }
  }
  return table;
}

}  // namespace

SharedSummary summarize(const ExamData& data, std::size_t minimum_n,
                        const std::map<std::string, double>& levels) {
  RowTable quantiles = quantile_table();
  RowTable sums = sums_table();
  RowTable withheld({{"exam", "", "kind of examination"},
                     {"group", "", "site, scanner or provider"},
                     {"what", "", "measure, or everything"},
                     {"reason", "", "why it is not here"}});
  const auto least = static_cast<double>(minimum_n);
  const std::string few = fmt::format("fewer than {} examinations", minimum_n);
  for (const Exam& exam : data.exams)
    for (const ExamGroup& group : exam.groups) {
      if (group.count(Measure::ctdivol) < least) {
        withheld.add({exam.name, group.name, std::string("everything"), few});
        continue;
      }
      for (std::size_t m = 0; m < measures; ++m) {
        const auto measure = static_cast<Measure>(m);
        const double count = group.count(measure);
        if (count >= least)
          add_measure(quantiles, exam.name, group, measure, count);
        else if (count > 0)
          withheld.add({exam.name, group.name, std::string(name_of(measure)), few});
      }
      for (const NamedSums& model : models)
        if ((group.models.*model.sums).count >= least) add_sums(sums, exam.name, group, model);
    }
  SharedSummary summary;
  summary.quantiles = quantiles.table();
  if (summary.quantiles.rows() == 0)
    throw ComputationError("no exam of any group has {} examinations: nothing may be shared", minimum_n);
  summary.record.method = summary_method;
  summary.record.verdict = "good";
  summary.record.summary.push_back(
      plain("minimum_n", least, "1", "examinations that every number rests on, at least"));
  summary.record.summary.push_back(plain("withheld", static_cast<double>(withheld.table().rows()), "1",
                                         "exams of groups, or measures of them, that are not here"));
  summary.record.tables = {{"sums", sums.table()},
                           {"counts", counts_above(data, least, levels).table()},
                           {"withheld", withheld.table()}};
  return summary;
}

ExamData exams_from_summary(const Table& quantiles, const CalibrationRecord& record,
                            const std::string& where) {
  const Table* sums = record.table("sums");
  if (record.method != summary_method || sums == nullptr)
    throw InputError("{}: is no summary of snitt-benchmark --summarize", where);
  std::map<std::string, std::map<std::string, ExamGroup>> sorted;
  read_measures(quantiles, sorted, where);
  read_sums(*sums, sorted, where);
  if (const Table* counts = record.table("counts")) read_counts(*counts, sorted, where);
  ExamData data;
  for (auto& [exam, groups] : sorted) {
    data.exams.push_back({exam, {}});
    for (auto& [name, group] : groups) {
      const std::size_t rows = group.values[0].size();
      if (rows == 0 || group.models.dose.mean.empty())
        throw InputError("{}: exam '{}' of group '{}' has no CTDIvol", where, exam, name);
      for (auto& values : group.values)
        if (!values.empty()) values.resize(rows, nan);
      data.exams.back().groups.push_back(std::move(group));
    }
  }
  if (const Table* withheld = record.table("withheld")) {
    const auto& exam = texts(*withheld, "exam", where);
    const auto& group = texts(*withheld, "group", where);
    const auto& what = texts(*withheld, "what", where);
    const auto& reason = texts(*withheld, "reason", where);
    for (std::size_t i = 0; i < exam.size(); ++i)
      data.excluded.push_back({exam[i], group[i], what[i] + " withheld: " + reason[i], 0});
  }
  return data;
}

}  // namespace snitt::benchmark
