#include "statistics/group_tests.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "statistics/distributions.hpp"
#include "statistics/summary.hpp"

namespace snitt::statistics {
namespace {

std::vector<GroupMoments> moments_of(const Groups& groups) {
  std::vector<GroupMoments> moments;
  for (const auto& group : groups)
    moments.push_back({static_cast<double>(group.size()), mean(group), standard_deviation(group)});
  return moments;
}

/// All values in one row, with the group of each.
struct Pool {
  std::vector<double> values;
  std::vector<std::size_t> group;
};

Pool pool(const Groups& groups) {
  Pool all;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    all.values.insert(all.values.end(), groups[g].begin(), groups[g].end());
    all.group.insert(all.group.end(), groups[g].size(), g);
  }
  return all;
}

std::vector<double> rank_sums(const Pool& all, const std::vector<double>& rank, std::size_t groups) {
  std::vector<double> sums(groups, 0);
  for (std::size_t i = 0; i < rank.size(); ++i) sums[all.group[i]] += rank[i];
  return sums;
}

void adjust(std::vector<PairComparison>& pairs) {
  std::vector<double> p;
  for (const PairComparison& pair : pairs) p.push_back(pair.p);
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_holm = adjusted[i];
}

/// P(U <= u) of the rank-sum statistic without ties: counts of partitions (Mann and Whitney 1947), built up
/// one value at a time.
double exact_probability(std::size_t m, std::size_t n, std::size_t u) {
  // ways[k][s]: choices of k ranks among the first that sum to s above their smallest possible sum
  std::vector<std::vector<double>> ways(m + 1, std::vector<double>(m * n + 1, 0));
  ways[0][0] = 1;
  for (std::size_t rank = 0; rank < m + n; ++rank)
    for (std::size_t k = std::min(rank + 1, m); k >= 1; --k) {
      const std::size_t above = rank + 1 - k;  // how far this rank lies above the k-th smallest
      if (above > n) continue;
      for (std::size_t s = m * n + 1; s-- > above;) ways[k][s] += ways[k - 1][s - above];
    }
  double below = 0;
  double all = 0;
  for (std::size_t s = 0; s <= m * n; ++s) {
    all += ways[m][s];
    if (s <= u) below += ways[m][s];
  }
  return below / all;
}

}  // namespace

Anova anova(std::span<const GroupMoments> groups) {
  double count = 0;
  double sum = 0;
  double within = 0;
  std::size_t used = 0;
  for (const GroupMoments& g : groups) {
    if (g.count <= 0) continue;
    ++used;
    count += g.count;
    sum += g.count * g.mean;
    within += (g.count - 1) * g.deviation * g.deviation;
  }
  if (used < 2)
    throw ComputationError("an analysis of variance wants two groups and more; there is {}", used);
  double between = 0;
  for (const GroupMoments& g : groups)
    if (g.count > 0) between += g.count * std::pow(g.mean - sum / count, 2);
  Anova result;
  result.degrees_between = static_cast<double>(used) - 1;
  result.degrees_within = count - static_cast<double>(used);
  if (!(result.degrees_within > 0) || !(within > 0))
    throw ComputationError("an analysis of variance wants values that differ inside their groups");
  result.mean_square_between = between / result.degrees_between;
  result.mean_square_within = within / result.degrees_within;
  result.f = result.mean_square_between / result.mean_square_within;
  result.p = f_upper_tail(result.f, result.degrees_between, result.degrees_within);
  return result;
}

Anova anova(const Groups& groups) { return anova(moments_of(groups)); }

IntraclassCorrelation intraclass_correlation(std::span<const GroupMoments> groups, double confidence) {
  const Anova a = anova(groups);
  double count = 0;
  double squares = 0;
  for (const GroupMoments& g : groups) {
    count += g.count;
    squares += g.count * g.count;
  }
  const double size = (count - squares / count) / a.degrees_between;
  const double tail = (1 - confidence) / 2;
  const double low_f = a.f / f_quantile(1 - tail, a.degrees_between, a.degrees_within);
  const double high_f = a.f / f_quantile(tail, a.degrees_between, a.degrees_within);
  const auto share = [&](double f) { return (f - 1) / (f + size - 1); };
  return {share(a.f), share(low_f), share(high_f)};
}

std::vector<double> ranks(std::span<const double> values, double& tie_sum) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  tie_sum = 0;
  for (std::size_t start = 0; start < order.size();) {
    std::size_t end = start + 1;
    while (end < order.size() && values[order[end]] == values[order[start]]) ++end;
    const double shared = 0.5 * static_cast<double>(start + 1 + end);
    for (std::size_t i = start; i < end; ++i) rank[order[i]] = shared;
    const auto run = static_cast<double>(end - start);
    tie_sum += run * run * run - run;
    start = end;
  }
  return rank;
}

KruskalWallis kruskal_wallis(const Groups& groups) {
  const Pool all = pool(groups);
  double ties = 0;
  const std::vector<double> rank = ranks(all.values, ties);
  const std::vector<double> sums = rank_sums(all, rank, groups.size());
  const auto n = static_cast<double>(all.values.size());
  double used = 0;
  double h = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].empty()) continue;
    used += 1;
    // from the mean rank: the textbook's form loses digits to cancellation
    const double excess = sums[g] / static_cast<double>(groups[g].size()) - (n + 1) / 2;
    h += static_cast<double>(groups[g].size()) * excess * excess;
  }
  if (used < 2) throw ComputationError("the test of Kruskal and Wallis wants two groups and more");
  const double correction = 1 - ties / (n * n * n - n);
  if (!(correction > 0))
    throw ComputationError("the test of Kruskal and Wallis wants values that are not all equal");
  h *= 12 / (n * (n + 1)) / correction;
  return {h, used - 1, chi_squared_upper_tail(h, used - 1)};
}

std::vector<PairComparison> dunn(const Groups& groups) {
  const Pool all = pool(groups);
  double ties = 0;
  const std::vector<double> rank = ranks(all.values, ties);
  const std::vector<double> sums = rank_sums(all, rank, groups.size());
  const auto n = static_cast<double>(all.values.size());
  const double variance = n * (n + 1) / 12 - ties / (12 * (n - 1));
  std::vector<PairComparison> pairs;
  for (std::size_t a = 0; a < groups.size(); ++a)
    for (std::size_t b = a + 1; b < groups.size(); ++b) {
      if (groups[a].empty() || groups[b].empty() || !(variance > 0)) continue;
      const auto na = static_cast<double>(groups[a].size());
      const auto nb = static_cast<double>(groups[b].size());
      const double z = (sums[a] / na - sums[b] / nb) / std::sqrt(variance * (1 / na + 1 / nb));
      pairs.push_back({a, b, z, 2 * normal_upper_tail(std::abs(z)), 1});
    }
  adjust(pairs);
  return pairs;
}

MannWhitney mann_whitney(std::span<const double> first, std::span<const double> second) {
  if (first.empty() || second.empty()) throw ComputationError("the rank-sum test wants values on both sides");
  std::vector<double> values(first.begin(), first.end());
  values.insert(values.end(), second.begin(), second.end());
  double ties = 0;
  const std::vector<double> rank = ranks(values, ties);
  const auto m = static_cast<double>(first.size());
  const auto n = static_cast<double>(second.size());
  const double sum =
      std::accumulate(rank.begin(), rank.begin() + static_cast<std::ptrdiff_t>(first.size()), 0.0);
  MannWhitney result;
  result.u = sum - m * (m + 1) / 2;
  const double total = m + n;
  const double excess = result.u - m * n / 2;
  const double deviation = std::sqrt(m * n / 12 * (total + 1 - ties / (total * (total - 1))));
  const double continuity = excess == 0 ? 0 : (excess > 0 ? 0.5 : -0.5);
  result.z = deviation > 0 ? (excess - continuity) / deviation : 0;
  result.exact = ties == 0 && first.size() < 50 && second.size() < 50;
  if (result.exact) {
    const double smaller = std::min(result.u, m * n - result.u);
    result.p = std::min(
        1.0, 2 * exact_probability(first.size(), second.size(), static_cast<std::size_t>(smaller + 0.5)));
  } else {
    result.p = deviation > 0 ? std::min(1.0, 2 * normal_upper_tail(std::abs(result.z))) : 1;
  }
  return result;
}

std::vector<PairComparison> mann_whitney_pairs(const Groups& groups) {
  std::vector<PairComparison> pairs;
  for (std::size_t a = 0; a < groups.size(); ++a)
    for (std::size_t b = a + 1; b < groups.size(); ++b) {
      if (groups[a].empty() || groups[b].empty()) continue;
      const MannWhitney test = mann_whitney(groups[a], groups[b]);
      pairs.push_back({a, b, test.z, test.p, 1});
    }
  adjust(pairs);
  return pairs;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace snitt::statistics
