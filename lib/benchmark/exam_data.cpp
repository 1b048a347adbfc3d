#include "benchmark/exam_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "benchmark/exam_columns.hpp"
#include "statistics/bootstrap.hpp"
#include "statistics/summary.hpp"

namespace snitt::benchmark {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Rows that equal an earlier one in all that is used of them: as from an export that was joined twice.
std::size_t repeated_rows(const ExamRows& s) {
  std::set<std::vector<std::string>> seen;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < s.exam.size(); ++i) {
    if (!s.left_out[i].empty()) continue;
    std::vector<std::string> row{s.exam[i], s.group[i], s.patient.empty() ? "" : s.patient[i]};
    for (const auto& values : s.values)
      if (!values.empty()) row.push_back(fmt::format("{}", values[i]));
    repeated += seen.insert(std::move(row)).second ? 0 : 1;
  }
  return repeated;
}

/// Finds the exam and group of a row, in order of names.
using Sorted = std::map<std::string, std::map<std::string, ExamGroup>>;

void add_row(ExamGroup& group, const ExamRows& s, std::size_t row, const std::string& where) {
  for (std::size_t m = 0; m < measures; ++m)
    if (!s.values[m].empty()) group.values[m].push_back(s.values[m][row]);
  if (!s.patient.empty()) group.patient.push_back(statistics::stream_of(s.patient[row]));
  if (!s.phantom.empty() && !std::isnan(s.phantom[row])) group.phantoms.insert(s.phantom[row]);
  if (s.sector.empty()) return;
  if (!group.sector.empty() && group.sector != s.sector[row])
    throw InputError("{}: row {}: group '{}' is '{}' here and '{}' above; expected one sector per group",
                     where, row + 1, s.group[row], s.sector[row], group.sector);
  group.sector = s.sector[row];
}

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> logs;
  for (const double v : values) logs.push_back(std::log(v));
  return logs;
}

}  // namespace

const char* name_of(Measure measure) {
  constexpr std::array<const char*, measures> names{"ctdivol", "dlp",         "size",         "noise",
                                                    "quality", "merit_noise", "merit_quality"};
  return names[static_cast<std::size_t>(measure)];
}

const char* units_of(Measure measure) {
  constexpr std::array<const char*, measures> units{"mGy", "mGy.cm",       "cm",   "HU",
                                                    "1",   "1/(HU^2*mGy)", "1/mGy"};
  return units[static_cast<std::size_t>(measure)];
}

double size_factor(double diameter_cm, double phantom_cm) {
  if (phantom_cm < 24) return 1.874799 * std::exp(-0.03871313 * diameter_cm);
  return 3.704369 * std::exp(-0.03671937 * diameter_cm);
}

std::vector<double> ExamGroup::known(Measure measure) const {
  std::vector<double> there;
  for (const double v : values[static_cast<std::size_t>(measure)])
    if (!std::isnan(v)) there.push_back(v);
  return there;
}

double ExamGroup::quantile(Measure measure, double share) const {
  const auto& shared = knots[static_cast<std::size_t>(measure)];
  if (const auto at = shared.find(share); at != shared.end()) return at->second;
  return statistics::quantile(known(measure), share);
}

double ExamGroup::mean_of(Measure measure) const {
  return from_summary ? mean[static_cast<std::size_t>(measure)] : statistics::mean(known(measure));
}

double ExamGroup::deviation_of(Measure measure) const {
  return from_summary ? deviation[static_cast<std::size_t>(measure)]
                      : statistics::standard_deviation(known(measure));
}

std::size_t Exam::rows() const {
  std::size_t all = 0;
  for (const ExamGroup& g : groups) all += g.rows();
  return all;
}

void complete(ExamGroup& group) {
  const auto of = [&](Measure m) -> std::vector<double>& {
    return group.values[static_cast<std::size_t>(m)];
  };
  const std::vector<double>& dose = of(Measure::ctdivol);
  const std::vector<double>& size = of(Measure::size);
  const bool one_phantom = group.phantoms.size() == 1;
  const auto local_dose = [&](std::size_t i) {
    return size.empty() || !one_phantom ? dose[i] : dose[i] * size_factor(size[i], *group.phantoms.begin());
  };
  const std::vector<double>& noise = of(Measure::noise);
  for (std::size_t i = 0; i < noise.size(); ++i)
    of(Measure::merit_noise).push_back(1 / (noise[i] * noise[i] * local_dose(i)));
  const std::vector<double>& quality = of(Measure::quality);
  for (std::size_t i = 0; i < quality.size(); ++i)
    of(Measure::merit_quality).push_back(quality[i] * quality[i] / local_dose(i));
  const std::vector<double> log_dose = logarithms(dose);
  const std::vector<double> log_noise = logarithms(noise);
  const std::vector<double> log_quality = logarithms(quality);
  using statistics::sums_of;
  group.models.dose = sums_of({log_dose});
  if (!size.empty()) group.models.dose_size = sums_of({size, log_dose});
  if (!noise.empty()) group.models.noise = sums_of({log_dose, log_noise});
  if (!quality.empty()) group.models.quality = sums_of({log_dose, log_quality});
  if (!noise.empty() && !size.empty()) group.models.noise_size = sums_of({log_dose, size, log_noise});
  if (!quality.empty() && !size.empty()) group.models.quality_size = sums_of({log_dose, size, log_quality});
}

ExamData exams_from(const Table& table, const ExamColumns& columns, const std::optional<WeightRange>& weights,
                    const std::string& where) {
  if (table.rows() == 0) throw InputError("{}: has no rows; expected one per examination", where);
  if (weights && columns.weight.empty()) throw UsageError("a range of weights wants the column of weights");
  const ExamRows s = exam_rows(table, columns, where);
  Sorted sorted;
  std::map<std::array<std::string, 3>, std::size_t> excluded;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto leave_out = [&](const std::string& reason) { ++excluded[{s.exam[i], s.group[i], reason}]; };
    if (!s.left_out[i].empty())
      leave_out(s.left_out[i]);
    else if (weights && std::isnan(s.weight[i]))
      leave_out("no weight");
    else if (weights && (s.weight[i] < weights->low || s.weight[i] > weights->high))
      leave_out("weight outside the range");
    else
      add_row(sorted[s.exam[i]][s.group[i]], s, i, where);
  }
  ExamData data;
  data.repeated = repeated_rows(s);
  for (auto& [exam, groups] : sorted) {
    data.exams.push_back({exam, {}});
    for (auto& [name, group] : groups) {
      group.name = name;
      complete(group);
      data.exams.back().groups.push_back(std::move(group));
    }
  }
  for (const auto& [key, rows] : excluded) data.excluded.push_back({key[0], key[1], key[2], rows});
  return data;
}

void merge(ExamData& data, ExamData more, const std::string& where) {
  data.excluded.insert(data.excluded.end(), more.excluded.begin(), more.excluded.end());
  data.repeated += more.repeated;
  for (Exam& exam : more.exams) {
    const auto at = std::find_if(data.exams.begin(), data.exams.end(),
                                 [&](const Exam& e) { return e.name == exam.name; });
    if (at == data.exams.end()) {
      data.exams.push_back(std::move(exam));
      continue;
    }
    for (ExamGroup& group : exam.groups) {
      for (const ExamGroup& other : at->groups)
        if (other.name == group.name)
          throw InputError(
              "{}: exam '{}' of group '{}' stands in another input too; expected every group once", where,
              exam.name, group.name);
      at->groups.push_back(std::move(group));
    }
    std::sort(at->groups.begin(), at->groups.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  std::sort(data.exams.begin(), data.exams.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
}

}  // namespace snitt::benchmark
