#include "calibration/wall_target.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "calibration/probe_refinement.hpp"
#include "geometry/pose.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/least_squares.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t rotations = 3000;  // about 11 degrees from one to the next
constexpr std::size_t most_frames = 80;  // looked at
constexpr std::size_t polished = 100;    // rotations that are looked around
constexpr std::size_t promising = 8;     // and of these, refined at least
constexpr std::size_t hopeful = 24;      // and refined at most, while none fits
constexpr double least_apart_rad = 0.3;  // between them
/// Lines that lean out of the plane by more than this lose their pull while rotations are tried.
constexpr double lean = 0.15;
constexpr double loose_mm = 2;
constexpr double tight_mm = 0.5;
constexpr double loose_px = 2;
/// Cost of a residual: log(1 + 1) for all at loose_px, or one line in ten wrong by 100 px.
constexpr double good_cost = 0.7;
constexpr double likely_ratio = 1.5;

/// Even spread over all rotations: Shoemake's map of the additive recurrence with the plastic constant of
/// three dimensions (Roberts 2018).
Matrix4 rotation_number(std::size_t index) {
  constexpr double g = 1.2207440846057596;
  const auto share = [&](int power) {
    const double x = 0.5 + static_cast<double>(index + 1) / std::pow(g, power);
    return x - std::floor(x);
  };
  const double s = share(1);
  const double a = 2 * std::numbers::pi * share(2);
  const double b = 2 * std::numbers::pi * share(3);
  return rigid_matrix({std::sqrt(s) * std::cos(b), std::sqrt(1 - s) * std::sin(a),
                       std::sqrt(1 - s) * std::cos(a), std::sqrt(s) * std::sin(b)},
                      {});
}

/// Every so many frames, so that at most `most_frames` are left.
std::vector<TargetFrame> some(std::span<const TargetFrame> frames) {
  std::vector<TargetFrame> chosen;
  const std::size_t step = (frames.size() + most_frames - 1) / most_frames;
  for (std::size_t f = 0; f < frames.size(); f += step) chosen.push_back(frames[f]);
  return chosen;
}

struct Supposed {
  double cost = 0;
  Matrix4 rotation;  ///< image axes to the probe's frame
  Vec3 normal;
};

/// How well the lines lie in one plane of Reference under a rotation.
Supposed suppose(std::span<const TargetFrame> frames, double aspect, const Matrix4& rotation) {
  std::vector<Eigen::Vector3d> along;
  for (const TargetFrame& f : frames) {
    const double du = f.points[1].u - f.points[0].u;
    const double dv = (f.points[1].v - f.points[0].v) * aspect;
    const Vec3 d = transform_vector(f.probe_to_reference, transform_vector(rotation, unit(Vec3{du, dv, 0})));
    along.emplace_back(d.x, d.y, d.z);
  }
  Eigen::Vector3d normal;
  std::vector<double> weight(along.size(), 1);
  for (int round = 0; round < 3; ++round) {
    Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
    for (std::size_t i = 0; i < along.size(); ++i) sum += weight[i] * along[i] * along[i].transpose();
    normal = Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(sum).eigenvectors().col(0);
    for (std::size_t i = 0; i < along.size(); ++i)
      weight[i] = 1 / (1 + std::pow(normal.dot(along[i]) / lean, 2));
  }
  Supposed s{0, rotation, {normal[0], normal[1], normal[2]}};
  for (const Eigen::Vector3d& d : along) s.cost += std::log1p(std::pow(normal.dot(d) / lean, 2));
  return s;
}

/// Turns it in ever smaller steps to where the lines fit best nearby.
Supposed polish(std::span<const TargetFrame> frames, double aspect, Supposed best) {
  for (double step = 0.1; step > 0.01; step /= 2) {
    bool better = true;
    for (int round = 0; better && round < 10; ++round) {
      better = false;
      for (std::size_t axis = 0; axis < 3; ++axis)
        for (const double by : {step, -step}) {
          Vec3 turn;
          turn[axis] = by;
          const Supposed next = suppose(frames, aspect, best.rotation * rotation_from_vector(turn));
          if (!(next.cost < best.cost)) continue;
          best = next;
          better = true;
        }
    }
  }
  return best;
}

std::vector<Supposed> best_rotations(std::span<const TargetFrame> frames, double aspect) {
  const auto by_cost = [](const Supposed& a, const Supposed& b) { return a.cost < b.cost; };
  std::vector<Supposed> all;
  for (std::size_t i = 0; i < rotations; ++i) all.push_back(suppose(frames, aspect, rotation_number(i)));
  std::stable_sort(all.begin(), all.end(), by_cost);
  all.resize(polished);
  for (Supposed& s : all) s = polish(frames, aspect, s);
  std::stable_sort(all.begin(), all.end(), by_cost);
  // Half a turn about the image's normal changes no direction; the sign of the pixel size tells.
  const Matrix4 half = rotation_from_vector({0, 0, std::numbers::pi});
  std::vector<Supposed> best;
  for (const Supposed& s : all) {
    const auto close = [&](const Supposed& other) {
      return angle_between(other.rotation, s.rotation) < least_apart_rad ||
             angle_between(other.rotation * half, s.rotation) < least_apart_rad;
    };
    if (std::none_of(best.begin(), best.end(), close)) best.push_back(s);
    if (best.size() == hopeful) break;
  }
  return best;
}

/// Pixel size, translation and distance under a rotation: n · P (R (s u, s v aspect, 0) + t) = d.
std::optional<TargetStart> place_image(std::span<const TargetFrame> frames, double aspect,
                                       const Supposed& supposed) {
  const auto rows = static_cast<Eigen::Index>(2 * frames.size());
  Eigen::MatrixXd equations(rows, 5);
  Eigen::VectorXd right(rows);
  for (std::size_t f = 0; f < frames.size(); ++f)
    for (std::size_t k = 0; k < 2; ++k) {
      const auto row = static_cast<Eigen::Index>(2 * f + k);
      const Matrix4& pose = frames[f].probe_to_reference;
      const ImagePoint& at = frames[f].points[k];
      // In hundreds of pixels, so that the columns are alike.
      const Vec3 pixel{at.u / 100, at.v * aspect / 100, 0};
      equations(row, 0) =
          dot(supposed.normal, transform_vector(pose, transform_vector(supposed.rotation, pixel)));
      for (std::size_t c = 0; c < 3; ++c)
        equations(row, static_cast<Eigen::Index>(1 + c)) =
            dot(supposed.normal, {pose(0, c), pose(1, c), pose(2, c)});
      equations(row, 4) = -1;
      right[row] = -dot(supposed.normal, {pose(0, 3), pose(1, 3), pose(2, 3)});
    }
  Eigen::VectorXd weight = Eigen::VectorXd::Ones(rows);
  Eigen::VectorXd x;
  for (int round = 0; round < 10; ++round) {
    const Eigen::MatrixXd weighted = weight.asDiagonal() * equations;
    x = Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(weighted).solve(
        Eigen::VectorXd(weight.asDiagonal() * right));
    const Eigen::VectorXd residual = equations * x - right;
    for (Eigen::Index i = 0; i < rows; ++i)
      weight[i] = 1 / std::sqrt(1 + std::pow(residual[i] / loose_mm, 2));
  }
  const double size = x[0] / 100;
  if (!(std::abs(size) > 1e-6)) return std::nullopt;
  TargetStart start;
  RigidParts parts{supposed.rotation, {std::abs(size), std::abs(size) * aspect}};
  if (size < 0) parts.rigid = parts.rigid * rotation_from_vector({0, 0, std::numbers::pi});
  for (std::size_t r = 0; r < 3; ++r) parts.rigid(r, 3) = x[static_cast<Eigen::Index>(1 + r)];
  start.image_to_probe = image_to_probe_of(parts);
  start.place = {x[4] * supposed.normal, supposed.normal};
  return start;
}

struct Refined {
  double cost = std::numeric_limits<double>::infinity();
  TargetStart start;
};

/// Minimises a Cauchy loss of `scale_mm`. The cost is counted in pixels of the solution: small pixels must
/// not make wrong lines look small.
Refined refine_start(std::span<const TargetFrame> frames, const TargetStart& start, double scale_mm) {
  const WallModel model(frames, start);
  statistics::LeastSquares fit;
  fit.start = model.start();
  fit.step = model.steps();
  fit.fixed.assign(target_parameters, 0);
  fit.fixed[target_lag] = 1;
  fit.observations = frames.size();
  fit.dimension = 2;
  fit.cauchy_scale = scale_mm;
  fit.maximum_iterations = 60;
  fit.residual = [&](std::size_t i, std::span<const double> p, std::span<double> out) {
    // Beyond these a pixel has lost its sense; a cost that is not finite makes the step be refused.
    if (!(p[target_pixel_u] > 1e-6) || !(p[target_pixel_v] > 1e-6)) {
      out[0] = out[1] = std::numeric_limits<double>::quiet_NaN();
      return;
    }
    model.residual(i, p, out);
  };
  try {
    const std::vector<double> p = statistics::minimize(fit).parameters;
    Refined refined{0, {model.image_to_probe(p), model.place(p)}};
    const double unit_mm = loose_px * (p[target_pixel_u] + p[target_pixel_v]) / 2;
    for (std::size_t i = 0; i < frames.size(); ++i)
      for (const double d : model.seen(i, p).distance_mm)
        refined.cost += std::log1p(std::pow(d / unit_mm, 2));
    return refined;
  } catch (const ComputationError&) {
    return {};  // another rotation may do better
  }
}

/// A tiny image far away fits some motions nearly as well as the true one; where the scanner says what a
/// pixel is, that is not taken while there is another.
bool is_likely(const std::array<double, 2>& pixel_mm, const std::optional<std::array<double, 2>>& nominal) {
  for (std::size_t k = 0; nominal && k < 2; ++k)
    if (std::abs(std::log(pixel_mm[k] / (*nominal)[k])) > std::log(likely_ratio)) return false;
  return true;
}

}  // namespace

std::optional<TargetStart> start_wall(std::span<const TargetFrame> all,
                                      const std::optional<std::array<double, 2>>& nominal_pixel_mm) {
  const std::vector<TargetFrame> frames = some(all);
  const double aspect = nominal_pixel_mm ? (*nominal_pixel_mm)[1] / (*nominal_pixel_mm)[0] : 1;
  Refined best;
  bool best_is_likely = false;
  std::size_t tried = 0;
  for (const Supposed& supposed : best_rotations(frames, aspect)) {
    const bool good = best.cost < good_cost * 2 * static_cast<double>(frames.size());
    if (++tried > promising && good && best_is_likely) break;
    const std::optional<TargetStart> start = place_image(frames, aspect, supposed);
    if (!start) continue;
    Refined refined = refine_start(frames, *start, loose_mm);
    if (std::isfinite(refined.cost)) refined = refine_start(frames, refined.start, tight_mm);
    if (!std::isfinite(refined.cost)) continue;
    const bool likely = is_likely(rigid_parts(refined.start.image_to_probe).pixel_mm, nominal_pixel_mm);
    if (likely == best_is_likely ? refined.cost < best.cost : likely) {
      best = refined;
      best_is_likely = likely;
    }
  }
  if (!std::isfinite(best.cost)) return std::nullopt;
  return best.start;
}

}  // namespace snitt::calibration
