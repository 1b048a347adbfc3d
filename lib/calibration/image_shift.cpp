#include "calibration/image_shift.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

namespace snitt::calibration {
namespace {

std::vector<double> smoothed(const std::vector<double>& values, double sigma) {
  if (sigma <= 0) return values;
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(4 * sigma));
  const auto last = static_cast<std::ptrdiff_t>(values.size()) - 1;
  std::vector<double> result;
  for (std::ptrdiff_t i = 0; i <= last; ++i) {
    double sum = 0;
    double weights = 0;
    for (std::ptrdiff_t k = std::max<std::ptrdiff_t>(i - reach, 0); k <= std::min(i + reach, last); ++k) {
      const double distance = static_cast<double>(k - i) / sigma;
      const double weight = std::exp(-0.5 * distance * distance);
      sum += weight * values[static_cast<std::size_t>(k)];
      weights += weight;
    }
    result.push_back(sum / weights);
  }
  return result;
}

/// Sums over the first n values, for means and variances of any part.
struct Sums {
  std::vector<double> value{0};
  std::vector<double> square{0};
  explicit Sums(std::span<const double> values) {
    for (const double v : values) {
      value.push_back(value.back() + v);
      square.push_back(square.back() + v * v);
    }
  }
  double variance(std::size_t first, std::size_t end) const {
    const auto n = static_cast<double>(end - first);
    const double mean = (value[end] - value[first]) / n;
    return (square[end] - square[first]) / n - mean * mean;
  }
  /// Whether nothing but rounding is in it.
  bool is_flat() const {
    const std::size_t n = value.size() - 1;
    return !(variance(0, n) > 1e-9 * square[n] / static_cast<double>(n));
  }
  double mean(std::size_t first, std::size_t end) const {
    return (value[end] - value[first]) / static_cast<double>(end - first);
  }
};

/// Normalised correlation of reference[r] with moved[r + shift]; -1 where one of the parts is flat.
double correlation_at(std::span<const double> reference, std::span<const double> moved,
                      const Sums& reference_sums, const Sums& moved_sums, std::ptrdiff_t shift) {
  const std::size_t first = shift < 0 ? static_cast<std::size_t>(-shift) : 0;
  const std::size_t end = shift > 0 ? reference.size() - static_cast<std::size_t>(shift) : reference.size();
  const std::size_t moved_first = first + static_cast<std::size_t>(shift);  // wraps to the right place
  const std::size_t moved_end = end + static_cast<std::size_t>(shift);
  const double variances = reference_sums.variance(first, end) * moved_sums.variance(moved_first, moved_end);
  const double whole = reference_sums.variance(0, reference.size()) * moved_sums.variance(0, moved.size());
  if (!(variances > 1e-6 * whole)) return -1;
  double product = 0;
  for (std::size_t r = first; r < end; ++r) product += reference[r] * moved[r + moved_first - first];
  const double covariance = product / static_cast<double>(end - first) -
                            reference_sums.mean(first, end) * moved_sums.mean(moved_first, moved_end);
  return covariance / std::sqrt(variances);
}

}  // namespace

std::vector<double> depth_profile(const GreyRegion& region, const ImageShiftOptions& options) {
  const std::size_t width = std::clamp<std::size_t>(options.band_px, 1, region.columns);
  const std::size_t first = (region.columns - width) / 2;
  std::vector<double> profile(region.rows, 0.0);
  for (std::size_t r = 0; r < region.rows; ++r) {
    for (std::size_t c = first; c < first + width; ++c) profile[r] += region.at(r, c);
    profile[r] /= static_cast<double>(width);
    if (!std::isfinite(profile[r])) return std::vector<double>(region.rows, 0.0);
  }
  return smoothed(profile, options.smoothing_px);
}

std::optional<ProfileShift> profile_shift(std::span<const double> reference, std::span<const double> moved,
                                          const ImageShiftOptions& options) {
  if (reference.size() != moved.size() || reference.size() < 8) return std::nullopt;
  const Sums reference_sums(reference);
  const Sums moved_sums(moved);
  if (reference_sums.is_flat() || moved_sums.is_flat()) return std::nullopt;
  const auto reach =
      static_cast<std::ptrdiff_t>((1 - options.minimum_overlap) * static_cast<double>(reference.size()));
  std::vector<double> scores;
  for (std::ptrdiff_t shift = -reach; shift <= reach; ++shift)
    scores.push_back(correlation_at(reference, moved, reference_sums, moved_sums, shift));
  const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  // A best score at the border is a slope, not a peak.
  if (best == 0 || best + 1 == scores.size() || scores[best] < options.minimum_correlation)
    return std::nullopt;
  const double before = scores[best - 1];
  const double after = scores[best + 1];
  const double bend = before - 2 * scores[best] + after;
  const double part = bend < 0 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
  return ProfileShift{static_cast<double>(best) - static_cast<double>(reach) + part, scores[best]};
}

std::vector<std::optional<ProfileShift>> profile_shifts(const std::vector<std::vector<double>>& profiles,
                                                        const ImageShiftOptions& options) {
  std::vector<std::optional<ProfileShift>> shifts(profiles.size());
  const auto against = [&](std::size_t reference) {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, profiles.size()), [&](const auto& some) {
      for (std::size_t i = some.begin(); i != some.end(); ++i)
        shifts[i] = profile_shift(profiles[reference], profiles[i], options);
    });
  };
  const auto first = std::find_if(profiles.begin(), profiles.end(), [&](const std::vector<double>& p) {
    return profile_shift(p, p, options).has_value();
  });
  if (first == profiles.end()) return shifts;
  std::size_t reference = static_cast<std::size_t>(first - profiles.begin());
  // Twice, because frames too far from the first one have no shift yet.
  for (int round = 0; round < 2; ++round) {
    against(reference);
    std::vector<std::pair<double, std::size_t>> found;
    for (std::size_t i = 0; i < shifts.size(); ++i)
      if (shifts[i]) found.emplace_back(shifts[i]->shift_px, i);
    const auto middle = found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2);
    std::nth_element(found.begin(), middle, found.end());
    if (middle->second == reference) return shifts;
    reference = middle->second;
  }
  against(reference);
  return shifts;
}

}  // namespace snitt::calibration
