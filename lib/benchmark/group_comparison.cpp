#include "benchmark/group_comparison.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::benchmark {
namespace {

using statistics::GroupSums;

std::vector<std::string> sectors_of(const Exam& exam) {
  std::set<std::string> names;
  for (const ExamGroup& g : exam.groups)
    if (!g.sector.empty()) names.insert(g.sector);
  return {names.begin(), names.end()};
}

/// Every group has sizes for most of its rows.
bool has_sizes(const Exam& exam) {
  return std::all_of(exam.groups.begin(), exam.groups.end(), [](const ExamGroup& g) {
    return g.models.dose_size.count >= 2 && g.models.dose_size.count >= 0.5 * g.models.dose.count;
  });
}

/// Group sums with a term for every sector but the first.
std::vector<GroupSums> design(const Exam& exam, bool with_size, const std::vector<std::string>& sectors) {
  std::vector<GroupSums> all;
  for (const ExamGroup& g : exam.groups) {
    GroupSums sums = with_size ? g.models.dose_size : g.models.dose;
    for (std::size_t s = 1; s < sectors.size(); ++s)
      sums = with_group_covariate(sums, g.sector == sectors[s] ? 1 : 0);
    all.push_back(std::move(sums));
  }
  return all;
}

double mean_size(const Exam& exam) {
  double sum = 0;
  double count = 0;
  for (const ExamGroup& g : exam.groups) {
    sum += g.models.dose_size.count * g.models.dose_size.mean[0];
    count += g.models.dose_size.count;
  }
  return sum / count;
}

/// Of log CTDIvol, from the sums: they are exact for summaries too.
std::vector<statistics::GroupMoments> log_moments(const Exam& exam) {
  std::vector<statistics::GroupMoments> all;
  for (const ExamGroup& g : exam.groups) {
    const GroupSums& s = g.models.dose;
    if (s.count > 0)
      all.push_back({s.count, s.mean[0], s.count > 1 ? std::sqrt(s.cross[0] / (s.count - 1)) : 0});
  }
  return all;
}

void predict(SizeAdjustment& adjustment, const Exam& exam) {
  const statistics::MixedModel& model = adjustment.model;
  const std::size_t first_sector = adjustment.with_size ? 2 : 1;
  for (std::size_t g = 0; g < exam.groups.size(); ++g) {
    double log_dose = model.fixed[0].value + model.intercept[g];
    for (std::size_t s = 1; s < adjustment.sectors.size(); ++s)
      if (exam.groups[g].sector == adjustment.sectors[s]) log_dose += model.fixed[first_sector + s - 1].value;
    const double half = statistics::normal_quantile(0.975) * model.intercept_error[g];
    adjustment.dose.push_back(std::exp(log_dose));
    adjustment.low.push_back(std::exp(log_dose - half));
    adjustment.high.push_back(std::exp(log_dose + half));
  }
}

/// Patients of the cell of the distribution that a level falls into: what quantiles alone leave open.
double cell_size(const ExamGroup& group, Measure measure, double level) {
  const auto& knots = group.knots[static_cast<std::size_t>(measure)];
  double below = 0;
  double above = 1;
  for (const auto& [share, value] : knots) {
    if (value <= level) below = share;
    if (value > level) {
      above = share;
      break;
    }
  }
  return (above - below) * group.count(measure);
}

/// What the group itself counted above this level.
std::optional<double> told_above(const ExamGroup& group, Measure measure, double level) {
  if (measure != Measure::ctdivol) return std::nullopt;
  for (const auto& [at, above] : group.above)
    if (std::abs(at - level) <= 1e-9 * level) return above;
  return std::nullopt;
}

}  // namespace

std::optional<GroupTests> test_groups(const Exam& exam, PairTest test) {
  std::vector<statistics::GroupMoments> moments;
  statistics::Groups values;
  for (const ExamGroup& g : exam.groups) {
    values.push_back(g.known(Measure::ctdivol));
    moments.push_back(
        {g.count(Measure::ctdivol), g.mean_of(Measure::ctdivol), g.deviation_of(Measure::ctdivol)});
  }
  try {
    GroupTests tests;
    tests.anova = statistics::anova(moments);
    tests.kruskal_wallis = statistics::kruskal_wallis(values);
    tests.pairs = test == PairTest::dunn ? statistics::dunn(values) : statistics::mann_whitney_pairs(values);
    tests.intraclass = statistics::intraclass_correlation(log_moments(exam), 0.95);
    return tests;
  } catch (const ComputationError&) {
    return std::nullopt;
  }
}

std::optional<SizeAdjustment> adjust_for_size(const Exam& exam, std::optional<double> reference_size_cm,
                                              std::string& complaint) {
  SizeAdjustment adjustment;
  adjustment.with_size = has_sizes(exam);
  adjustment.sectors = sectors_of(exam);
  std::vector<double> origin;
  adjustment.terms.emplace_back("intercept");
  if (adjustment.with_size) {
    adjustment.reference_size_cm = reference_size_cm.value_or(mean_size(exam));
    origin.push_back(adjustment.reference_size_cm);
    adjustment.terms.emplace_back("size_cm");
  }
  for (std::size_t s = 1; s < adjustment.sectors.size(); ++s)
    adjustment.terms.push_back("sector " + adjustment.sectors[s]);
  try {
    adjustment.model =
        statistics::fit_random_intercept(design(exam, adjustment.with_size, adjustment.sectors), origin);
  } catch (const ComputationError& error) {
    complaint = error.what();
    return std::nullopt;
  }
  predict(adjustment, exam);
  return adjustment;
}

Exceedance exceedance(const Exam& exam, Measure measure, double level) {
  Exceedance result;
  result.level = level;
  std::vector<double> events;
  std::vector<std::int64_t> trials;
  for (const ExamGroup& g : exam.groups) {
    const std::vector<double> values = g.known(measure);
    const auto told = told_above(g, measure, level);
    result.above.push_back(told.value_or(static_cast<double>(
        std::count_if(values.begin(), values.end(), [&](double v) { return v > level; }))));
    result.error.push_back(g.from_summary && !told ? cell_size(g, measure, level) : 0);
    if (values.empty()) continue;
    events.push_back(result.above.back());
    trials.push_back(static_cast<std::int64_t>(values.size()));
  }
  if (events.size() != exam.groups.size()) return result;
  try {
    result.funnel = statistics::proportion_funnel(events, trials);
  } catch (const ComputationError&) {
  }
  return result;
}

std::vector<SizeBin> size_bins(const Exam& exam) {
  std::vector<std::pair<double, double>> rows;  // size, dose
  std::vector<std::size_t> group;
  std::set<double> phantoms;
  for (std::size_t g = 0; g < exam.groups.size(); ++g) {
    const ExamGroup& one = exam.groups[g];
    if (one.from_summary) continue;
    phantoms.insert(one.phantoms.begin(), one.phantoms.end());
    const auto& sizes = one.values[static_cast<std::size_t>(Measure::size)];
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if (!std::isnan(sizes[i])) {
        rows.emplace_back(sizes[i], one.values[0][i]);
        group.push_back(g);
      }
  }
  const bool head = phantoms.size() == 1 && *phantoms.begin() < 24;
  const double first = head ? 14 : 21;
  const double last = head ? 21 : 41;
  const double width = head ? 1 : 4;
  std::vector<SizeBin> bins;
  for (double low = first; low < last; low += width) {
    std::vector<double> doses;
    std::set<std::size_t> groups;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i].first >= low && rows[i].first < low + width) {
        doses.push_back(rows[i].second);
        groups.insert(group[i]);
      }
    if (doses.empty()) continue;
    bins.push_back({low, low + width, groups.size(), static_cast<double>(doses.size()),
                    statistics::quantile(doses, 0.25), statistics::quantile(doses, 0.5),
                    statistics::quantile(doses, 0.75)});
  }
  return bins;
}

}  // namespace snitt::benchmark
