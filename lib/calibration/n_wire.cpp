#include "calibration/n_wire.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t fewest_frames = 10;
constexpr std::size_t fewest_equations = 9;
constexpr double outlier_deviations = 3;

/// One row of ImageToProbe: coefficients of u, v and 1.
Eigen::Vector3d solve_row(std::span<const MiddlePoint> points, std::size_t coordinate,
                          std::vector<std::array<bool, 3>>& used) {
  std::vector<std::size_t> kept(points.size());
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = i;
  for (;;) {
    if (kept.size() < fewest_equations)
      throw ComputationError("{} equations are left after taking out outliers; expected at least {}",
                             kept.size(), fewest_equations);
    const auto rows = static_cast<Eigen::Index>(kept.size());
    Eigen::MatrixXd image(rows, 3);
    Eigen::VectorXd space(rows);
    for (Eigen::Index i = 0; i < rows; ++i) {
      const MiddlePoint& p = points[kept[static_cast<std::size_t>(i)]];
      image.row(i) << p.u, p.v, 1;
      space[i] = p.probe_mm[coordinate];
    }
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> factors(image);
    if (factors.rank() < 3)
      throw ComputationError(
          "the middle wires lie on one line of the image in all frames; the probe must be moved");
    const Eigen::Vector3d row = factors.solve(space);
    const Eigen::VectorXd residual = image * row - space;
    const double mean = residual.mean();
    const double deviation = std::sqrt((residual.array() - mean).square().mean());
    std::vector<std::size_t> next;
    for (Eigen::Index i = 0; i < rows; ++i)
      // Rounding alone must not make an outlier of points without noise.
      if (std::abs(residual[i] - mean) < outlier_deviations * deviation + 1e-9)
        next.push_back(kept[static_cast<std::size_t>(i)]);
    if (next.size() == kept.size()) {
      for (const std::size_t i : kept) used[i][coordinate] = true;
      return row;
    }
    kept = std::move(next);
  }
}

}  // namespace

std::vector<MiddlePoint> middle_points(std::span<const WireFrame> frames, const WireModel& model,
                                       const Matrix4& phantom_to_reference) {
  std::vector<MiddlePoint> points;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const Matrix4 phantom_to_probe = inverse(frames[f].probe_to_reference) * phantom_to_reference;
    for (std::size_t k = 0; k < model.patterns.size(); ++k) {
      const WirePoint* p = frames[f].points.data() + 3 * k;
      const double share =
          std::hypot(p[1].u - p[0].u, p[1].v - p[0].v) / std::hypot(p[2].u - p[0].u, p[2].v - p[0].v);
      const auto& ends = model.geometry[k].ends_mm;
      points.push_back({f, 3 * k + 1, p[1].u, p[1].v,
                        transform_point(phantom_to_probe, ends[0] + share * (ends[1] - ends[0]))});
    }
  }
  return points;
}

LinearSolution solve_linear(std::span<const MiddlePoint> points) {
  std::set<std::size_t> frames;
  for (const MiddlePoint& p : points) frames.insert(p.frame);
  if (frames.size() < fewest_frames)
    throw ComputationError("{} frames show the phantom with a valid pose; expected at least {}",
                           frames.size(), fewest_frames);
  LinearSolution solution;
  solution.used.assign(points.size(), {false, false, false});
  for (std::size_t row = 0; row < 3; ++row) {
    const Eigen::Vector3d values = solve_row(points, row, solution.used);
    solution.image_to_probe(row, 0) = values[0];
    solution.image_to_probe(row, 1) = values[1];
    solution.image_to_probe(row, 3) = values[2];
  }
  Matrix4& m = solution.image_to_probe;
  const Vec3 x{m(0, 0), m(1, 0), m(2, 0)};
  const Vec3 y{m(0, 1), m(1, 1), m(2, 1)};
  const Vec3 z = cross(x, y);
  if (!(norm(z) > 0)) throw ComputationError("the image axes of the linear solution are parallel");
  const double scale = (norm(x) + norm(y)) / 2 / norm(z);
  for (std::size_t row = 0; row < 3; ++row) m(row, 2) = scale * z[row];
  for (const auto& used : solution.used)
    if (!(used[0] && used[1] && used[2])) ++solution.left_out;
  return solution;
}

std::vector<double> errors_3d_mm(std::span<const MiddlePoint> points, const Matrix4& image_to_probe) {
  std::vector<double> errors;
  for (const MiddlePoint& p : points)
    errors.push_back(norm(transform_point(image_to_probe, {p.u, p.v, 0}) - p.probe_mm));
  return errors;
}

ErrorStatistics error_statistics(std::vector<double> errors) {
  ErrorStatistics s;
  s.count = errors.size();
  if (errors.empty()) return s;
  std::sort(errors.begin(), errors.end());
  s.mean = statistics::mean(errors);
  s.median = statistics::median(errors);
  s.rms = statistics::root_mean_square(errors);
  s.largest = errors.back();
  const auto best = std::max<std::size_t>(
      1, static_cast<std::size_t>(std::lround(0.95 * static_cast<double>(errors.size()))));
  errors.resize(best);
  s.mean95 = statistics::mean(errors);
  double squares = 0;
  for (const double e : errors) squares += (e - s.mean95) * (e - s.mean95);
  s.deviation95 = std::sqrt(squares / static_cast<double>(best));
  return s;
}

std::optional<ImagePoint> wire_in_image(const PhantomWire& wire, const Matrix4& phantom_to_image) {
  const Vec3 a = transform_point(phantom_to_image, wire.front_mm);
  const Vec3 b = transform_point(phantom_to_image, wire.back_mm);
  const double depth = a.z - b.z;
  if (!(std::abs(depth) > 1e-9 * norm(a - b))) return std::nullopt;
  const Vec3 hit = a + (a.z / depth) * (b - a);
  return ImagePoint{hit.x, hit.y};
}

}  // namespace snitt::calibration
