#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "quality/coarse_scan.hpp"

namespace snitt::quality {
namespace {

constexpr float lowest_hu = -1024;
constexpr double wanted_mm = 0.9;  // the smallest object that is looked for in it has 3 mm

std::size_t block_of(double spacing_mm) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(wanted_mm / spacing_mm)));
}

template <typename T>
void convert(std::span<const T> from, std::span<float> to) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto value = static_cast<float>(from[i]);
    to[i] = value >= lowest_hu ? value : lowest_hu;
  }
}

void shrink(std::span<const float> fine, std::size_t fine_columns, std::size_t slice, CoarseScan& scan) {
  const auto [down, across] = scan.factor;
  const float share = 1.0F / static_cast<float>(down * across);
  std::vector<float> sums(fine_columns);
  for (std::size_t r = 0; r < scan.rows; ++r) {
    std::ranges::fill(sums, 0.0F);
    for (std::size_t i = 0; i < down; ++i) {
      const float* row = &fine[(r * down + i) * fine_columns];
      for (std::size_t c = 0; c < fine_columns; ++c) sums[c] += row[c];
    }
    float* to = &scan.values[(slice * scan.rows + r) * scan.columns];
    for (std::size_t c = 0; c < scan.columns; ++c) {
      float sum = 0;
      for (std::size_t i = 0; i < across; ++i) sum += sums[c * across + i];
      to[c] = sum * share;
    }
  }
}

}  // namespace

ImagePlane CoarseScan::plane(std::size_t slice) const {
  return {std::span(values).subspan(slice * rows * columns, rows * columns),
          rows,
          columns,
          spacing_mm[0],
          spacing_mm[1],
          0};
}

PlanePoint CoarseScan::fine(PlanePoint p) const {
  const auto [down, across] = factor;
  return {p.column * static_cast<double>(across) + (static_cast<double>(across) - 1) / 2,
          p.row * static_cast<double>(down) + (static_cast<double>(down) - 1) / 2};
}

PlanePoint CoarseScan::coarse(PlanePoint p) const {
  const auto [down, across] = factor;
  return {(p.column - (static_cast<double>(across) - 1) / 2) / static_cast<double>(across),
          (p.row - (static_cast<double>(down) - 1) / 2) / static_cast<double>(down)};
}

CoarseScan coarse_scan(const Volume& ct, std::vector<float>& hu) {
  const auto& [columns, rows, slices] = ct.geometry.size;
  const std::size_t pixels = columns * rows;
  CoarseScan scan;
  scan.slices = slices;
  scan.factor = {block_of(ct.geometry.spacing_mm.y), block_of(ct.geometry.spacing_mm.x)};
  scan.rows = rows / scan.factor[0];
  scan.columns = columns / scan.factor[1];
  scan.spacing_mm = {ct.geometry.spacing_mm.y * static_cast<double>(scan.factor[0]),
                     ct.geometry.spacing_mm.x * static_cast<double>(scan.factor[1])};
  scan.values.resize(slices * scan.rows * scan.columns);
  hu.resize(pixels * slices);
  tbb::parallel_for(std::size_t{0}, slices, [&](std::size_t k) {
    const std::span<float> to = std::span(hu).subspan(k * pixels, pixels);
    visit_pixel_type(ct.format.type, [&](auto tag) {
      using T = typename decltype(tag)::type;
      convert<T>(ct.values<T>().subspan(k * pixels, pixels), to);
    });
    shrink(to, columns, k, scan);
  });
  return scan;
}

float value_at(const ImagePlane& plane, PlanePoint at) {
  const double c = std::clamp(at.column, 0.0, static_cast<double>(plane.columns - 1));
  const double r = std::clamp(at.row, 0.0, static_cast<double>(plane.rows - 1));
  const std::size_t c0 = std::min(static_cast<std::size_t>(c), plane.columns - 2);
  const std::size_t r0 = std::min(static_cast<std::size_t>(r), plane.rows - 2);
  const auto u = static_cast<float>(c - static_cast<double>(c0));
  const auto v = static_cast<float>(r - static_cast<double>(r0));
  const float* top = &plane.hu[r0 * plane.columns + c0];
  const float* bottom = top + plane.columns;
  const float upper = top[0] + u * (top[1] - top[0]);
  const float lower = bottom[0] + u * (bottom[1] - bottom[0]);
  return upper + v * (lower - upper);
}

bool is_inside(const ImagePlane& plane, PlanePoint at) {
  return at.column >= 0 && at.row >= 0 && at.column <= static_cast<double>(plane.columns - 1) &&
         at.row <= static_cast<double>(plane.rows - 1);
}

PolarPlane polar_plane(const ImagePlane& plane, PlanePoint centre, std::size_t radii, std::size_t angles) {
  PolarPlane polar{radii, angles, std::vector<float>(radii * angles)};
  for (std::size_t j = 0; j < angles; ++j) {
    const double angle = (static_cast<double>(j) + 0.5) * 2 * std::numbers::pi / static_cast<double>(angles);
    const double across = std::cos(angle) / plane.column_spacing_mm;
    const double down = std::sin(angle) / plane.row_spacing_mm;
    for (std::size_t i = 0; i < radii; ++i) {
      const double radius = static_cast<double>(i) + 0.5;
      const PlanePoint at{centre.column + radius * across, centre.row + radius * down};
      polar.values[i * angles + j] =
          is_inside(plane, at) ? value_at(plane, at) : std::numeric_limits<float>::quiet_NaN();
    }
  }
  return polar;
}

std::vector<float> turned_products(std::span<const float> pattern, std::span<const float> image,
                                   std::size_t angles) {
  std::vector<float> products(angles, 0.0F);
  std::vector<float> twice(2 * angles);
  for (std::size_t row = 0; row < pattern.size(); row += angles) {
    std::copy_n(&image[row], angles, twice.begin());
    std::copy_n(&image[row], angles, twice.begin() + static_cast<std::ptrdiff_t>(angles));
    for (std::size_t j = 0; j < angles; ++j) {
      const float weight = pattern[row + j];
      if (weight == 0) continue;  // most of a ring is background
      const float* turned = &twice[j];
      for (std::size_t t = 0; t < angles; ++t) products[t] += weight * turned[t];
    }
  }
  return products;
}

TurnedProduct best_turn(std::span<const float> pattern, std::span<const float> image, std::size_t angles) {
  const std::vector<float> products = turned_products(pattern, image, angles);
  const std::size_t best = static_cast<std::size_t>(std::ranges::max_element(products) - products.begin());
  const double before = static_cast<double>(products[(best + angles - 1) % angles]);
  const double here = static_cast<double>(products[best]);
  const double after = static_cast<double>(products[(best + 1) % angles]);
  const double bend = before - 2 * here + after;
  const double shift = bend < 0 ? 0.5 * (before - after) / bend : 0;
  return {here, static_cast<double>(best) + shift};
}

}  // namespace snitt::quality
