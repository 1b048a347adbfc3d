#include "quality/field_circle.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace snitt::quality {
namespace {

constexpr double least_degrees = 20;
/// How far inside of the circle the contour is where the run, made half as long again, ends. A run is at most
/// 1.5 pixels off; a curve that touches the circle is 1.5^2 times as far off there.
constexpr double leaves_pixels = 4;

}  // namespace

FieldCircle::FieldCircle(std::size_t rows, std::size_t columns, const std::array<double, 2>& spacing_mm,
                         double radius_mm, const std::vector<PixelIndex>& outside)
    : centre_{(static_cast<double>(rows) - 1) / 2, (static_cast<double>(columns) - 1) / 2},
      spacing_mm_(spacing_mm),
      least_mm_(radius_mm - std::max(spacing_mm[0], spacing_mm[1]) / 2) {
  const double pixel_mm = std::max(spacing_mm[0], spacing_mm[1]);
  // Two pixels of the circle and more, so that a contour passes through every sector.
  const double sectors = std::clamp(std::numbers::pi * radius_mm / pixel_mm, 36.0, 360.0);
  const auto n = static_cast<std::size_t>(sectors);
  is_cut_.assign(n, false);
  std::vector<double> reach_mm(n, 0);
  for (const PixelIndex& pixel : outside) {
    const Polar at = polar(pixel[0], pixel[1]);
    reach_mm[at.sector] = std::max(reach_mm[at.sector], at.radius_mm);
  }
  const auto on = [&](std::size_t i) { return reach_mm[i % n] > least_mm_; };
  std::size_t begin = 0;
  while (begin < n && on(begin)) ++begin;
  if (begin == n) return;
  const auto least = static_cast<std::size_t>(std::ceil(least_degrees / 360 * static_cast<double>(n)));
  for (std::size_t i = begin; i < begin + n;) {
    std::size_t length = 0;
    while (length < n && on(i + length)) ++length;
    if (length >= least) {
      const std::size_t further = std::min(length / 4, (n - length) / 2) + 1;
      const double far_mm = radius_mm - leaves_pixels * pixel_mm;
      if (reach_mm[(i + n - further) % n] < far_mm && reach_mm[(i + length - 1 + further) % n] < far_mm)
        for (std::size_t k = 0; k < length; ++k) is_cut_[(i + k) % n] = true;
    }
    i += std::max<std::size_t>(length, 1);
  }
}

FieldCircle::Polar FieldCircle::polar(std::size_t row, std::size_t column) const {
  const double x = (static_cast<double>(column) - centre_[1]) * spacing_mm_[0];
  const double y = (static_cast<double>(row) - centre_[0]) * spacing_mm_[1];
  const double turn = std::atan2(y, x) / (2 * std::numbers::pi) + 0.5;
  const auto n = is_cut_.size();
  return {std::hypot(x, y), std::min(n - 1, static_cast<std::size_t>(turn * static_cast<double>(n)))};
}

bool FieldCircle::cuts_anywhere() const { return std::ranges::find(is_cut_, true) != is_cut_.end(); }

bool FieldCircle::cuts(std::size_t row, std::size_t column) const {
  const Polar at = polar(row, column);
  return at.radius_mm > least_mm_ && is_cut_[at.sector];
}

}  // namespace snitt::quality
