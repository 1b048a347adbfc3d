#include "quality/plane_window.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::quality {
namespace {

void check(std::span<const ImagePlane> planes, PlanePoint guess, const char* what) {
  if (planes.empty()) throw InputError("{}: there is no plane; expected one at least", what);
  const ImagePlane& first = planes.front();
  for (const ImagePlane& plane : planes)
    if (plane.rows != first.rows || plane.columns != first.columns ||
        plane.row_spacing_mm != first.row_spacing_mm || plane.column_spacing_mm != first.column_spacing_mm)
      throw InputError("{}: planes of different size or spacing are mixed ({} x {} and {} x {} pixels)", what,
                       first.rows, first.columns, plane.rows, plane.columns);
  if (!(guess.column >= 0 && guess.row >= 0 && guess.column <= static_cast<double>(first.columns) - 1 &&
        guess.row <= static_cast<double>(first.rows) - 1))
    throw InputError("{}: column {:.1f}, row {:.1f} is outside of the image of {} x {} pixels", what,
                     guess.column, guess.row, first.rows, first.columns);
}

/// Value and derivatives by x, y, sigma, level, contrast and radius of the model at one pixel.
using Row = Eigen::Matrix<double, 6, 1>;
double model_value(const RadialModel& m, RadialShape shape, const WindowPixel& pixel, Row& slope) {
  const double dx = pixel.x_mm - m.x_mm;
  const double dy = pixel.y_mm - m.y_mm;
  const double r = std::sqrt(dx * dx + dy * dy);
  if (shape == RadialShape::point) {
    const double s2 = m.sigma_mm * m.sigma_mm;
    const double shape_value = std::exp(-r * r / (2 * s2));
    const double pull = m.contrast_hu * shape_value;
    slope << pull * dx / s2, pull * dy / s2, pull * r * r / (s2 * m.sigma_mm), 1, shape_value, 0;
    return m.level_hu + pull;
  }
  const double t = (m.radius_mm - r) / m.sigma_mm;
  const double edge = 0.5 * std::erfc(-t / std::numbers::sqrt2);
  const double density =
      m.contrast_hu * std::exp(-t * t / 2) / (m.sigma_mm * std::sqrt(2 * std::numbers::pi));
  const double inverse_r = r > 0 ? 1 / r : 0;
  slope << density * dx * inverse_r, density * dy * inverse_r, -density * t, 1, edge, density;
  return m.level_hu + m.contrast_hu * edge;
}

using Normal = Eigen::Matrix<double, 6, 6>;
double normal_equations(const std::vector<WindowPixel>& pixels, const RadialModel& m, RadialShape shape,
                        Normal& normal, Row& right) {
  normal.setZero();
  right.setZero();
  double cost = 0;
  Row slope;
  for (const WindowPixel& pixel : pixels) {
    const double residual = pixel.hu - model_value(m, shape, pixel, slope);
    cost += residual * residual;
    normal.selfadjointView<Eigen::Lower>().rankUpdate(slope);
    right += slope * residual;
  }
  normal = normal.selfadjointView<Eigen::Lower>();
  return cost;
}

RadialModel moved(RadialModel m, const Row& step) {
  m.x_mm += step[0];
  m.y_mm += step[1];
  m.sigma_mm += step[2];
  m.level_hu += step[3];
  m.contrast_hu += step[4];
  m.radius_mm += step[5];
  return m;
}

}  // namespace

PlaneWindow plane_window(std::span<const ImagePlane> planes, PlanePoint guess, double reach_mm,
                         const char* what) {
  check(planes, guess, what);
  const ImagePlane& first = planes.front();
  PlaneWindow window;
  window.pixel_mm = std::sqrt(first.row_spacing_mm * first.column_spacing_mm);
  const double left = (guess.column + 0.5) * first.column_spacing_mm;
  const double top = (guess.row + 0.5) * first.row_spacing_mm;
  window.complete_mm =
      std::min({left, top, static_cast<double>(first.columns) * first.column_spacing_mm - left,
                static_cast<double>(first.rows) * first.row_spacing_mm - top});
  const auto bound = [](double centre, double reach, std::size_t count, bool upper) {
    const double at = upper ? std::floor(centre + reach) + 1 : std::ceil(centre - reach);
    return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(count)));
  };
  const double column_reach = reach_mm / first.column_spacing_mm;
  const double row_reach = reach_mm / first.row_spacing_mm;
  for (std::size_t r = bound(guess.row, row_reach, first.rows, false);
       r < bound(guess.row, row_reach, first.rows, true); ++r)
    for (std::size_t c = bound(guess.column, column_reach, first.columns, false);
         c < bound(guess.column, column_reach, first.columns, true); ++c) {
      WindowPixel pixel{(static_cast<double>(c) - guess.column) * first.column_spacing_mm,
                        (static_cast<double>(r) - guess.row) * first.row_spacing_mm, 0};
      if (std::hypot(pixel.x_mm, pixel.y_mm) > reach_mm) continue;
      for (const ImagePlane& plane : planes) pixel.hu += double{plane.at(r, c)};
      if (!std::isfinite(pixel.hu))
        throw InputError("{}: the value at row {}, column {} is not finite", what, r, c);
      pixel.hu /= static_cast<double>(planes.size());
      window.pixels.push_back(pixel);
      window.index.push_back(r * first.columns + c);
    }
  return window;
}

RingNoise ring_noise(std::span<const ImagePlane> planes, const PlaneWindow& window, double x_mm, double y_mm,
                     double inner_mm, double outer_mm) {
  std::vector<std::size_t> ring;
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  const auto row_of = [&](std::size_t i) {
    return Eigen::Vector3d(1, window.pixels[i].x_mm - x_mm, window.pixels[i].y_mm - y_mm);
  };
  for (std::size_t i = 0; i < window.pixels.size(); ++i) {
    const Eigen::Vector3d row = row_of(i);
    const double r = std::hypot(row[1], row[2]);
    if (r < inner_mm || r >= outer_mm) continue;
    ring.push_back(i);
    normal += row * row.transpose();
  }
  RingNoise noise;
  noise.pixels = ring.size();
  if (ring.size() < 8) return noise;
  const Eigen::LDLT<Eigen::Matrix3d> solver(normal);
  const auto degrees = static_cast<double>(ring.size() - 3);
  const auto variance = [&](const auto& value_of, double& level) {
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    for (const std::size_t i : ring) right += row_of(i) * value_of(i);
    const Eigen::Vector3d trend = solver.solve(right);
    level = trend[0];
    double sum = 0;
    for (const std::size_t i : ring) sum += std::pow(value_of(i) - trend.dot(row_of(i)), 2);
    return sum / degrees;
  };
  double ignored = 0;
  noise.averaged = std::sqrt(variance([&](std::size_t i) { return window.pixels[i].hu; }, noise.mean_hu));
  double sum = 0;
  for (const ImagePlane& plane : planes)
    sum += variance([&](std::size_t i) { return static_cast<double>(plane.hu[window.index[i]]); }, ignored);
  noise.one_plane = std::sqrt(sum / static_cast<double>(planes.size()));
  return noise;
}

RadialModel fitted(const PlaneWindow& window, RadialModel start, RadialShape shape, double reach_mm) {
  std::vector<WindowPixel> pixels;
  for (const WindowPixel& pixel : window.pixels)
    if (std::hypot(pixel.x_mm - start.x_mm, pixel.y_mm - start.y_mm) <= reach_mm) pixels.push_back(pixel);
  RadialModel model = start;
  model.converged = false;
  Normal normal;
  Row right;
  double cost = normal_equations(pixels, model, shape, normal, right);
  double damping = 1e-3;
  for (int step_count = 0; step_count < 60; ++step_count) {
    Normal damped = normal;
    // A parameter without influence, as the radius of a point, stays where it is.
    for (int i = 0; i < 6; ++i) damped(i, i) += damping * normal(i, i) + (normal(i, i) > 0 ? 0 : 1);
    const Row step = damped.ldlt().solve(right);
    RadialModel next = moved(model, step);
    // A width far below a pixel has no effect on sampled values: their slope by it vanishes.
    next.sigma_mm = std::max(std::abs(next.sigma_mm), 0.1 * window.pixel_mm);
    Normal next_normal;
    Row next_right;
    const double next_cost = normal_equations(pixels, next, shape, next_normal, next_right);
    if (!(next_cost <= cost)) {
      damping *= 10;
      if (damping > 1e8) break;
      continue;
    }
    const double moved_mm =
        std::max({std::abs(step[0]), std::abs(step[1]), std::abs(step[2]), std::abs(step[5])});
    const bool still = moved_mm < 1e-7 * window.pixel_mm;
    model = next;
    cost = next_cost;
    normal = next_normal;
    right = next_right;
    damping = std::max(damping * 0.1, 1e-12);
    if (still) {
      model.converged = true;
      break;
    }
  }
  // Rejected steps to the last also mean that no better place is to be found.
  model.converged = model.converged || damping > 1e8;
  return model;
}

}  // namespace snitt::quality
