#include "statistics/reader_study.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/random.hpp"
#include "statistics/summary.hpp"

namespace snitt::statistics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Scores of one reader with how often each is drawn.
struct ReaderScores {
  std::vector<double> levels;              ///< distinct scores, rising
  std::vector<std::size_t> level;          ///< [rating]
  std::vector<std::uint32_t> case_number;  ///< [rating]
  std::vector<std::uint8_t> test;          ///< [rating]
};

/// The area with the ratings of case c counting `weight[c]` times; NaN without both conditions.
double weighted_area(const ReaderScores& r, std::span<const std::uint32_t> weight) {
  std::vector<double> reference(r.levels.size(), 0);
  std::vector<double> test(r.levels.size(), 0);
  for (std::size_t i = 0; i < r.level.size(); ++i)
    (r.test[i] != 0 ? test : reference)[r.level[i]] += weight[r.case_number[i]];
  double below = 0;
  double sum = 0;
  double tests = 0;
  for (std::size_t k = 0; k < r.levels.size(); ++k) {
    sum += test[k] * (below + 0.5 * reference[k]);
    below += reference[k];
    tests += test[k];
  }
  return below > 0 && tests > 0 ? sum / (below * tests) : nan;
}

std::vector<ReaderScores> by_reader(std::span<const Rating> ratings, std::size_t readers) {
  std::vector<ReaderScores> all(readers);
  for (const Rating& r : ratings) all.at(r.reader).levels.push_back(r.score);
  for (ReaderScores& r : all) {
    std::sort(r.levels.begin(), r.levels.end());
    r.levels.erase(std::unique(r.levels.begin(), r.levels.end()), r.levels.end());
  }
  for (const Rating& rating : ratings) {
    ReaderScores& r = all[rating.reader];
    const auto at = std::lower_bound(r.levels.begin(), r.levels.end(), rating.score) - r.levels.begin();
    r.level.push_back(static_cast<std::size_t>(at));
    r.case_number.push_back(rating.case_number);
    r.test.push_back(rating.test ? 1 : 0);
  }
  return all;
}

double mean_of_known(std::span<const double> values) {
  double sum = 0;
  double count = 0;
  for (const double v : values)
    if (!std::isnan(v)) {
      sum += v;
      count += 1;
    }
  return count > 0 ? sum / count : nan;
}

/// Cases of both conditions, of the reference alone and of the test alone are redrawn each among themselves,
/// so that no replicate loses a condition for want of design.
struct CaseStrata {
  std::vector<std::vector<std::uint32_t>> cases;
  CaseStrata(std::span<const Rating> ratings, std::size_t count) : cases(3) {
    std::vector<unsigned> seen(count, 0);
    for (const Rating& r : ratings) seen[r.case_number] |= r.test ? 2U : 1U;
    for (std::uint32_t c = 0; c < count; ++c)
      if (seen[c] != 0) cases[seen[c] - 1].push_back(c);
  }
  void draw(std::uint64_t seed, std::uint64_t replicate, std::span<std::uint32_t> weight) const {
    std::fill(weight.begin(), weight.end(), 0U);
    for (std::size_t s = 0; s < cases.size(); ++s) {
      const auto count = static_cast<std::uint32_t>(cases[s].size());
      const std::uint64_t key = random_bits(seed, s, replicate);
      for (std::uint32_t i = 0; i < count; ++i) ++weight[cases[s][uniform_below(mix(key + i), count)]];
    }
  }
};

AreaEstimate area_estimate(double value, double variance, double degrees, double null_value) {
  AreaEstimate e;
  e.value = value;
  e.error = std::sqrt(std::max(variance, 0.0));
  e.degrees = degrees;
  const double half = student_t_quantile(0.975, degrees) * e.error;
  e.low = value - half;
  e.high = value + half;
  e.p = e.error > 0 ? student_t_two_sided((value - null_value) / e.error, degrees)
                    : (value == null_value ? 1 : 0);
  return e;
}

/// DeLong's structural components of one area.
struct Components {
  double area = 0;
  std::vector<double> diseased;  ///< [diseased case]: share of healthy cases below it
  std::vector<double> healthy;   ///< [healthy case]: share of diseased cases above it
};

Components components(const ReaderStudy& study, std::size_t modality, std::size_t reader) {
  std::vector<double> sick;
  std::vector<double> well;
  for (std::size_t c = 0; c < study.diseased.size(); ++c)
    (study.diseased[c] != 0 ? sick : well).push_back(study.at(modality, reader, c));
  Components parts;
  parts.area = area_between(well, sick);
  for (const double s : sick) parts.diseased.push_back(area_between(well, {&s, 1}));
  for (const double w : well) parts.healthy.push_back(area_between({&w, 1}, sick));
  return parts;
}

double covariance(std::span<const double> a, std::span<const double> b) {
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
  const auto n = static_cast<double>(a.size());
  return sum / (n - 1) / n;
}

double covariance(const Components& a, const Components& b) {
  return covariance(a.diseased, b.diseased) + covariance(a.healthy, b.healthy);
}

/// Variance and the three covariances of Obuchowski and Rockette, averaged over what they hold for.
void average_covariances(const ReaderStudy& study, const std::vector<Components>& parts,
                         ReaderStudyResult& result) {
  std::array<double, 4> sum{};
  std::array<double, 4> count{};
  const std::size_t areas = parts.size();
  for (std::size_t a = 0; a < areas; ++a)
    for (std::size_t b = a; b < areas; ++b) {
      const bool reader = a % study.readers == b % study.readers;
      const bool modality = a / study.readers == b / study.readers;
      const std::size_t kind = a == b ? 0 : (reader ? 1 : (modality ? 2 : 3));
      sum[kind] += covariance(parts[a], parts[b]);
      count[kind] += 1;
    }
  const auto average = [&](std::size_t kind) { return count[kind] > 0 ? sum[kind] / count[kind] : 0; };
  result.variance = average(0);
  result.same_reader = average(1);
  result.same_modality = average(2);
  result.neither = average(3);
}

void check(const ReaderStudy& study) {
  const auto sick =
      std::count_if(study.diseased.begin(), study.diseased.end(), [](auto d) { return d != 0; });
  const auto well = static_cast<std::ptrdiff_t>(study.diseased.size()) - sick;
  if (sick < 2 || well < 2)
    throw ComputationError(
        "an ROC study wants two cases and more of each kind; there are {} diseased and {} not", sick, well);
  if (study.readers < 2)
    throw ComputationError("a comparison over readers wants two readers and more; there is {}",
                           study.readers);
}

}  // namespace

double area_between(std::span<const double> first, std::span<const double> second) {
  if (first.empty() || second.empty()) return nan;
  std::vector<double> sorted(first.begin(), first.end());
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double s : second) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), s);
    sum += 0.5 * static_cast<double>((low - sorted.begin()) + (high - sorted.begin()));
  }
  return sum / (static_cast<double>(first.size()) * static_cast<double>(second.size()));
}

VisualGrading visual_grading(std::span<const Rating> ratings, std::size_t readers, std::size_t cases,
                             std::size_t replicates, std::uint64_t seed) {
  const std::vector<ReaderScores> scores = by_reader(ratings, readers);
  const CaseStrata strata(ratings, cases);
  VisualGrading result;
  const std::vector<std::uint32_t> once(cases, 1);
  for (const ReaderScores& r : scores) result.area.push_back(weighted_area(r, once));
  result.mean_area = mean_of_known(result.area);
  // Per replicate: each reader's area, their mean, and the mean of redrawn readers.
  const auto all = replicate(replicates, readers + 2, [&](std::uint64_t number, std::span<double> out) {
    std::vector<std::uint32_t> weight(cases);
    strata.draw(seed, number, weight);
    for (std::size_t r = 0; r < readers; ++r) out[r] = weighted_area(scores[r], weight);
    out[readers] = mean_of_known(out.first(readers));
    std::vector<double> redrawn;
    const std::uint64_t key = random_bits(seed, stream_of("readers"), number);
    for (std::size_t r = 0; r < readers; ++r)
      redrawn.push_back(out[uniform_below(mix(key + r), static_cast<std::uint32_t>(readers))]);
    out[readers + 1] = mean_of_known(redrawn);
  });
  for (std::size_t r = 0; r < readers; ++r) result.interval.push_back(percentile_interval(all[r], 0.95));
  result.fixed_readers = percentile_interval(all[readers], 0.95);
  result.random_readers = percentile_interval(all[readers + 1], 0.95);
  return result;
}

ReaderStudyResult compare_readers(const ReaderStudy& study) {
  check(study);
  ReaderStudyResult result;
  std::vector<Components> parts;
  for (std::size_t m = 0; m < study.modalities; ++m)
    for (std::size_t r = 0; r < study.readers; ++r) {
      parts.push_back(components(study, m, r));
      result.area.push_back(parts.back().area);
      result.area_error.push_back(std::sqrt(covariance(parts.back(), parts.back())));
    }
  average_covariances(study, parts, result);
  const auto t = static_cast<double>(study.modalities);
  const auto r = static_cast<double>(study.readers);
  std::vector<double> by_modality(study.modalities, 0);
  std::vector<double> of_reader(study.readers, 0);
  for (std::size_t a = 0; a < parts.size(); ++a) {
    by_modality[a / study.readers] += result.area[a] / r;
    of_reader[a % study.readers] += result.area[a] / t;
  }
  const double grand = mean(by_modality);
  double between = 0;
  for (const double area : by_modality) between += r * std::pow(area - grand, 2) / std::max(t - 1, 1.0);
  double interaction = 0;
  for (std::size_t a = 0; a < parts.size(); ++a)
    interaction +=
        std::pow(result.area[a] - by_modality[a / study.readers] - of_reader[a % study.readers] + grand, 2);
  interaction /= std::max((t - 1) * (r - 1), 1.0);
  const double excess = std::max(r * (result.same_modality - result.neither), 0.0);
  for (std::size_t m = 0; m < study.modalities; ++m) {
    // One modality by itself (Hillis 2007): its readers' scatter and their covariance.
    double scatter = 0;
    double shared = 0;
    for (std::size_t i = 0; i < study.readers; ++i) {
      scatter += std::pow(result.area[m * study.readers + i] - by_modality[m], 2) / (r - 1);
      for (std::size_t j = 0; j < i; ++j)
        shared += covariance(parts[m * study.readers + i], parts[m * study.readers + j]) / (r * (r - 1) / 2);
    }
    const double both = scatter + std::max(r * shared, 0.0);
    const double degrees = scatter > 0 ? both * both / (scatter * scatter / (r - 1)) : 1e9;
    result.mean_area.push_back(area_estimate(by_modality[m], both / r, degrees, 0.5));
  }
  if (study.modalities < 2) return result;
  const double noise = interaction + excess;
  result.degrees_between = t - 1;
  result.degrees_within =
      interaction > 0 ? noise * noise / (interaction * interaction / ((t - 1) * (r - 1))) : 1e9;
  result.f = noise > 0 ? between / noise : 0;
  result.p = noise > 0 ? f_upper_tail(result.f, result.degrees_between, result.degrees_within) : 1;
  for (std::size_t a = 0; a < study.modalities; ++a)
    for (std::size_t b = a + 1; b < study.modalities; ++b)
      result.differences.push_back(
          {a, b, area_estimate(by_modality[a] - by_modality[b], 2 * noise / r, result.degrees_within, 0)});
  return result;
}

}  // namespace snitt::statistics
