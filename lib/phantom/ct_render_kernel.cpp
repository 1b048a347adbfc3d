#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "phantom/ct_render.hpp"

namespace snitt::phantom {
namespace {

double radians(double deg) { return deg * std::numbers::pi / 180; }
double normal_cumulative(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }
double gaussian(double x_mm, double sigma_mm) {
  const double z = x_mm / sigma_mm;
  return std::exp(-z * z / 2) / (sigma_mm * std::sqrt(2 * std::numbers::pi));
}

/// A place in the phantom's frame.
struct Place {
  double x, y, z;
};

/// A point along and across a direction of the plane, from a centre.
struct Along {
  double cosine, sine;
  explicit Along(double angle_deg)
      : cosine(std::cos(radians(angle_deg))), sine(std::sin(radians(angle_deg))) {}
  double u(double dx, double dy) const { return cosine * dx + sine * dy; }
  double v(double dx, double dy) const { return cosine * dy - sine * dx; }
};

/// Sums of the two Gaussians of the blur; `widen` adds to the variance.
template <typename Function>
double of_gaussians(const CtBlur& blur, double widen_mm2, Function&& function) {
  double sum = 0;
  for (int i = 0; i < 2; ++i)
    if (blur.weight[i] != 0)
      sum += blur.weight[i] * function(std::sqrt(blur.sigma_mm[i] * blur.sigma_mm[i] + widen_mm2));
  return sum;
}

double bar_value(const CtBlur& blur, double u, double v, double half_u, double half_v) {
  return of_gaussians(blur, 0, [&](double s) {
    return (normal_cumulative((half_u - u) / s) - normal_cumulative((-half_u - u) / s)) *
           (normal_cumulative((half_v - v) / s) - normal_cumulative((-half_v - v) / s));
  });
}

/// A climbing wire of strength 1, at u along its trace, v across and z from its middle.
double wire_value(const CtBlur& blur, const SliceProfile& slice, const CtInclinedWire& wire, double u,
                  double v, double z) {
  const double slope = std::tan(radians(wire.slope_deg));
  const double per_trace = 1 / std::cos(radians(wire.slope_deg));
  const double h = wire.half_span_mm;
  const double round_mm2 = wire.diameter_mm * wire.diameter_mm / 16;  // variance of a disk along one axis
  const double along = z / slope;
  return of_gaussians(blur, round_mm2, [&](double s) {
    double trace = 0;
    if (slice.shape == SliceShape::rectangle) {
      const double half = slice.fwhm_mm / (2 * slope);
      const double from = std::max(along - half, -h);
      const double to = std::min(along + half, h);
      if (to > from)
        trace = (normal_cumulative((to - u) / s) - normal_cumulative((from - u) / s)) / slice.fwhm_mm;
    } else {
      // Product of two Gaussians in u: of the blur around this point, of the slice around `along`.
      const double t = slice.fwhm_mm / (2 * std::sqrt(2 * std::numbers::ln2)) / slope;
      const double variance = s * s + t * t;
      const double mean = (u * t * t + along * s * s) / variance;
      const double spread = s * t / std::sqrt(variance);
      trace = gaussian(u - along, std::sqrt(variance)) / slope *
              (normal_cumulative((h - mean) / spread) - normal_cumulative((-h - mean) / spread));
    }
    return per_trace * trace * gaussian(v, s);
  });
}

}  // namespace

CtFrame ct_frame(const CtPose& pose) {
  const double tilt = radians(pose.tilt_deg);
  const double d = radians(pose.tilt_direction_deg);
  const double roll = radians(pose.roll_deg);
  const double cd = std::cos(d), sd = std::sin(d), ct = std::cos(tilt), st = std::sin(tilt);
  // The rotation about the line across d that takes Z to the axis.
  const double tilted[3][3] = {{cd * cd * ct + sd * sd, cd * sd * (ct - 1), st * cd},
                               {cd * sd * (ct - 1), sd * sd * ct + cd * cd, st * sd},
                               {-st * cd, -st * sd, ct}};
  const double mirror = pose.is_mirrored ? -1 : 1;
  const double reverse = pose.is_reversed ? -1 : 1;
  const double in_slice[3][3] = {{mirror * std::cos(roll), -std::sin(roll), 0},
                                 {mirror * std::sin(roll), std::cos(roll), 0},
                                 {0, 0, reverse}};
  CtFrame frame;
  const double offset[3] = {pose.offset_x_mm, pose.offset_y_mm, 0};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      for (int k = 0; k < 3; ++k) frame.to_scanner[row][column] += tilted[row][k] * in_slice[k][column];
  for (int row = 0; row < 3; ++row) {
    frame.to_scanner[row][3] = offset[row] - frame.to_scanner[row][2] * pose.pivot_z_mm;
    // All three factors are orthogonal: the inverse is the transpose.
    for (int column = 0; column < 3; ++column) frame.to_phantom[row][column] = frame.to_scanner[column][row];
  }
  for (int row = 0; row < 3; ++row) {
    for (int k = 0; k < 3; ++k) frame.to_phantom[row][3] -= frame.to_phantom[row][k] * offset[k];
    if (row == 2) frame.to_phantom[row][3] += pose.pivot_z_mm;
  }
  return frame;
}

struct CtRenderer::State {
  CtScene scene;
  CtBlur blur;
  SliceProfile slice;
  CtFrame frame;
  CtPixels pixels;
  std::vector<const DiskProfile*> profile;  ///< of each cylinder
  std::map<double, std::unique_ptr<DiskProfile>> profiles;

  Place at(std::size_t row, std::size_t column, double scanner_z) const {
    const double x =
        (static_cast<double>(column) - (static_cast<double>(pixels.columns) - 1) / 2) * pixels.pixel_mm +
        pixels.center_x_mm;
    const double y =
        (static_cast<double>(row) - (static_cast<double>(pixels.rows) - 1) / 2) * pixels.pixel_mm +
        pixels.center_y_mm;
    const auto& m = frame.to_phantom;
    return {m[0][0] * x + m[0][1] * y + m[0][2] * scanner_z + m[0][3],
            m[1][0] * x + m[1][1] * y + m[1][2] * scanner_z + m[1][3],
            m[2][0] * x + m[2][1] * y + m[2][2] * scanner_z + m[2][3]};
  }

  /// Calls `add(place)` for each pixel within `reach_mm` of the line through (x, y) along the phantom's axis,
  /// and adds what it returns.
  template <typename Add>
  void around(double x_mm, double y_mm, double reach_mm, double scanner_z, std::span<float> hu,
              Add&& add) const {
    const auto& m = frame.to_scanner;
    // Where that line passes the slice.
    const double z = (scanner_z - m[2][3] - m[2][0] * x_mm - m[2][1] * y_mm) / m[2][2];
    const double center_x = m[0][0] * x_mm + m[0][1] * y_mm + m[0][2] * z + m[0][3];
    const double center_y = m[1][0] * x_mm + m[1][1] * y_mm + m[1][2] * z + m[1][3];
    const double wide_mm = reach_mm / std::abs(m[2][2]);  // a tilted section is longer
    const auto bound = [&](double value_mm, double middle_mm, std::size_t count) {
      const double place = (value_mm - middle_mm) / pixels.pixel_mm + (static_cast<double>(count) - 1) / 2;
      return static_cast<std::size_t>(std::clamp(std::ceil(place), 0.0, static_cast<double>(count)));
    };
    const std::size_t row_from = bound(center_y - wide_mm, pixels.center_y_mm, pixels.rows);
    const std::size_t row_to = bound(center_y + wide_mm, pixels.center_y_mm, pixels.rows);
    const std::size_t column_from = bound(center_x - wide_mm, pixels.center_x_mm, pixels.columns);
    const std::size_t column_to = bound(center_x + wide_mm, pixels.center_x_mm, pixels.columns);
    for (std::size_t row = row_from; row < row_to; ++row)
      for (std::size_t column = column_from; column < column_to; ++column)
        hu[row * pixels.columns + column] += static_cast<float>(add(at(row, column, scanner_z)));
  }

  /// No pixel of the slice lies within the reach of this range.
  bool misses(ZRange z, double scanner_z) const {
    double low = 1e30, high = -1e30;
    for (const std::size_t row : {std::size_t{0}, pixels.rows - 1})
      for (const std::size_t column : {std::size_t{0}, pixels.columns - 1}) {
        const double corner = at(row, column, scanner_z).z;
        low = std::min(low, corner);
        high = std::max(high, corner);
      }
    return low - slice.reach_mm() > z.to_mm || high + slice.reach_mm() < z.from_mm;
  }
};

CtRenderer::CtRenderer(CtScene scene, const CtBlur& blur, const SliceProfile& slice, const CtPose& pose,
                       const CtPixels& pixels)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.scene = std::move(scene);
  s.blur = blur;
  s.slice = slice;
  s.frame = ct_frame(pose);
  s.pixels = pixels;
  for (const CtCylinder& cylinder : s.scene.cylinders) s.profiles[cylinder.radius_mm];
  std::vector<std::pair<const double, std::unique_ptr<DiskProfile>>*> empty;
  for (auto& entry : s.profiles) empty.push_back(&entry);
  tbb::parallel_for(std::size_t{0}, empty.size(), [&](std::size_t i) {
    empty[i]->second = std::make_unique<DiskProfile>(s.blur, empty[i]->first);
  });
  for (const CtCylinder& cylinder : s.scene.cylinders)
    s.profile.push_back(s.profiles.at(cylinder.radius_mm).get());
}

CtRenderer::~CtRenderer() = default;

void CtRenderer::slice(double scanner_z, std::span<float> hu) const {
  const State& s = *state_;
  const double reach_mm = ct_reach_mm(s.blur);
  std::fill(hu.begin(), hu.end(), static_cast<float>(air_hu));
  for (std::size_t i = 0; i < s.scene.cylinders.size(); ++i) {
    const CtCylinder& c = s.scene.cylinders[i];
    if (s.misses(c.z, scanner_z)) continue;
    const DiskProfile& profile = *s.profile[i];
    s.around(c.x_mm, c.y_mm, profile.outer_mm(), scanner_z, hu, [&](const Place& p) {
      const double share = s.slice.share(p.z, c.z.from_mm, c.z.to_mm);
      return share == 0 ? 0 : c.hu * share * profile.at(std::hypot(p.x - c.x_mm, p.y - c.y_mm));
    });
  }
  for (const CtEllipse& e : s.scene.ellipses) {
    if (s.misses(e.z, scanner_z)) continue;
    const Along along(e.angle_deg);
    s.around(
        e.x_mm, e.y_mm, std::max(e.half_u_mm, e.half_v_mm) + reach_mm, scanner_z, hu, [&](const Place& p) {
          const double u = along.u(p.x - e.x_mm, p.y - e.y_mm) / e.half_u_mm;
          const double v = along.v(p.x - e.x_mm, p.y - e.y_mm) / e.half_v_mm;
          const double rho = std::hypot(u, v);
          // Distance from the edge to first order: (1 - rho) / |gradient of rho|.
          const double gradient =
              rho > 0 ? std::hypot(u / e.half_u_mm, v / e.half_v_mm) / rho : 1 / e.half_u_mm;
          return e.hu * s.slice.share(p.z, e.z.from_mm, e.z.to_mm) * ct_edge(s.blur, (1 - rho) / gradient);
        });
  }
  for (const CtBar& b : s.scene.bars) {
    if (s.misses(b.z, scanner_z)) continue;
    const Along along(b.angle_deg);
    s.around(b.x_mm, b.y_mm, std::hypot(b.half_u_mm, b.half_v_mm) + reach_mm, scanner_z, hu,
             [&](const Place& p) {
               return b.hu * s.slice.share(p.z, b.z.from_mm, b.z.to_mm) *
                      bar_value(s.blur, along.u(p.x - b.x_mm, p.y - b.y_mm),
                                along.v(p.x - b.x_mm, p.y - b.y_mm), b.half_u_mm, b.half_v_mm);
             });
  }
  for (const CtPoint& point : s.scene.points) {
    if (s.misses({point.z_mm, point.z_mm}, scanner_z)) continue;
    const double round_mm2 = point.diameter_mm * point.diameter_mm / 20;  // variance of a ball along one axis
    s.around(point.x_mm, point.y_mm, reach_mm + point.diameter_mm, scanner_z, hu, [&](const Place& p) {
      const double half_mm = point.diameter_mm / 2;
      const double density =
          s.slice.share(p.z, point.z_mm - half_mm, point.z_mm + half_mm) / point.diameter_mm;
      if (density == 0) return 0.0;
      const double r = std::hypot(p.x - point.x_mm, p.y - point.y_mm);
      return point.strength_hu_mm3 * density * of_gaussians(s.blur, round_mm2, [&](double sigma) {
               return gaussian(r, sigma) * gaussian(0, sigma);
             });
    });
  }
  for (const CtInclinedWire& w : s.scene.wires) {
    const double rise_mm = w.half_span_mm * std::tan(radians(w.slope_deg));
    if (s.misses({w.z_mm - rise_mm, w.z_mm + rise_mm}, scanner_z)) continue;
    const Along along(w.angle_deg);
    s.around(w.x_mm, w.y_mm, w.half_span_mm + reach_mm, scanner_z, hu, [&](const Place& p) {
      const double v = along.v(p.x - w.x_mm, p.y - w.y_mm);
      if (std::abs(v) > reach_mm) return 0.0;
      return w.strength_hu_mm2 *
             wire_value(s.blur, s.slice, w, along.u(p.x - w.x_mm, p.y - w.y_mm), v, p.z - w.z_mm);
    });
  }
  const CtCupping& cup = s.scene.cupping;
  if (cup.depth_hu == 0 || s.misses(cup.z, scanner_z)) return;
  s.around(0, 0, std::max(cup.half_u_mm, cup.half_v_mm), scanner_z, hu, [&](const Place& p) {
    const double rho2 = std::pow(p.x / cup.half_u_mm, 2) + std::pow(p.y / cup.half_v_mm, 2);
    return rho2 >= 1 ? 0 : -cup.depth_hu * (1 - rho2) * s.slice.share(p.z, cup.z.from_mm, cup.z.to_mm);
  });
}

}  // namespace snitt::phantom
