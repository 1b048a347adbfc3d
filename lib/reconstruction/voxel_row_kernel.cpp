#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "reconstruction/vector_clones.hpp"
#include "reconstruction/voxel_row.hpp"

namespace snitt::reconstruction {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
/// Where sorting all feet is cheaper than keeping a sorted list.
constexpr std::size_t longest_sorted_list = 24;

/// Distance of the n-th nearest foot of every voxel, by insertion into a sorted list, all voxels at once.
SNITT_VECTOR_CLONES void nth_distance_by_insertion(const RowFeet* feet, std::size_t count, std::size_t n,
                                                   RowOfNumbers& nth) {
  alignas(64) RowOfNumbers best[longest_sorted_list];
  for (std::size_t s = 0; s < n; ++s) best[s].fill(infinite);
  for (std::size_t f = 0; f < count; ++f) {
    alignas(64) RowOfNumbers moving = feet[f].distance;
    for (std::size_t s = 0; s < n; ++s)
      for (std::size_t l = 0; l < row_voxels; ++l) {
        const double kept = moving[l] < best[s][l] ? moving[l] : best[s][l];
        moving[l] = moving[l] < best[s][l] ? best[s][l] : moving[l];
        best[s][l] = kept;
      }
  }
  nth = best[n - 1];
}

void nth_distance_by_sorting(const RowFeet* feet, std::size_t count, std::size_t n, RowOfNumbers& nth) {
  std::vector<double> all(count);
  for (std::size_t l = 0; l < row_voxels; ++l) {
    for (std::size_t f = 0; f < count; ++f) all[f] = feet[f].distance[l];
    const auto at = all.begin() + std::ptrdiff_t(n) - 1;
    std::nth_element(all.begin(), at, all.end());
    nth[l] = *at;
  }
}

/// Feet beyond the n-th distance go; of those exactly at it, as many of the earliest frames stay as make n.
SNITT_VECTOR_CLONES void drop_beyond(RowFeet* feet, std::size_t count, double n, const RowOfNumbers& nth) {
  alignas(64) RowOfNumbers places;
  places.fill(n);
  for (std::size_t f = 0; f < count; ++f)
    for (std::size_t l = 0; l < row_voxels; ++l) places[l] -= feet[f].distance[l] < nth[l] ? 1 : 0;
  for (std::size_t f = 0; f < count; ++f)
    for (std::size_t l = 0; l < row_voxels; ++l) {
      const double d = feet[f].distance[l];
      const double at_border = d == nth[l] ? 1 : 0;
      const double taken = places[l] > 0 ? at_border : 0;
      places[l] -= taken;
      feet[f].distance[l] = d < nth[l] || taken > 0 ? d : infinite;
    }
}

[[gnu::always_inline]] inline double exp_of_minus_inline(double x) {
  constexpr double ln2_high = 0x1.62e42fefa0000p-1;
  constexpr double ln2_low = 0x1.cf79abc9e3b3ap-40;
  // Adding 1.5·2^52 rounds to a whole number and leaves it in the low bits.
  constexpr double rounder = 6755399441055744.0;
  const double limited = x < 700 ? x : 700;
  const double shifted_n = limited * std::numbers::log2e + rounder;
  const double n = shifted_n - rounder;
  const double r = -((limited - n * ln2_high) - n * ln2_low);  // exp(-x) = 2^-n · exp(r), |r| <= ln(2)/2
  double p = 1.0 / 6227020800.0;
  constexpr std::array<double, 13> factorials{479001600, 39916800, 3628800, 362880, 40320, 5040, 720,
                                              120,       24,       6,       2,      1,     1};
  for (const double factorial : factorials) p = p * r + 1 / factorial;
  const std::uint64_t exponent = 1023 - (std::bit_cast<std::uint64_t>(shifted_n) & 0x7ff);
  const double power = std::bit_cast<double>(exponent << 52);
  return x <= 700 ? p * power : 0;
}

}  // namespace

SNITT_VECTOR_CLONES bool project_row(const FramePlane& plane, RowStart start, const SampleCells& cells,
                                     double radius_mm, RowFeet& feet) {
  const auto base = [&](const std::array<double, 4>& m) { return m[1] * start.j + m[2] * start.k + m[3]; };
  const double base_u = base(plane.u);
  const double base_v = base(plane.v);
  const double base_d = base(plane.distance);
  const double slope_d = plane.distance[0];
  const double first_d = slope_d * start.i + base_d;
  const double last_d = slope_d * (start.i + double(row_voxels - 1)) + base_d;
  if ((first_d >= radius_mm && last_d >= radius_mm) || (first_d <= -radius_mm && last_d <= -radius_mm))
    return false;
  const double slope_u = plane.u[0];
  const double slope_v = plane.v[0];
  const auto [low_u, high_u] = cells.u_limits();
  const auto [low_v, high_v] = cells.v_limits();
  const auto limits = cells.cell_limits();
  const double first_u = limits[0], first_v = limits[1], last_u = limits[2], last_v = limits[3];
  const double offset = cells.offset();
  // Counted from 0 up, so that truncation is floor; the limits are never negative.
  alignas(64) RowOfNumbers u;
  alignas(64) RowOfNumbers v;
  double nearest = infinite;
  for (std::size_t l = 0; l < row_voxels; ++l) {
    const double i = start.i + double(std::int32_t(l));
    u[l] = slope_u * i + base_u;
    v[l] = slope_v * i + base_v;
    const double d = std::abs(slope_d * i + base_d);
    const bool inside =
        (d < radius_mm) & (u[l] >= low_u) & (u[l] <= high_u) & (v[l] >= low_v) & (v[l] <= high_v);
    feet.distance[l] = inside ? d : infinite;
    nearest = feet.distance[l] < nearest ? feet.distance[l] : nearest;
  }
  if (nearest == infinite) return false;
  for (std::size_t l = 0; l < row_voxels; ++l) {
    double cell_u = u[l] + offset;
    cell_u = cell_u > first_u ? cell_u : first_u;
    cell_u = cell_u < last_u ? cell_u : last_u;
    feet.u[l] = std::int32_t(cell_u);
    double cell_v = v[l] + offset;
    cell_v = cell_v > first_v ? cell_v : first_v;
    cell_v = cell_v < last_v ? cell_v : last_v;
    feet.v[l] = std::int32_t(cell_v);
    double fraction_u = u[l] - double(feet.u[l]);
    fraction_u = fraction_u > 0 ? fraction_u : 0;
    feet.fraction_u[l] = fraction_u < 1 ? fraction_u : 1;
    double fraction_v = v[l] - double(feet.v[l]);
    fraction_v = fraction_v > 0 ? fraction_v : 0;
    feet.fraction_v[l] = fraction_v < 1 ? fraction_v : 1;
  }
  return true;
}

void choose_nearest(RowFeet* feet, std::size_t count, std::size_t maximum_planes) {
  if (count <= maximum_planes) return;
  alignas(64) RowOfNumbers nth;
  if (maximum_planes <= longest_sorted_list)
    nth_distance_by_insertion(feet, count, maximum_planes, nth);
  else
    nth_distance_by_sorting(feet, count, maximum_planes, nth);
  drop_beyond(feet, count, double(maximum_planes), nth);
}

SNITT_VECTOR_CLONES void interpolate_row(const RowFeet& feet, const RowCorners& corners,
                                         RowOfNumbers& sample) {
  for (std::size_t l = 0; l < row_voxels; ++l) {
    const double near_row = corners[0][l] + feet.fraction_u[l] * (corners[1][l] - corners[0][l]);
    const double far_row = corners[2][l] + feet.fraction_u[l] * (corners[3][l] - corners[2][l]);
    sample[l] = near_row + feet.fraction_v[l] * (far_row - near_row);
  }
}

SNITT_VECTOR_CLONES void add_inverse_distance(const RowFeet& feet, const RowOfNumbers& sample,
                                              const RowOfNumbers& deciding, double reject_below,
                                              RowSums& sums) {
  for (std::size_t l = 0; l < row_voxels; ++l) {
    const double d = feet.distance[l] > 0.001 ? feet.distance[l] : 0.001;
    const bool taken = (feet.distance[l] < infinite) & (deciding[l] >= reject_below);
    const double weight = taken ? 1 / d : 0;
    sums.value[l] += weight * (taken ? sample[l] : 0);
    sums.weight[l] += weight;
    sums.count[l] += taken ? 1 : 0;
  }
}

SNITT_VECTOR_CLONES void add_plain(const RowFeet& feet, const RowOfNumbers& sample,
                                   const RowOfNumbers& deciding, double reject_below, RowSums& sums) {
  for (std::size_t l = 0; l < row_voxels; ++l) {
    const bool taken = (feet.distance[l] < infinite) & (deciding[l] >= reject_below);
    sums.value[l] += taken ? sample[l] : 0;
    sums.weight[l] += taken ? 1 : 0;
    sums.count[l] += taken ? 1 : 0;
  }
}

SNITT_VECTOR_CLONES void add_adaptive(const RowFeet* feet, const RowOfNumbers* samples,
                                      const RowOfNumbers* deciding, const double* frame_numbers,
                                      std::size_t count, const AdaptiveWeights& weights, double reject_below,
                                      RowSums& sums) {
  alignas(64) RowOfNumbers mean{};
  alignas(64) RowOfNumbers mean_frame{};
  alignas(64) RowOfNumbers variance{};
  const auto taken = [&](std::size_t f, std::size_t l) {
    return (feet[f].distance[l] < infinite) & (deciding[f][l] >= reject_below);
  };
  for (std::size_t f = 0; f < count; ++f)
    for (std::size_t l = 0; l < row_voxels; ++l) {
      mean[l] += taken(f, l) ? samples[f][l] : 0;
      mean_frame[l] += taken(f, l) ? frame_numbers[f] : 0;
      sums.count[l] += taken(f, l) ? 1 : 0;
    }
  for (std::size_t l = 0; l < row_voxels; ++l) {
    const double n = sums.count[l] > 1 ? sums.count[l] : 1;
    mean[l] /= n;
    mean_frame[l] /= n;
  }
  for (std::size_t f = 0; f < count; ++f)
    for (std::size_t l = 0; l < row_voxels; ++l) {
      const double away = (samples[f][l] - mean[l]) * weights.scale_to_8_bit;
      variance[l] += taken(f, l) ? away * away : 0;
    }
  // 1/σ² with σ = 32/sqrt(variance)
  alignas(64) RowOfNumbers precision;
  for (std::size_t l = 0; l < row_voxels; ++l) {
    double v = variance[l] / (sums.count[l] > 1 ? sums.count[l] : 1);
    v = v > 1 ? v : 1;
    precision[l] = (v < 1e7 ? v : 1e7) / (32.0 * 32.0);
  }
  for (std::size_t f = 0; f < count; ++f)
    for (std::size_t l = 0; l < row_voxels; ++l) {
      const bool used = taken(f, l);
      const double d = used ? feet[f].distance[l] : 0;
      const double peak = std::sqrt(precision[l] / (2 * std::numbers::pi));
      double weight = peak * exp_of_minus_inline(0.5 * d * d * precision[l]);
      weight += frame_numbers[f] >= mean_frame[l] ? weights.newness : 0;
      weight += samples[f][l] >= mean[l] ? weights.brightness : 0;
      sums.value[l] += used ? weight * samples[f][l] : 0;
      sums.weight[l] += used ? weight : 0;
    }
}

double exp_of_minus(double x) { return exp_of_minus_inline(x); }

}  // namespace snitt::reconstruction
