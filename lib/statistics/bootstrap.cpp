#include "statistics/bootstrap.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "statistics/distributions.hpp"
#include "statistics/random.hpp"
#include "statistics/summary.hpp"

namespace snitt::statistics {
namespace {

std::vector<double> finite(std::span<const double> values) {
  std::vector<double> kept;
  for (const double v : values)
    if (std::isfinite(v)) kept.push_back(v);
  return kept;
}

}  // namespace

std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix(hash);
}

ClusterBootstrap::ClusterBootstrap(std::size_t rows) : rows_(rows), clusters_(rows) {}

ClusterBootstrap::ClusterBootstrap(std::span<const std::uint64_t> cluster) : rows_(cluster.size()) {
  std::map<std::uint64_t, std::uint32_t> number;  // in order of appearance
  std::vector<std::uint32_t> of_row;
  for (const std::uint64_t c : cluster)
    of_row.push_back(number.emplace(c, static_cast<std::uint32_t>(number.size())).first->second);
  clusters_ = number.size();
  if (clusters_ == rows_) return;  // each row its own: nothing to look up
  start_.assign(clusters_ + 1, 0);
  for (const std::uint32_t c : of_row) ++start_[c + 1];
  std::partial_sum(start_.begin(), start_.end(), start_.begin());
  row_.resize(rows_);
  std::vector<std::uint32_t> next(start_.begin(), start_.end() - 1);
  for (std::size_t i = 0; i < rows_; ++i) row_[next[of_row[i]]++] = static_cast<std::uint32_t>(i);
}

void ClusterBootstrap::draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t replicate,
                            std::span<std::uint32_t> counts) const {
  std::fill(counts.begin(), counts.end(), 0U);
  const std::uint64_t key = random_bits(seed, stream, replicate);
  const auto count = static_cast<std::uint32_t>(clusters_);
  for (std::uint32_t draw = 0; draw < count; ++draw) {
    const std::uint32_t chosen = uniform_below(mix(key + draw), count);
    if (start_.empty()) {
      ++counts[chosen];
    } else {
      for (std::uint32_t i = start_[chosen]; i < start_[chosen + 1]; ++i) ++counts[row_[i]];
    }
  }
}

void ClusterBootstrap::leave_out(std::size_t cluster, std::span<std::uint32_t> counts) const {
  std::fill(counts.begin(), counts.end(), 1U);
  if (start_.empty())
    counts[cluster] = 0;
  else
    for (std::uint32_t i = start_[cluster]; i < start_[cluster + 1]; ++i) counts[row_[i]] = 0;
}

RedrawnQuantiles::RedrawnQuantiles(std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) row_.push_back(static_cast<std::uint32_t>(i));
  std::stable_sort(row_.begin(), row_.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  for (const std::uint32_t row : row_) sorted_.push_back(values[row]);
}

double RedrawnQuantiles::quantile(std::span<const std::uint32_t> counts, double share) const {
  std::uint64_t total = 0;
  for (const std::uint32_t row : row_) total += counts[row];
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  const double place = share * static_cast<double>(total - 1);
  const auto below = static_cast<std::uint64_t>(place);
  const double part = place - static_cast<double>(below);
  std::uint64_t seen = 0;
  std::size_t i = 0;
  while ((seen += counts[row_[i]]) <= below) ++i;
  const double low = sorted_[i];
  if (part == 0 || seen > below + 1) return low;
  do ++i;
  while (counts[row_[i]] == 0);
  return low + part * (sorted_[i] - low);
}

std::vector<std::vector<double>> replicate(
    std::size_t count, std::size_t statistics,
    const std::function<void(std::uint64_t, std::span<double>)>& compute) {
  std::vector<std::vector<double>> all(statistics, std::vector<double>(count));
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, 16), [&](const auto& range) {
    std::vector<double> one(statistics);
    for (std::size_t r = range.begin(); r != range.end(); ++r) {
      compute(r, one);
      for (std::size_t s = 0; s < statistics; ++s) all[s][r] = one[s];
    }
  });
  return all;
}

Interval percentile_interval(std::span<const double> replicates, double confidence) {
  const std::vector<double> kept = finite(replicates);
  return {quantile(kept, (1 - confidence) / 2), quantile(kept, (1 + confidence) / 2)};
}

Interval bca_interval(std::span<const double> replicates, double estimate,
                      const std::vector<std::vector<double>>& left_out, double confidence) {
  const std::vector<double> kept = finite(replicates);
  if (kept.empty()) return percentile_interval(kept, confidence);
  double below = 0;
  for (const double v : kept) below += v < estimate ? 1 : (v == estimate ? 0.5 : 0);
  const auto count = static_cast<double>(kept.size());
  const double bias = normal_quantile(std::clamp(below / count, 0.5 / count, 1 - 0.5 / count));
  double squares = 0;
  double cubes = 0;
  for (const std::vector<double>& group : left_out) {
    const auto n = static_cast<double>(group.size());
    const double center = mean(group);
    for (const double without : group) {
      const double influence = (n - 1) * (center - without) / n;
      squares += influence * influence;
      cubes += influence * influence * influence;
    }
  }
  const double acceleration = squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
  const auto level = [&](double probability) {
    const double z = bias + normal_quantile(probability);
    return normal_probability(bias + z / (1 - acceleration * z));
  };
  return {quantile(kept, level((1 - confidence) / 2)), quantile(kept, level((1 + confidence) / 2))};
}

}  // namespace snitt::statistics
