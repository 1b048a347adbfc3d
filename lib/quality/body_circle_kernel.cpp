#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "quality/body_circle.hpp"
#include "quality/coarse_scan.hpp"
#include "quality/pixel_runs.hpp"
#include "statistics/random.hpp"

namespace snitt::quality {
namespace {

constexpr float threshold_hu = -500;  // half way between air and plastic
constexpr double tolerance_mm = 1.2;  // of a boundary pixel: the coarse pixel's half diagonal and noise
constexpr std::size_t sectors = 120;
constexpr double least_share = 0.55;  // of the sectors inside of the image: a table may cover the others
constexpr int most_trials = 300;      // 1 - (1 - 0.3^3)^300: sure even where 70 % of the edge is a table's

struct Point {
  double x;  // mm along the columns
  double y;  // mm along the rows
};

struct Circle {
  Point centre;
  double radius;
};

/// Where the air that reaches the rim of the image meets what is not air, in mm.
std::vector<Point> boundary_of(const ImagePlane& plane, BodyCircle& found) {
  std::vector<std::uint8_t> mask(plane.hu.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = plane.hu[i] > threshold_hu ? 1 : 0;
  fill_holes(mask, plane.columns);
  std::vector<Point> points;
  std::size_t first_row = plane.rows;
  std::size_t last_row = 0;
  std::size_t first_column = plane.columns;
  std::size_t last_column = 0;
  const double across = plane.column_spacing_mm;
  const double down = plane.row_spacing_mm;
  for (std::size_t r = 0; r < plane.rows; ++r)
    for (std::size_t c = 0; c < plane.columns; ++c) {
      const std::size_t at = r * plane.columns + c;
      const auto x = static_cast<double>(c);
      const auto y = static_cast<double>(r);
      if (c + 1 < plane.columns && mask[at] != mask[at + 1]) points.push_back({(x + 0.5) * across, y * down});
      if (r + 1 < plane.rows && mask[at] != mask[at + plane.columns])
        points.push_back({x * across, (y + 0.5) * down});
      if (mask[at] == 0) continue;
      first_row = std::min(first_row, r);
      last_row = std::max(last_row, r);
      first_column = std::min(first_column, c);
      last_column = std::max(last_column, c);
    }
  if (first_row <= last_row) {
    found.width_mm = static_cast<double>(last_column - first_column + 1) * across;
    found.height_mm = static_cast<double>(last_row - first_row + 1) * down;
  }
  return points;
}

std::optional<Circle> circle_through(Point a, Point b, Point c) {
  const double bx = b.x - a.x;
  const double by = b.y - a.y;
  const double cx = c.x - a.x;
  const double cy = c.y - a.y;
  const double twice_area = 2 * (bx * cy - by * cx);
  if (std::abs(twice_area) < 1) return std::nullopt;
  const double bb = bx * bx + by * by;
  const double cc = cx * cx + cy * cy;
  const double ux = (cy * bb - by * cc) / twice_area;
  const double uy = (bx * cc - cx * bb) / twice_area;
  return Circle{{a.x + ux, a.y + uy}, std::hypot(ux, uy)};
}

bool is_visible(const ImagePlane& plane, Point p) {
  return p.x >= 0 && p.y >= 0 && p.x <= static_cast<double>(plane.columns - 1) * plane.column_spacing_mm &&
         p.y <= static_cast<double>(plane.rows - 1) * plane.row_spacing_mm;
}

struct Support {
  std::size_t seen = 0;     // sectors with an edge on the circle
  std::size_t visible = 0;  // sectors inside of the image
  std::size_t points = 0;   // on the circle
};

/// Directions of the middles of the sectors.
const std::array<Point, sectors>& directions() {
  static const std::array<Point, sectors> all = [] {
    std::array<Point, sectors> made{};
    for (std::size_t s = 0; s < sectors; ++s) {
      const double angle = ((static_cast<double>(s) + 0.5) / sectors - 0.5) * 2 * std::numbers::pi;
      made[s] = {std::cos(angle), std::sin(angle)};
    }
    return made;
  }();
  return all;
}

Support support_of(const Circle& circle, const std::vector<Point>& points, const ImagePlane& plane) {
  Support support;
  std::array<bool, sectors> hit{};
  const double inner = std::max(0.0, circle.radius - tolerance_mm);
  const double outer = circle.radius + tolerance_mm;
  for (const Point& p : points) {
    const double x = p.x - circle.centre.x;
    const double y = p.y - circle.centre.y;
    const double square = x * x + y * y;
    if (square < inner * inner || square > outer * outer) continue;
    ++support.points;
    const double turn = std::atan2(y, x) / (2 * std::numbers::pi) + 0.5;
    hit[std::min(sectors - 1, static_cast<std::size_t>(turn * sectors))] = true;
  }
  for (std::size_t s = 0; s < sectors; ++s) {
    const Point& toward = directions()[s];
    const Point p{circle.centre.x + circle.radius * toward.x, circle.centre.y + circle.radius * toward.y};
    support.visible += is_visible(plane, p) ? 1 : 0;
    support.seen += hit[s] ? 1 : 0;
  }
  return support;
}

std::optional<Circle> guessed_circle(const std::vector<Point>& points, const ImagePlane& plane) {
  std::vector<Point> few;
  const std::size_t step = points.size() / 500 + 1;
  for (std::size_t i = 0; i < points.size(); i += step) few.push_back(points[i]);
  std::optional<Circle> best;
  double best_score = 0;
  int enough = most_trials;
  for (int trial = 0; trial < enough; ++trial) {
    const auto pick = [&](std::uint64_t which) {
      return few[statistics::uniform_below(
          statistics::random_bits(20261122, static_cast<std::uint64_t>(trial), which),
          static_cast<std::uint32_t>(few.size()))];
    };
    const std::optional<Circle> circle = circle_through(pick(0), pick(1), pick(2));
    if (!circle || circle->radius < 20 || circle->radius > 260) continue;
    const Support support = support_of(*circle, few, plane);
    // Few sectors of a large circle that is mostly out of sight must not win over a whole one.
    const double score = static_cast<double>(support.seen) * static_cast<double>(support.seen) /
                         static_cast<double>(std::max<std::size_t>(support.visible, 8));
    if (score > best_score) {
      best_score = score;
      best = circle;
      // As many as make it unlikely (1e-4) that no three points of this circle were tried.
      const double share = static_cast<double>(support.points) / static_cast<double>(few.size());
      const double missed = std::log(std::max(1e-9, 1 - share * share * share));
      enough = std::clamp(static_cast<int>(std::ceil(std::log(1e-4) / missed)), 16, most_trials);
    }
  }
  return best;
}

/// Where the profile along a ray falls through half of the step at the edge; NaN where there is no such step.
double edge_along(const ImagePlane& plane, const Circle& circle, double angle) {
  constexpr double reach = 6;
  constexpr std::size_t samples = 49;
  constexpr std::size_t least =
      28;  // up to 0.75 mm beyond: in the corner of a small field there may be no more
  constexpr double step = 2 * reach / (samples - 1);
  std::array<double, samples> profile{};
  const double x = std::cos(angle);
  const double y = std::sin(angle);
  std::size_t seen = 0;
  for (; seen < samples; ++seen) {
    const double radius = circle.radius - reach + step * static_cast<double>(seen);
    const Point p{circle.centre.x + radius * x, circle.centre.y + radius * y};
    if (!is_visible(plane, p)) break;
    profile[seen] =
        static_cast<double>(value_at(plane, {p.x / plane.column_spacing_mm, p.y / plane.row_spacing_mm}));
  }
  if (seen < least) return std::numeric_limits<double>::quiet_NaN();
  constexpr std::size_t flank = 12;  // 3 mm inside tell the level there
  const std::size_t outer = std::min(flank, (seen - samples / 2) / 2);
  double inside = 0;
  double outside = 0;
  for (std::size_t i = 0; i < flank; ++i) inside += profile[i] / flank;
  for (std::size_t i = 0; i < outer; ++i) outside += profile[seen - 1 - i] / static_cast<double>(outer);
  constexpr double air_hu = -1000;
  if (seen < samples - flank) outside = std::min(outside, air_hu);  // the blurred edge hides the level
  if (!(inside - outside > 300)) return std::numeric_limits<double>::quiet_NaN();
  const double level = (inside + outside) / 2;
  double edge = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i + 1 < seen; ++i) {
    if (!(profile[i] >= level && profile[i + 1] < level)) continue;
    const double share = (profile[i] - level) / (profile[i] - profile[i + 1]);
    const double radius = circle.radius - reach + step * (static_cast<double>(i) + share);
    if (std::isnan(edge) || std::abs(radius - circle.radius) < std::abs(edge - circle.radius)) edge = radius;
  }
  return edge;
}

/// One round of sub-pixel edges and a robust circle through them.
bool refine(const ImagePlane& plane, std::size_t rays, Circle& circle, BodyCircle& found) {
  std::vector<Point> edges;
  edges.reserve(rays);
  for (std::size_t i = 0; i < rays; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(rays);
    const double radius = edge_along(plane, circle, angle);
    if (!std::isnan(radius))
      edges.push_back(
          {circle.centre.x + radius * std::cos(angle), circle.centre.y + radius * std::sin(angle)});
  }
  if (edges.size() < 12) return false;
  double limit = 3;
  std::size_t used = 0;
  for (int round = 0; round < 6; ++round) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    double sum = 0;
    used = 0;
    for (const Point& p : edges) {
      const double x = p.x - circle.centre.x;
      const double y = p.y - circle.centre.y;
      const double distance = std::hypot(x, y);
      const double off = distance - circle.radius;
      if (std::abs(off) > limit) continue;
      const Eigen::Vector3d slope(x / distance, y / distance, 1);
      normal += slope * slope.transpose();
      right += slope * off;
      sum += off * off;
      ++used;
    }
    if (used < 12) return false;
    const Eigen::Vector3d change = normal.ldlt().solve(right);
    if (!change.allFinite()) return false;
    circle = {{circle.centre.x + change[0], circle.centre.y + change[1]}, circle.radius + change[2]};
    found.rms_mm = std::sqrt(sum / static_cast<double>(used));
    limit = std::clamp(3 * found.rms_mm, 0.3, 3.0);
  }
  found.arc_share = static_cast<double>(used) / static_cast<double>(rays);
  return true;
}

/// Whether nothing but one value lies beyond the circle: the scanner reconstructed no further.
bool is_edge_of_field(const ImagePlane& plane, const Circle& circle) {
  std::optional<float> only;
  for (std::size_t i = 0; i < sectors; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / sectors;
    const double radius = circle.radius + 3 * std::max(plane.column_spacing_mm, plane.row_spacing_mm);
    const Point p{circle.centre.x + radius * std::cos(angle), circle.centre.y + radius * std::sin(angle)};
    if (!is_visible(plane, p)) continue;
    const float value = plane.at(static_cast<std::size_t>(std::lround(p.y / plane.row_spacing_mm)),
                                 static_cast<std::size_t>(std::lround(p.x / plane.column_spacing_mm)));
    if (only && *only != value) return false;
    only = value;
  }
  const double half_width = static_cast<double>(plane.columns) * plane.column_spacing_mm / 2;
  const double half_height = static_cast<double>(plane.rows) * plane.row_spacing_mm / 2;
  return only && std::abs(circle.radius - std::min(half_width, half_height)) < 3 &&
         std::abs(circle.centre.x + plane.column_spacing_mm / 2 - half_width) < 3 &&
         std::abs(circle.centre.y + plane.row_spacing_mm / 2 - half_height) < 3;
}

}  // namespace

BodyCircle find_body_circle(const ImagePlane& plane) {
  BodyCircle found;
  const std::vector<Point> points = boundary_of(plane, found);
  if (points.size() < 24) return found;
  std::optional<Circle> circle = guessed_circle(points, plane);
  if (!circle) return found;
  // A guess from pixels is half a pixel off: few rays bring it near, all then measure. Where the field of
  // view leaves only corners, few rays are too few.
  constexpr std::size_t rays = 480;
  refine(plane, rays / 4, *circle, found);
  if (!refine(plane, rays, *circle, found)) return found;
  const Support support = support_of(*circle, points, plane);
  found.is_found = support.visible >= 6 &&
                   static_cast<double>(support.seen) >= least_share * static_cast<double>(support.visible) &&
                   found.rms_mm < 0.8 && !is_edge_of_field(plane, *circle);
  found.centre = {circle->centre.x / plane.column_spacing_mm, circle->centre.y / plane.row_spacing_mm};
  found.radius_mm = circle->radius;
  return found;
}

}  // namespace snitt::quality
