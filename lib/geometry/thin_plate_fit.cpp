#include "geometry/thin_plate_fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "geometry/rigid_fit.hpp"

namespace snitt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr std::size_t most_landmarks = 5000;

Index signed_of(std::size_t i) { return static_cast<Index>(i); }

void check(std::span<const Vec3> from, std::span<const Vec3> to, std::span<const double> weights,
           double smoothing_mm) {
  const std::size_t n = from.size();
  if (n != to.size() || (!weights.empty() && weights.size() != n))
    throw UsageError("{} points, {} points and {} weights; expected as many of each", n, to.size(),
                     weights.size());
  if (n < 5) throw ComputationError("{} landmarks; expected at least five for a thin-plate spline", n);
  if (n > most_landmarks)
    throw ComputationError("{} landmarks; expected at most {} for a thin-plate spline", n, most_landmarks);
  const Vec3 extent = principal_extents(from);
  if (extent.z < 1e-4 * extent.x)
    throw ComputationError(
        "all {} landmarks lie on one plane (within {:.2g} mm), and a spline across it is not determined; "
        "expected one beside it, or a rigid fit",
        n, extent.z);
  for (std::size_t i = 0; smoothing_mm == 0 && i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j)
      if (norm(from[i] - from[j]) <= 1e-9 * extent.x)
        throw ComputationError(
            "landmarks {} and {} are at one place, where a spline without smoothing cannot go through both; "
            "remove one, or smooth",
            i + 1, j + 1);
}

}  // namespace

struct ThinPlateFit::State {
  std::vector<Vec3> from;
  std::vector<double> omega;  ///< relative weights, their mean 1
  double smoothing_mm = 0;
  Vec3 center;           ///< coordinates of the equations: (p - center) / unit
  double unit = 1;       ///< mm
  MatrixXd inverse;      ///< of [C, P; Pᵀ, 0], C = -K + smoothing / omega, in units
  double scale_mm2 = 0;  ///< variance of one coordinate of the process, per unit
  Matrix4 matrix;
  std::vector<Vec3> weights;
  std::vector<Vec3> residual_mm;
  std::vector<double> leave_one_out_mm;
  std::vector<double> leave_one_out_ratio;
  double leave_one_out_rms_mm = 0;

  Vec3 scaled(Vec3 p) const { return (1 / unit) * (p - center); }
  void set_up(std::span<const double> given);
  void solve(std::span<const Vec3> to);
  void leave_out(const MatrixXd& solution);
};

void ThinPlateFit::State::set_up(std::span<const double> given) {
  const std::size_t n = from.size();
  omega.assign(given.begin(), given.end());
  if (omega.empty()) omega.assign(n, 1.0);
  double total = 0;
  for (const double w : omega) {
    if (!(w > 0)) throw UsageError("a landmark has the weight {}; expected weights above 0", w);
    total += w;
  }
  for (double& w : omega) w *= static_cast<double>(n) / total;
  for (const Vec3 p : from) center = center + (1.0 / static_cast<double>(n)) * p;
  unit = principal_extents(from).x;

  MatrixXd system = MatrixXd::Zero(signed_of(n + 4), signed_of(n + 4));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j)
      system(signed_of(i), signed_of(j)) = system(signed_of(j), signed_of(i)) =
          -norm(from[i] - from[j]) / unit;
    system(signed_of(i), signed_of(i)) = smoothing_mm / unit / omega[i];
    const Vec3 p = scaled(from[i]);
    const std::array<double, 4> row{p.x, p.y, p.z, 1};
    for (std::size_t k = 0; k < 4; ++k)
      system(signed_of(i), signed_of(n + k)) = system(signed_of(n + k), signed_of(i)) = row[k];
  }
  inverse = system.partialPivLu().inverse();
}

void ThinPlateFit::State::solve(std::span<const Vec3> to) {
  const std::size_t n = from.size();
  MatrixXd right = MatrixXd::Zero(signed_of(n + 4), 3);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < 3; ++a) right(signed_of(i), signed_of(a)) = to[i][a];
  const MatrixXd solution = inverse * right;
  double energy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    Vec3 w;  // the equations have -K: the weights of +|p - p_i| are the negative ones
    for (std::size_t a = 0; a < 3; ++a) {
      const double c = solution(signed_of(i), signed_of(a));
      w[a] = -c / unit;
      energy += c * to[i][a];
    }
    weights.push_back(w);
  }
  scale_mm2 = n > 4 ? std::max(energy, 0.0) / (3.0 * static_cast<double>(n - 4)) : 0;
  for (std::size_t a = 0; a < 3; ++a) {
    double offset = solution(signed_of(n + 3), signed_of(a));
    for (std::size_t k = 0; k < 3; ++k) {
      matrix(a, k) = solution(signed_of(n + k), signed_of(a)) / unit;
      offset -= matrix(a, k) * center[k];
    }
    matrix(a, 3) = offset;
  }
  leave_out(solution);
}

void ThinPlateFit::State::leave_out(const MatrixXd& solution) {
  const std::size_t n = from.size();
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double diagonal = inverse(signed_of(i), signed_of(i));
    Vec3 away;
    for (std::size_t a = 0; a < 3; ++a) away[a] = solution(signed_of(i), signed_of(a)) / diagonal;
    // The equations' own residual: smoothing / omega times the solution.
    residual_mm.push_back(smoothing_mm / unit / omega[i] * diagonal * away);
    const bool known = diagonal > 1e-12;  // else the others do not determine the spline there
    leave_one_out_mm.push_back(known ? norm(away) : std::numeric_limits<double>::quiet_NaN());
    const double expected2 = 3 * scale_mm2 / diagonal;
    leave_one_out_ratio.push_back(known && expected2 > 0 ? norm(away) / std::sqrt(expected2) : 0);
    if (known) squares += omega[i] * dot(away, away);
  }
  leave_one_out_rms_mm = std::sqrt(squares / static_cast<double>(n));
}

ThinPlateFit::ThinPlateFit(std::span<const Vec3> from, std::span<const Vec3> to,
                           std::span<const double> weights, double smoothing_mm)
    : state_(std::make_unique<State>()) {
  check(from, to, weights, smoothing_mm);
  state_->from.assign(from.begin(), from.end());
  state_->smoothing_mm = smoothing_mm;
  state_->set_up(weights);
  state_->solve(to);
}

ThinPlateFit::~ThinPlateFit() = default;
ThinPlateFit::ThinPlateFit(ThinPlateFit&&) noexcept = default;
ThinPlateFit& ThinPlateFit::operator=(ThinPlateFit&&) noexcept = default;

const Matrix4& ThinPlateFit::matrix() const { return state_->matrix; }
const std::vector<Vec3>& ThinPlateFit::landmarks() const { return state_->from; }
const std::vector<Vec3>& ThinPlateFit::weights() const { return state_->weights; }
double ThinPlateFit::smoothing_mm() const { return state_->smoothing_mm; }
const std::vector<Vec3>& ThinPlateFit::residual_mm() const { return state_->residual_mm; }
const std::vector<double>& ThinPlateFit::leave_one_out_mm() const { return state_->leave_one_out_mm; }
double ThinPlateFit::leave_one_out_rms_mm() const { return state_->leave_one_out_rms_mm; }
const std::vector<double>& ThinPlateFit::leave_one_out_ratio() const { return state_->leave_one_out_ratio; }

Vec3 ThinPlateFit::map(Vec3 point) const {
  Vec3 sum = transform_point(state_->matrix, point);
  for (std::size_t i = 0; i < state_->from.size(); ++i)
    sum = sum + norm(point - state_->from[i]) * state_->weights[i];
  return sum;
}

double ThinPlateFit::expected_error_mm(Vec3 point) const {
  const std::size_t n = state_->from.size();
  Eigen::VectorXd covariance(signed_of(n + 4));
  for (std::size_t i = 0; i < n; ++i)
    covariance[signed_of(i)] = -norm(point - state_->from[i]) / state_->unit;
  const Vec3 p = state_->scaled(point);
  covariance.tail<4>() << p.x, p.y, p.z, 1;
  const double variance = -covariance.dot(state_->inverse * covariance);
  return std::sqrt(3 * state_->scale_mm2 * std::max(variance, 0.0));
}

double ThinPlateFit::least_determinant(std::size_t per_axis) const {
  const auto determinant_at = [&](Vec3 p) {
    Matrix4 derivative = state_->matrix;
    for (std::size_t i = 0; i < state_->from.size(); ++i) {
      const Vec3 arm = p - state_->from[i];
      const double length = norm(arm);
      if (!(length > 0)) continue;  // the kernel has no derivative there, and its neighbours count
      for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 3; ++column)
          derivative(row, column) += state_->weights[i][row] * arm[column] / length;
    }
    return determinant3(derivative);
  };
  Vec3 low = state_->from.front();
  Vec3 high = low;
  double least = std::numeric_limits<double>::infinity();
  for (const Vec3 p : state_->from) {
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], p[a]);
      high[a] = std::max(high[a], p[a]);
    }
    least = std::min(least, determinant_at(p));
  }
  const auto place = [&](std::size_t i, std::size_t a) {
    return low[a] + (high[a] - low[a]) * (static_cast<double>(i) + 0.5) / static_cast<double>(per_axis);
  };
  for (std::size_t i = 0; i < per_axis; ++i)
    for (std::size_t j = 0; j < per_axis; ++j)
      for (std::size_t k = 0; k < per_axis; ++k)
        least = std::min(least, determinant_at({place(i, 0), place(j, 1), place(k, 2)}));
  return least;
}

double best_smoothing(std::span<const Vec3> from, std::span<const Vec3> to, std::span<const double> weights) {
  const double extent_mm = principal_extents(from).x;
  double best = 0;
  double least = std::numeric_limits<double>::infinity();
  bool coincide = false;
  for (std::size_t i = 0; i < from.size(); ++i)
    for (std::size_t j = i + 1; j < from.size(); ++j)
      coincide = coincide || norm(from[i] - from[j]) <= 1e-9 * extent_mm;
  for (int step = coincide ? 1 : 0; step <= 24; ++step) {
    const double smoothing = step == 0 ? 0 : extent_mm * std::pow(10, -3 + (step - 1) * 4.0 / 23);
    const double error = ThinPlateFit(from, to, weights, smoothing).leave_one_out_rms_mm();
    // Rounding must not choose among equals: a straight map has no error at any smoothing.
    if (error < least * (1 - 1e-6) && error < least - 1e-9 * extent_mm) {
      least = error;
      best = smoothing;
    }
  }
  return best;
}

}  // namespace snitt
