#include "calibration/spin.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "base/error.hpp"
#include "calibration/pivot_search.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/distributions.hpp"
#include "statistics/least_squares.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr double to_deg = 180 / std::numbers::pi;

std::vector<Vec3> directions(const std::vector<Matrix4>& poses, Vec3 axis) {
  std::vector<Vec3> result;
  result.reserve(poses.size());
  for (const Matrix4& pose : poses) result.push_back(transform_vector(pose, axis));
  return result;
}

struct AxisGuess {
  Vec3 axis;
  Vec3 pointed;  ///< median direction
  double cost = std::numeric_limits<double>::infinity();
};

AxisGuess guess_with(const std::vector<Matrix4>& poses, Vec3 axis, double tolerance) {
  const std::vector<Vec3> d = directions(poses, axis);
  AxisGuess guess{axis, unit(median_point(d)), 0};
  for (const Vec3& v : d)
    guess.cost += std::min(1.0, std::pow(angle_between(v, guess.pointed) / tolerance, 2));
  return guess;
}

std::vector<std::size_t> near(const std::vector<Matrix4>& poses, const AxisGuess& guess, double tolerance) {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < poses.size(); ++i)
    if (angle_between(transform_vector(poses[i], guess.axis), guess.pointed) < tolerance) result.push_back(i);
  return result;
}

AxisGuess search_axis(const std::vector<Matrix4>& poses, double tolerance, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  AxisGuess best;
  for (int k = 0; k < 300; ++k) {
    const Matrix4& a = poses[random() % poses.size()];
    const Matrix4& b = poses[random() % poses.size()];
    if (angle_between(a, b) < 20 / to_deg) continue;
    const Vec3 axis = unit(vector_from_rotation(inverse(a) * b));
    AxisGuess guess = guess_with(poses, axis, tolerance);
    if (guess.cost < best.cost) best = guess;
    // Most poses agree already, and what follows improves it.
    if (k >= 60 && best.cost < 0.3 * static_cast<double>(poses.size())) break;
  }
  for (int round = 0; round < 5 && std::isfinite(best.cost); ++round) {
    const std::vector<std::size_t> members = near(poses, best, tolerance);
    if (members.size() < 3) break;
    const AxisGuess next = guess_with(poses, rotation_spread(poses, {members}).direction[0], tolerance);
    if (!(next.cost < best.cost)) break;
    best = next;
  }
  return best;
}

/// Parameters: tilt of the axis (2), then the coefficients of the two components of its direction in time.
struct AxisFit {
  statistics::LeastSquaresSolution solution;
  Vec3 axis;
  double noise = 0;  ///< robust standard deviation of one component, radians
};

class AxisModel {
 public:
  AxisModel(const TrackedPoses& poses, const AxisGuess& guess, const std::vector<std::size_t>& members,
            std::size_t degree)
      : poses_(poses), members_(members), tangent_(tip_frame({}, guess.axis)), degree_(degree) {
    const Matrix4 across = tip_frame({}, guess.pointed);
    across_ = {transform_vector(across, {1, 0, 0}), transform_vector(across, {0, 1, 0})};
    first_s_ = poses.time_s[members.front()];
    span_s_ = std::max(poses.time_s[members.back()] - first_s_, 1e-9);
  }

  AxisFit fit(double cauchy_scale) const {
    statistics::LeastSquares problem;
    problem.start.assign(2 + 2 * (degree_ + 1), 0);
    problem.step.assign(problem.start.size(), 1e-4);
    problem.observations = members_.size();
    problem.dimension = 2;
    problem.cauchy_scale = cauchy_scale;
    problem.residual = [this](std::size_t o, std::span<const double> p, std::span<double> r) {
      const Vec3 d = transform_vector(poses_.matrix[members_[o]], axis(p[0], p[1]));
      for (std::size_t c = 0; c < 2; ++c) r[c] = dot(d, across_[c]) - pointed(p, c, share(o));
    };
    AxisFit result{statistics::minimize(problem), {}, 0};
    result.axis = axis(result.solution.parameters[0], result.solution.parameters[1]);
    double squares = 0;
    for (std::size_t c = 0; c < 2; ++c) {
      std::vector<double> component;
      for (std::size_t o = 0; o < members_.size(); ++o)
        component.push_back(result.solution.residuals[2 * o + c]);
      squares += std::pow(statistics::robust_deviation(component), 2);
    }
    result.noise = std::sqrt(squares / 2);
    return result;
  }

  /// Largest deviation of the drift from its mean, radians.
  double drift(const std::vector<double>& p) const {
    double largest = 0;
    std::array<double, 2> mean{};
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t o = 0; o < members_.size(); ++o) mean[c] += pointed(p, c, share(o));
      mean[c] /= static_cast<double>(members_.size());
    }
    for (std::size_t o = 0; o < members_.size(); ++o)
      largest =
          std::max(largest, std::hypot(pointed(p, 0, share(o)) - mean[0], pointed(p, 1, share(o)) - mean[1]));
    return largest;
  }

 private:
  Vec3 axis(double tilt_x, double tilt_y) const {
    return unit(transform_vector(tangent_, {tilt_x, tilt_y, 1}));
  }
  double share(std::size_t o) const { return 2 * (poses_.time_s[members_[o]] - first_s_) / span_s_ - 1; }
  double pointed(std::span<const double> p, std::size_t component, double t) const {
    double value = 0;
    for (std::size_t k = degree_ + 1; k-- > 0;) value = value * t + p[2 + component * (degree_ + 1) + k];
    return value;
  }

  const TrackedPoses& poses_;
  const std::vector<std::size_t>& members_;
  Matrix4 tangent_;
  std::array<Vec3, 2> across_;
  std::size_t degree_;
  double first_s_ = 0;
  double span_s_ = 1;
};

double correlation_of_neighbours(const std::vector<double>& residuals) {
  double product = 0;
  double square = 0;
  for (std::size_t k = 0; k < residuals.size(); ++k) {
    square += residuals[k] * residuals[k];
    if (k >= 2) product += residuals[k] * residuals[k - 2];
  }
  return square > 0 ? product / square : 0;
}

/// Between the extremes of the turn about the axis, going from pose to pose.
double turn_of(const std::vector<Matrix4>& poses, const std::vector<std::size_t>& members, Vec3 axis) {
  double turn = 0;
  double lowest = 0;
  double highest = 0;
  for (std::size_t k = 1; k < members.size(); ++k) {
    const Vec3 step = vector_from_rotation(inverse(poses[members[k - 1]]) * poses[members[k]]);
    turn += dot(step, axis);
    lowest = std::min(lowest, turn);
    highest = std::max(highest, turn);
  }
  return highest - lowest;
}

void check(const TrackedPoses& poses, const AxisGuess& guess, const std::vector<std::size_t>& members,
           const SpinOptions& o) {
  if (!std::isfinite(guess.cost))
    throw ComputationError(
        "the pointer hardly turns in the spin recording (by less than 20 degrees); expected half a turn "
        "about the "
        "shaft or more");
  if (2 * members.size() < poses.size() || members.size() < o.minimum_poses)
    throw ComputationError(
        "the pointer does not turn about one axis: the best axis keeps its direction within {:g} degrees for "
        "{} of "
        "{} poses only; expected turning about the shaft while it points the same way",
        o.tolerance_deg, members.size(), poses.size());
}

void judge(SpinCalibration& c, Vec3 tip_mm, const SpinOptions& o) {
  if (c.angle_deg > o.good_angle_deg)
    c.reasons.push_back(fmt::format(
        "the shaft's direction is known within {:.2f} degrees (95 %) only, more than {:g}; turn more "
        "often about the shaft",
        c.angle_deg, o.good_angle_deg));
  if (c.turn_deg < o.good_turn_deg)
    c.reasons.push_back(fmt::format("the pointer turned by {:.0f} degrees only; turn it by {:g} and more",
                                    c.turn_deg, o.good_turn_deg));
  if (const double angle = angle_between(c.axis, tip_mm) * to_deg; angle > 60)
    c.reasons.push_back(fmt::format(
        "the shaft is {:.0f} degrees away from the direction from the marker to the tip; check that "
        "both recordings are of the same pointer, and that it was turned about its shaft",
        angle));
}

}  // namespace

std::size_t SpinCalibration::used_count() const {
  return static_cast<std::size_t>(std::count(used.begin(), used.end(), true));
}

SpinCalibration calibrate_spin(const TrackedPoses& poses, Vec3 tip_mm, const SpinOptions& options) {
  if (poses.size() < options.minimum_poses)
    throw ComputationError("{} of {} poses of the spin recording are usable; expected at least {}",
                           poses.size(), poses.samples, options.minimum_poses);
  const AxisGuess guess = search_axis(poses.matrix, options.tolerance_deg / to_deg, options.seed);
  std::vector<std::size_t> members = std::isfinite(guess.cost)
                                         ? near(poses.matrix, guess, options.tolerance_deg / to_deg)
                                         : std::vector<std::size_t>{};
  check(poses, guess, members, options);

  AxisFit fit;
  double drift = 0;
  double misfit = 0;  // by how much the axis changed with the last refinement of the drift
  for (int round = 0; round < 2; ++round) {
    const double start = round == 0 ? 1 / to_deg : std::max(3.5 * fit.noise, 1e-9);
    fit = AxisModel(poses, guess, members, 0).fit(start);
    drift = 0;
    misfit = 0;
    const double half_turns = turn_of(poses.matrix, members, fit.axis) * to_deg / 180;
    // Within less than a turn and a half, turning itself would pass for a drift.
    for (const std::size_t degree : {3, 5, 7}) {
      if (static_cast<double>(degree) > half_turns) break;
      const AxisModel drifting(poses, guess, members, degree);
      AxisFit moved = drifting.fit(start);
      const double way = drifting.drift(moved.solution.parameters);
      // Fitted to noise it lowers the deviation by 1 or 2 % at 200 poses; a drift does by far more.
      if (moved.noise > 0.97 * fit.noise) break;
      if (moved.noise > 0.9 * fit.noise || way > options.tolerance_deg / to_deg) continue;
      misfit = angle_between(moved.axis, fit.axis);
      fit = std::move(moved);
      drift = way;
    }
    if (round > 0) break;
    std::vector<std::size_t> kept;
    for (std::size_t k = 0; k < members.size(); ++k)
      if (std::hypot(fit.solution.residuals[2 * k], fit.solution.residuals[2 * k + 1]) <
          std::max(5 * fit.noise, 1e-6))
        kept.push_back(members[k]);
    members = std::move(kept);
    check(poses, guess, members, options);
  }
  if (fit.solution.covariance.empty())
    throw ComputationError(
        "the shaft is not determined by these poses; expected half a turn about it or more");

  SpinCalibration c;
  c.axis = dot(fit.axis, tip_mm) < 0 ? -1.0 * fit.axis : fit.axis;
  c.turn_deg = turn_of(poses.matrix, members, c.axis) * to_deg;
  if (c.turn_deg < 20)
    throw ComputationError(
        "the pointer turns by {:.0f} degrees only in the spin recording; expected half a turn about the "
        "shaft or "
        "more",
        c.turn_deg);
  const double rho_seen = correlation_of_neighbours(fit.solution.residuals);
  const double shown = 3 / std::sqrt(2 * static_cast<double>(members.size()));
  const double rho = rho_seen > shown ? std::min(rho_seen, 0.95) : 0;
  const double inflation = (1 + rho) / (1 - rho);
  // The tilts of the fit are along x and y of the frame of the first guess; the reader knows that of the
  // axis.
  const Matrix4 from = tip_frame({}, guess.axis);
  const Matrix4 to = tip_frame({}, c.axis);
  const std::size_t count = fit.solution.parameters.size();
  std::array<double, 4> turn{};
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 2; ++b)
      turn[2 * a + b] = to(0, a) * from(0, b) + to(1, a) * from(1, b) + to(2, a) * from(2, b);
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t l = 0; l < 2; ++l)
          c.covariance[2 * a + b] +=
              inflation * turn[2 * a + k] * fit.solution.covariance[k * count + l] * turn[2 * b + l];
  // A polynomial follows a hand only so far: what is left is taken to be half of what its last terms changed.
  for (std::size_t a = 0; a < 2; ++a) c.covariance[3 * a] += misfit * misfit / 4;
  const double student = statistics::student_t_quantile(0.975, fit.solution.degrees);
  for (std::size_t a = 0; a < 2; ++a) c.half_width_deg[a] = student * std::sqrt(c.covariance[3 * a]) * to_deg;
  c.angle_deg = radius_95({c.covariance[0], c.covariance[1], 0, c.covariance[2], c.covariance[3], 0, 0, 0, 0},
                          fit.solution.degrees) *
                to_deg;
  c.residual_rms_deg = statistics::root_mean_square(fit.solution.residuals) * std::numbers::sqrt2 * to_deg;
  c.wobble_deg = drift * to_deg;
  c.used.assign(poses.size(), false);
  for (const std::size_t i : members) c.used[i] = true;
  judge(c, tip_mm, options);
  return c;
}

std::optional<TrackedPoses> spin_episode(const TrackedPoses& poses, const PivotCalibration& pivot) {
  constexpr std::size_t least = 40;
  std::size_t best_first = 0;
  std::size_t best_last = 0;
  for (const PivotEpisode& e : pivot.episodes) {
    std::vector<std::size_t> members;
    for (std::size_t i = e.first; i <= e.last; ++i)
      if (pivot.use[i] == PoseUse::used) members.push_back(i);
    const std::size_t stride = std::max<std::size_t>(5, members.size() / 200);
    for (std::size_t a = 0; a + least < members.size(); a += stride) {
      for (std::size_t b = a + least; b <= members.size(); b += stride) {
        if (members[b - 1] - members[a] <= best_last - best_first) continue;
        const std::span<const std::size_t> part(members.data() + a, b - a);
        const RotationSpread spread = rotation_spread(poses.matrix, {{part.begin(), part.end()}});
        if (spread.chord_rms[0] > 0.15) break;
        // Something kept its direction within 7 degrees (RMS) while all across it went half round, and that
        // something is roughly the shaft, not the hinge of a swing.
        const double aligned = std::abs(dot(spread.direction[0], unit(pivot.tip_mm)));
        if (spread.chord_rms[0] > 0.12 || spread.chord_rms[1] < 0.7 || aligned < 0.7) continue;
        best_first = members[a];
        best_last = members[b - 1];
      }
    }
  }
  if (best_last == best_first) return std::nullopt;
  TrackedPoses part;
  for (std::size_t i = best_first; i <= best_last; ++i) {
    part.matrix.push_back(poses.matrix[i]);
    part.time_s.push_back(poses.time_s[i]);
    part.sample.push_back(poses.sample[i]);
  }
  part.samples = part.size();
  return part;
}

}  // namespace snitt::calibration
