#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "base/vector_clones.hpp"
#include "reconstruction/voxel_row.hpp"

namespace snitt::reconstruction {
namespace {

/// Distances below count as this, so that a weight stays finite.
constexpr double nearest_mm = 0.001;
constexpr double infinite = std::numeric_limits<double>::infinity();
/// Where sorting all feet is cheaper than keeping a sorted list.
constexpr std::size_t longest_sorted_list = 24;

/// Four voxels: one vector instruction or two, depending on the clone. (Of eight, GCC 12 compares one by
/// one.)
constexpr std::size_t lanes = 4;
constexpr std::size_t parts = row_voxels / lanes;
using Numbers [[gnu::vector_size(8 * lanes)]] = double;
using Mask [[gnu::vector_size(8 * lanes)]] = std::int64_t;
using Cells [[gnu::vector_size(4 * lanes)]] = std::int32_t;

[[gnu::always_inline]] inline void load(Numbers& out, const RowOfNumbers& row, std::size_t part) {
  std::memcpy(&out, row.data() + lanes * part, sizeof out);
}
[[gnu::always_inline]] inline void store(const Numbers& numbers, RowOfNumbers& row, std::size_t part) {
  std::memcpy(row.data() + lanes * part, &numbers, sizeof numbers);
}
[[gnu::always_inline]] inline void store(const Cells& cells, std::array<std::int32_t, row_voxels>& row,
                                         std::size_t part) {
  std::memcpy(row.data() + lanes * part, &cells, sizeof cells);
}
/// numbers = min(max(numbers, low), high)
[[gnu::always_inline]] inline void clamp(Numbers& numbers, double low, double high) {
  numbers = numbers > low ? numbers : Numbers{} + low;
  numbers = numbers < high ? numbers : Numbers{} + high;
}
[[gnu::always_inline]] inline bool any(const Mask& mask) {
  std::int64_t all = 0;
  for (std::size_t l = 0; l < lanes; ++l) all |= mask[l];
  return all != 0;
}

/// Distance of the n-th nearest foot of every voxel, by insertion into a sorted list.
SNITT_VECTOR_CLONES void nth_distance_by_insertion(const RowFeet* feet, std::size_t count, std::size_t n,
                                                   RowOfNumbers& nth) {
  for (std::size_t part = 0; part < parts; ++part) {
    Numbers best[longest_sorted_list];
    for (std::size_t s = 0; s < n; ++s) best[s] = Numbers{} + infinite;
    for (std::size_t f = 0; f < count; ++f) {
      Numbers moving;
      load(moving, feet[f].distance, part);
      for (std::size_t s = 0; s < n; ++s) {
        const Numbers kept = moving < best[s] ? moving : best[s];
        moving = moving < best[s] ? best[s] : moving;
        best[s] = kept;
      }
    }
    store(best[n - 1], nth, part);
  }
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
  for (std::size_t part = 0; part < parts; ++part) {
    Numbers border;
    load(border, nth, part);
    Numbers places = Numbers{} + n;
    Numbers d;
    for (std::size_t f = 0; f < count; ++f) {
      load(d, feet[f].distance, part);
      places -= d < border ? Numbers{} + 1 : Numbers{};
    }
    for (std::size_t f = 0; f < count; ++f) {
      load(d, feet[f].distance, part);
      const Numbers taken = (d == border) & (places > 0) ? Numbers{} + 1 : Numbers{};
      places -= taken;
      d = (d < border) | (taken > 0) ? d : Numbers{} + infinite;
      store(d, feet[f].distance, part);
    }
  }
}

[[gnu::always_inline]] inline void exp_of_minus(const Numbers& x, Numbers& result) {
  constexpr double ln2_high = 0x1.62e42fefa0000p-1;
  constexpr double ln2_low = 0x1.cf79abc9e3b3ap-40;
  // Adding 1.5·2^52 rounds to a whole number and leaves it in the low bits.
  constexpr double rounder = 6755399441055744.0;
  const Numbers limited = x < 700 ? x : Numbers{} + 700;
  const Numbers shifted_n = limited * std::numbers::log2e + rounder;
  const Numbers n = shifted_n - rounder;
  const Numbers r = -((limited - n * ln2_high) - n * ln2_low);  // exp(-x) = 2^-n · exp(r), |r| <= ln(2)/2
  Numbers p = Numbers{} + 1.0 / 6227020800.0;
  constexpr double factorials[] = {479001600, 39916800, 3628800, 362880, 40320, 5040, 720,
                                   120,       24,       6,       2,      1,     1};
  for (const double factorial : factorials) p = p * r + 1 / factorial;
  Mask bits;
  std::memcpy(&bits, &shifted_n, sizeof bits);
  bits = (1023 - (bits & 0x7ff)) << 52;
  Numbers power;
  std::memcpy(&power, &bits, sizeof power);
  result = x <= 700 ? p * power : Numbers{};
}

}  // namespace

SampleLimits::SampleLimits(const SampleCells& cells, double radius)
    : radius_mm(radius),
      offset(cells.offset()),
      lowest_u(cells.u_limits()[0]),
      highest_u(cells.u_limits()[1]),
      lowest_v(cells.v_limits()[0]),
      highest_v(cells.v_limits()[1]),
      first_cell_u(cells.cell_limits()[0]),
      last_cell_u(cells.cell_limits()[2]),
      first_cell_v(cells.cell_limits()[1]),
      last_cell_v(cells.cell_limits()[3]) {}

SNITT_VECTOR_CLONES bool project_row(const FramePlane& plane, RowStart start, const SampleLimits& limits,
                                     RowFeet& feet) {
  const auto base = [&](const std::array<double, 4>& m) { return m[1] * start.j + m[2] * start.k + m[3]; };
  const double base_u = base(plane.u);
  const double base_v = base(plane.v);
  const double base_d = base(plane.distance);
  Mask found{};
  for (std::size_t part = 0; part < parts; ++part) {
    const Numbers steps = {0, 1, 2, 3};
    const Numbers i = steps + (start.i + double(lanes * part));
    const Numbers u = plane.u[0] * i + base_u;
    const Numbers v = plane.v[0] * i + base_v;
    Numbers d = plane.distance[0] * i + base_d;
    d = d < 0 ? -d : d;
    const Mask inside = (d < limits.radius_mm) & (u >= limits.lowest_u) & (u <= limits.highest_u) &
                        (v >= limits.lowest_v) & (v <= limits.highest_v);
    found |= inside;
    store(inside ? d : Numbers{} + infinite, feet.distance, part);
    // Truncation is floor: the limits of the cells are never negative.
    Numbers cell = u + limits.offset;
    clamp(cell, limits.first_cell_u, limits.last_cell_u);
    Cells whole = __builtin_convertvector(cell, Cells);
    store(whole, feet.u, part);
    Numbers fraction = u - __builtin_convertvector(whole, Numbers);
    clamp(fraction, 0, 1);
    store(fraction, feet.fraction_u, part);
    cell = v + limits.offset;
    clamp(cell, limits.first_cell_v, limits.last_cell_v);
    whole = __builtin_convertvector(cell, Cells);
    store(whole, feet.v, part);
    fraction = v - __builtin_convertvector(whole, Numbers);
    clamp(fraction, 0, 1);
    store(fraction, feet.fraction_v, part);
  }
  return any(found);
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
  for (std::size_t part = 0; part < parts; ++part) {
    Numbers c[4];
    for (std::size_t i = 0; i < 4; ++i) load(c[i], corners[i], part);
    Numbers u;
    Numbers v;
    load(u, feet.fraction_u, part);
    load(v, feet.fraction_v, part);
    const Numbers near_row = c[0] + u * (c[1] - c[0]);
    const Numbers far_row = c[2] + u * (c[3] - c[2]);
    store(near_row + v * (far_row - near_row), sample, part);
  }
}

SNITT_VECTOR_CLONES void interpolate_row(const RowFeet& feet, const RowWholeCorners& corners,
                                         RowOfNumbers& sample) {
  for (std::size_t part = 0; part < parts; ++part) {
    Numbers c[4];
    for (std::size_t i = 0; i < 4; ++i) {
      Cells whole;
      std::memcpy(&whole, corners[i].data() + lanes * part, sizeof whole);
      c[i] = __builtin_convertvector(whole, Numbers);
    }
    Numbers u;
    Numbers v;
    load(u, feet.fraction_u, part);
    load(v, feet.fraction_v, part);
    const Numbers near_row = c[0] + u * (c[1] - c[0]);
    const Numbers far_row = c[2] + u * (c[3] - c[2]);
    store(near_row + v * (far_row - near_row), sample, part);
  }
}

SNITT_VECTOR_CLONES void add_weighted(const RowFeet& feet, const RowOfNumbers& sample,
                                      const RowOfNumbers& deciding, double reject_below, bool by_distance,
                                      RowSums& sums) {
  for (std::size_t part = 0; part < parts; ++part) {
    Numbers d;
    Numbers value;
    Numbers decides;
    load(d, feet.distance, part);
    load(value, sample, part);
    load(decides, deciding, part);
    const Mask taken = (d < infinite) & (decides >= reject_below);
    Numbers weight = Numbers{} + 1;
    if (by_distance) weight = 1 / (d > nearest_mm ? d : Numbers{} + nearest_mm);
    weight = taken ? weight : Numbers{};
    value = taken ? value : Numbers{};
    Numbers sum;
    load(sum, sums.value, part);
    store(sum + weight * value, sums.value, part);
    load(sum, sums.weight, part);
    store(sum + weight, sums.weight, part);
    load(sum, sums.count, part);
    store(sum + (taken ? Numbers{} + 1 : Numbers{}), sums.count, part);
  }
}

SNITT_VECTOR_CLONES void add_adaptive(const RowFeet* feet, const RowOfNumbers* samples,
                                      const RowOfNumbers* deciding, const double* frame_numbers,
                                      std::size_t count, const AdaptiveWeights& weights, double reject_below,
                                      RowSums& sums) {
  for (std::size_t part = 0; part < parts; ++part) {
    Numbers d, value, decides;
    Mask used;
    const auto take = [&](std::size_t f) __attribute__((always_inline)) {
      load(d, feet[f].distance, part);
      load(value, samples[f], part);
      load(decides, deciding[f], part);
      used = (d < infinite) & (decides >= reject_below);
      value = used ? value : Numbers{};
      d = used ? d : Numbers{};
    };
    Numbers n{}, mean{}, mean_frame{}, variance{};
    for (std::size_t f = 0; f < count; ++f) {
      take(f);
      mean += value;
      mean_frame += used ? Numbers{} + frame_numbers[f] : Numbers{};
      n += used ? Numbers{} + 1 : Numbers{};
    }
    store(n, sums.count, part);
    n = n > 1 ? n : Numbers{} + 1;
    mean /= n;
    mean_frame /= n;
    for (std::size_t f = 0; f < count; ++f) {
      take(f);
      const Numbers away = (value - mean) * weights.scale_to_8_bit;
      variance += used ? away * away : Numbers{};
    }
    // 1/σ² with σ = 32/sqrt(variance)
    Numbers precision = variance / n;
    clamp(precision, 1, 1e7);
    precision /= 32.0 * 32.0;
    Numbers peak = precision / (2 * std::numbers::pi);
    for (std::size_t l = 0; l < lanes; ++l) peak[l] = std::sqrt(peak[l]);
    Numbers sum{}, total{};
    for (std::size_t f = 0; f < count; ++f) {
      take(f);
      Numbers weight;
      exp_of_minus(0.5 * d * d * precision, weight);
      weight *= peak;
      weight += mean_frame <= frame_numbers[f] ? Numbers{} + weights.newness : Numbers{};
      weight += value >= mean ? Numbers{} + weights.brightness : Numbers{};
      weight = used ? weight : Numbers{};
      sum += weight * value;
      total += weight;
    }
    store(sum, sums.value, part);
    store(total, sums.weight, part);
  }
}

double exp_of_minus(double x) {
  Numbers result;
  exp_of_minus(Numbers{} + x, result);
  return result[0];
}

}  // namespace snitt::reconstruction
