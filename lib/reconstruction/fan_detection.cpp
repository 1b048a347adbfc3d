#include "reconstruction/fan_detection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace snitt::reconstruction {
namespace {

constexpr double degrees = 180 / std::numbers::pi;
/// Sides that open by less are those of a linear probe.
constexpr double smallest_opening_deg = 5;

/// Share of bright pixels around every pixel: values [row, column] between 0 and 1.
struct Density {
  std::size_t rows;
  std::size_t columns;
  std::vector<float> share;
  double inside = 0;  ///< typical share within the image proper
  double at(double u, double v) const {
    const auto x = std::int64_t(std::floor(u + 0.5));
    const auto y = std::int64_t(std::floor(v + 0.5));
    if (x < 0 || y < 0 || x >= std::int64_t(columns) || y >= std::int64_t(rows)) return 0;
    return double(share[std::size_t(y) * columns + std::size_t(x)]);
  }
};

double quantile(std::vector<float> values, double q) {
  const auto at = values.begin() + std::ptrdiff_t(q * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return double(*at);
}

Density bright_share(const std::vector<float>& image, const FrameShape& shape, double level,
                     std::size_t radius) {
  const std::size_t stride = shape.columns + 1;
  std::vector<std::uint32_t> sum((shape.rows + 1) * stride, 0);
  for (std::size_t v = 0; v < shape.rows; ++v)
    for (std::size_t u = 0; u < shape.columns; ++u)
      sum[(v + 1) * stride + u + 1] = (double(image[v * shape.columns + u]) > level ? 1U : 0U) +
                                      sum[v * stride + u + 1] + sum[(v + 1) * stride + u] -
                                      sum[v * stride + u];
  Density density{shape.rows, shape.columns, std::vector<float>(shape.pixels())};
  for (std::size_t v = 0; v < shape.rows; ++v)
    for (std::size_t u = 0; u < shape.columns; ++u) {
      const std::size_t v0 = v - std::min(v, radius), v1 = std::min(shape.rows, v + radius + 1);
      const std::size_t u0 = u - std::min(u, radius), u1 = std::min(shape.columns, u + radius + 1);
      const std::uint32_t bright =
          sum[v1 * stride + u1] - sum[v0 * stride + u1] - sum[v1 * stride + u0] + sum[v0 * stride + u0];
      density.share[v * shape.columns + u] = float(bright) / float((v1 - v0) * (u1 - u0));
    }
  density.inside = quantile(density.share, 0.95);
  return density;
}

/// Keeps the largest connected part above half the share inside: an edge stays where it was, texts and rulers
/// go.
void keep_largest_part(Density& density) {
  const float border = float(0.5 * density.inside);
  std::vector<std::uint32_t> label(density.share.size(), 0);
  std::vector<std::size_t> stack;
  std::uint32_t labels = 0, best = 0;
  std::size_t best_size = 0;
  for (std::size_t seed = 0; seed < label.size(); ++seed) {
    if (label[seed] != 0 || density.share[seed] < border) continue;
    std::size_t size = 0;
    label[seed] = ++labels;
    stack.push_back(seed);
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      ++size;
      const std::size_t u = at % density.columns;
      const auto visit = [&](bool exists, std::size_t next) {
        if (!exists || label[next] != 0 || density.share[next] < border) return;
        label[next] = labels;
        stack.push_back(next);
      };
      visit(u > 0, at - 1);
      visit(u + 1 < density.columns, at + 1);
      visit(at >= density.columns, at - density.columns);
      visit(at + density.columns < label.size(), at + density.columns);
    }
    if (size > best_size) best_size = size, best = labels;
  }
  for (std::size_t i = 0; i < label.size(); ++i)
    if (label[i] != best) density.share[i] = 0;
}

struct EdgePoint {
  double u;
  double v;
};

/// Outermost pixels of every row; those on the image's own border tell nothing about a side.
std::vector<EdgePoint> edge_points(const Density& density, bool left) {
  std::vector<EdgePoint> points;
  for (std::size_t v = 0; v < density.rows; ++v)
    for (std::size_t step = 0; step < density.columns; ++step) {
      const std::size_t u = left ? step : density.columns - 1 - step;
      if (double(density.share[v * density.columns + u]) < 0.5 * density.inside) continue;
      if (u > 1 && u + 2 < density.columns) points.push_back({double(u), double(v)});
      break;
    }
  return points;
}

/// u = at_top + slope · v
struct Side {
  double at_top = 0;
  double slope = 0;
  std::size_t support = 0;
};

constexpr double tolerance_px = 1.5;

/// The line with most points on it, among all through two of at most 80 points; then least squares over those
/// points.
Side fit_side(const std::vector<EdgePoint>& points) {
  Side best;
  const std::size_t stride = std::max<std::size_t>(1, points.size() / 80);
  const auto support = [&](const Side& s) {
    return std::size_t(std::count_if(points.begin(), points.end(), [&](const EdgePoint& p) {
      return std::abs(s.at_top + s.slope * p.v - p.u) <= tolerance_px * std::hypot(1, s.slope);
    }));
  };
  for (std::size_t a = 0; a < points.size(); a += stride)
    for (std::size_t b = a + stride; b < points.size(); b += stride) {
      Side side;
      side.slope = (points[b].u - points[a].u) / (points[b].v - points[a].v);
      side.at_top = points[a].u - side.slope * points[a].v;
      side.support = support(side);
      if (side.support > best.support) best = side;
    }
  double n = 0, sv = 0, su = 0, svv = 0, suv = 0;
  for (const EdgePoint& p : points) {
    if (std::abs(best.at_top + best.slope * p.v - p.u) > tolerance_px * std::hypot(1, best.slope)) continue;
    n += 1, sv += p.v, su += p.u, svv += p.v * p.v, suv += p.u * p.v;
  }
  if (const double spread = n * svv - sv * sv; n >= 3 && spread > 0) {
    best.slope = (n * suv - su * sv) / spread;
    best.at_top = (su - best.slope * sv) / n;
  }
  return best;
}

/// Where rays from the apex enter and leave the bright part {start, stop}; the stop is that of the farthest
/// fifth of the rays, as the image's border may cut the arc.
std::array<double, 2> radii_of(const Density& density, const Fan& fan) {
  std::vector<float> starts;
  std::vector<float> stops;
  const double farthest =
      std::hypot(double(density.columns), double(density.rows)) + std::hypot(fan.apex_px[0], fan.apex_px[1]);
  for (int ray = 4; ray <= 36; ++ray) {
    const double angle = (fan.angles_deg[0] + (fan.angles_deg[1] - fan.angles_deg[0]) * ray / 40) / degrees;
    double start = -1, stop = -1;
    for (double r = 0; r < farthest; r += 0.5) {
      if (density.at(fan.apex_px[0] + r * std::sin(angle), fan.apex_px[1] + r * std::cos(angle)) <
          0.5 * density.inside)
        continue;
      if (start < 0) start = r;
      stop = r;
    }
    if (start < 0) continue;
    starts.push_back(float(start));
    stops.push_back(float(stop));
  }
  if (starts.empty()) return {0, 0};
  return {quantile(starts, 0.5), quantile(stops, 0.8)};
}

}  // namespace

FanDetector::FanDetector(const FrameShape& shape)
    : shape_(shape), brightest_(shape.pixels(), -std::numeric_limits<float>::infinity()) {}

void FanDetector::add(std::span<const std::byte> frame) {
  visit_pixel_type(shape_.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* pixel = reinterpret_cast<const T*>(frame.data());
    for (std::size_t i = 0; i < brightest_.size(); ++i)
      brightest_[i] = std::max(brightest_[i], static_cast<float>(pixel[i * shape_.format.components]));
  });
}

FanDetection FanDetector::detect(const FanDetectionOptions& options) const {
  const std::size_t smallest = 4 * (options.filter_radius_px + 1);
  if (shape_.rows < smallest || shape_.columns < smallest)
    return {std::nullopt, fmt::format("frames of {} x {} pixels are too small to look for a fan",
                                      shape_.columns, shape_.rows)};
  const double white = quantile(brightest_, 0.999);
  const double black = std::max(0.0, quantile(brightest_, 0));
  if (!(white > black)) return {std::nullopt, "all pixels are equally bright"};
  Density density = bright_share(brightest_, shape_, black + options.threshold / 255 * (white - black),
                                 options.filter_radius_px);
  keep_largest_part(density);

  const std::vector<EdgePoint> left_points = edge_points(density, true);
  const std::vector<EdgePoint> right_points = edge_points(density, false);
  const Side left = fit_side(left_points);
  const Side right = fit_side(right_points);
  const std::size_t enough = shape_.rows / 4;
  if (left.support < enough || right.support < enough)
    return {std::nullopt,
            fmt::format("the bright part has no straight {} side within the image ({} of {} rows on a line)",
                        left.support < enough ? "left" : "right", std::min(left.support, right.support),
                        shape_.rows)};
  const double opening = (std::atan(right.slope) - std::atan(left.slope)) * degrees;
  if (opening < smallest_opening_deg)
    return {std::nullopt,
            fmt::format("the sides open by {:.1f} degrees: a linear probe's rectangle", opening)};

  Fan fan;
  const double v = (left.at_top - right.at_top) / (right.slope - left.slope);
  fan.apex_px = {left.at_top + left.slope * v, v};
  fan.angles_deg = {std::atan(left.slope) * degrees, std::atan(right.slope) * degrees};
  fan.radii_px = radii_of(density, fan);
  // Near the apex of a phased array the sector is narrower than the filter.
  const double blind = 2 * double(options.filter_radius_px) / std::sin(0.5 * opening / degrees);
  if (fan.radii_px[0] < blind && fan.apex_px[1] >= 0) fan.radii_px[0] = 0;
  fan.angles_deg[0] += options.margin_deg;
  fan.angles_deg[1] -= options.margin_deg;
  if (fan.angles_deg[0] >= fan.angles_deg[1] || fan.radii_px[0] >= fan.radii_px[1])
    return {std::nullopt, "nothing is left of the fan within its margin"};
  return {fan, ""};
}

}  // namespace snitt::reconstruction
