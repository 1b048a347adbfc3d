#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "reconstruction/hole_filling.hpp"

namespace snitt::reconstruction::reference {

/// Hole filling as one would write it down from its description, voxel by voxel and without any thought of
/// speed.
template <typename T>
struct Volume {
  std::array<std::ptrdiff_t, 3> size;
  std::size_t components;
  std::vector<T> values;
  std::vector<std::uint16_t> accumulation;

  std::ptrdiff_t index(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z) const {
    return (z * size[1] + y) * size[0] + x;
  }
  bool known(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z) const {
    const bool inside = x >= 0 && y >= 0 && z >= 0 && x < size[0] && y < size[1] && z < size[2];
    return inside && accumulation[std::size_t(index(x, y, z))] > 0;
  }
  double value(std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z, std::size_t c) const {
    return double(values[std::size_t(index(x, y, z)) * components + c]);
  }
};

using Value = std::vector<double>;  // [component]
using Point = std::array<std::ptrdiff_t, 3>;

template <typename T>
double converted(double value, FillArithmetic arithmetic) {
  if (!std::is_integral_v<T>) return double(T(value));
  return arithmetic == FillArithmetic::rounded ? std::floor(value + 0.5) : std::trunc(value);
}

template <typename T>
Value mean(const std::vector<Value>& values, const std::vector<double>& weights, FillArithmetic arithmetic) {
  Value result(values.front().size());
  for (std::size_t c = 0; c < result.size(); ++c) {
    double sum = 0;
    double total = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += weights[i] * values[i][c], total += weights[i];
    result[c] = converted<T>(sum / total, arithmetic);
  }
  return result;
}

template <typename T>
std::optional<Value> fill(const Volume<T>& in, Point p, const FillStick& e, FillArithmetic arithmetic) {
  const bool plus = arithmetic == FillArithmetic::plus_compatible;
  const int directions[13][3] = {{1, 0, 0},  {0, 1, 0},  {0, 0, 1},  {1, 1, 0},  {1, 0, 1},
                                 {0, 1, 1},  {1, -1, 0}, {1, 0, -1}, {0, 1, -1}, {1, 1, 1},
                                 {-1, 1, 1}, {1, -1, 1}, {1, 1, -1}};
  struct Stick {
    double weight;
    Value value;
  };
  std::vector<Stick> sticks;
  for (const auto& d : directions) {
    const auto at = [&](int s) { return Point{p[0] + s * d[0], p[1] + s * d[1], p[2] + s * d[2]}; };
    const auto first_known = [&](int sign) {
      for (int s = 1; s <= e.length_limit - 1; ++s)
        if (const Point q = at(sign * s); in.known(q[0], q[1], q[2])) return s;
      return 0;
    };
    const int f = first_known(1);
    const int r = first_known(-1);
    if (f == 0 || r == 0 || f + r + 1 > e.length_limit) continue;
    const double share = plus ? double(r + 1) / (f + r + 1) : double(r) / (f + r);
    const double length = (plus ? f + r + 1 : f + r) * std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    Stick stick{1 / length, Value(in.components)};
    for (std::size_t c = 0; c < in.components; ++c) {
      const double v = share * in.value(at(f)[0], at(f)[1], at(f)[2], c) +
                       (1 - share) * in.value(at(-r)[0], at(-r)[1], at(-r)[2], c);
      stick.value[c] = plus ? double(T(v)) : v;
    }
    sticks.push_back(stick);
  }
  if (sticks.empty()) return std::nullopt;
  std::stable_sort(sticks.begin(), sticks.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  std::vector<Value> values;
  std::vector<double> weights;
  for (const Stick& stick : sticks) {
    if (int(values.size()) >= e.sticks && stick.weight != weights.back()) break;
    values.push_back(stick.value);
    weights.push_back(stick.weight);
  }
  return mean<T>(values, weights, arithmetic);
}

template <typename T, typename Weight>
std::optional<Value> fill_cube(const Volume<T>& in, Point p, int half, int counted_half, double ratio,
                               Weight&& weight, FillArithmetic arithmetic) {
  std::vector<Value> values;
  std::vector<double> weights;
  for (int z = -half; z <= half; ++z)
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x) {
        if (!in.known(p[0] + x, p[1] + y, p[2] + z)) continue;
        Value v(in.components);
        for (std::size_t c = 0; c < v.size(); ++c) v[c] = in.value(p[0] + x, p[1] + y, p[2] + z, c);
        values.push_back(v);
        weights.push_back(
            weight(x * x + y * y + z * z,
                   double(in.accumulation[std::size_t(in.index(p[0] + x, p[1] + y, p[2] + z))])));
      }
  if (values.empty() || !(double(values.size()) / std::pow(2 * counted_half + 1, 3) > ratio))
    return std::nullopt;
  return mean<T>(values, weights, arithmetic);
}

template <typename T>
std::optional<Value> fill(const Volume<T>& in, Point p, const FillNearest& e, FillArithmetic arithmetic) {
  const int largest = e.cube.size_voxels / 2;
  for (int half = 1; half <= largest; ++half) {
    const auto equal = [](int, double) { return 1.0; };
    if (!fill_cube(in, p, half, half, 0, equal, arithmetic)) continue;
    const int counted = arithmetic == FillArithmetic::plus_compatible ? largest : half;
    return fill_cube(in, p, half, counted, e.cube.minimum_known_ratio, equal, arithmetic);
  }
  return std::nullopt;
}

template <typename T>
std::optional<Value> fill(const Volume<T>& in, Point p, const FillInverseDistance& e,
                          FillArithmetic arithmetic) {
  const int half = e.cube.size_voxels / 2;
  return fill_cube(
      in, p, half, half, e.cube.minimum_known_ratio,
      [](int squared, double) { return 1 / std::sqrt(double(squared)); }, arithmetic);
}

inline double gaussian(int squared, double sigma) {
  return 1 / (std::pow(2 * M_PI, 1.5) * sigma * sigma * sigma) * std::exp(-squared / (2 * sigma * sigma));
}

template <typename T>
std::optional<Value> fill(const Volume<T>& in, Point p, const FillGaussian& e, FillArithmetic arithmetic) {
  const int half = e.cube.size_voxels / 2;
  return fill_cube(
      in, p, half, half, e.cube.minimum_known_ratio,
      [&](int squared, double) { return gaussian(squared, e.sigma_voxels); }, arithmetic);
}

template <typename T>
std::optional<Value> fill(const Volume<T>& in, Point p, const FillGaussianAccumulation& e,
                          FillArithmetic arithmetic) {
  const int half = e.cube.size_voxels / 2;
  return fill_cube(
      in, p, half, half, e.cube.minimum_known_ratio,
      [&](int squared, double count) { return gaussian(squared, e.sigma_voxels) * count; }, arithmetic);
}

template <typename T>
FillCounts fill_holes(Volume<T>& volume, const std::vector<HoleFillingElement>& elements,
                      FillArithmetic arithmetic) {
  const Volume<T> in = volume;
  FillCounts counts{std::vector<std::uint64_t>(elements.size(), 0), 0};
  for (std::ptrdiff_t z = 0; z < in.size[2]; ++z)
    for (std::ptrdiff_t y = 0; y < in.size[1]; ++y)
      for (std::ptrdiff_t x = 0; x < in.size[0]; ++x) {
        if (in.known(x, y, z)) continue;
        std::optional<Value> value;
        for (std::size_t e = 0; e < elements.size() && !value; ++e) {
          value = std::visit(
              [&](const auto& element) {
                return fill(in, Point{x, y, z}, element, arithmetic);
              },
              elements[e]);
          if (value) ++counts.filled[e];
        }
        if (!value)
          ++counts.left;
        else
          for (std::size_t c = 0; c < in.components; ++c)
            volume.values[std::size_t(in.index(x, y, z)) * in.components + c] = T((*value)[c]);
      }
  return counts;
}

}  // namespace snitt::reconstruction::reference
