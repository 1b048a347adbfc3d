#include "calibration/pivot.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

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

std::vector<std::vector<double>> residual_components(const std::vector<Vec3>& path,
                                                     const std::vector<Rest>& rests) {
  std::vector<std::vector<double>> components(3);
  for (const Rest& rest : rests)
    for (const std::size_t i : rest.members)
      for (std::size_t a = 0; a < 3; ++a) components[a].push_back(path[i][a] - rest.place_mm[a]);
  return components;
}

/// Standard deviation of the tip's position along one axis, whatever the outliers do.
double noise_of(const std::vector<Vec3>& path, const std::vector<Rest>& rests) {
  double sum = 0;
  for (const std::vector<double>& c : residual_components(path, rests))
    sum += std::pow(statistics::robust_deviation(c), 2);
  return std::sqrt(sum / 3);
}

/// Narrows the tolerance from what the user allows to what the data show, so that slow ways and small slips
/// are not taken for rest.
PivotGuess tightened(const std::vector<Matrix4>& poses, PivotGuess guess, const PivotOptions& options) {
  for (int round = 0; round < 4; ++round) {
    const double noise = noise_of(tip_path(poses, guess.tip_mm), guess.rests);
    const double tolerance = std::clamp(5 * noise, 0.05, options.rest_tolerance_mm);
    std::vector<Rest> rests = find_rests(tip_path(poses, guess.tip_mm), tolerance, options.minimum_poses);
    if (rests.empty()) break;
    guess.rests = std::move(rests);
    guess.tip_mm = solve_tip(poses, members_of(guess.rests), 0.01);
  }
  return guess;
}

[[noreturn]] void refuse_rest(const TrackedPoses& poses, const PivotOptions& options) {
  throw ComputationError(
      "there is no tip that rests within {} mm for at least {} of the {} usable poses; expected swivelling "
      "with "
      "the tip in a dent (the marker or the tip slips, the transform is not that of the pointer, or the "
      "tolerance is too small)",
      options.rest_tolerance_mm, options.minimum_poses, poses.size());
}

void check_rotation(const RotationSpread& spread) {
  constexpr double least = 0.05;  // RMS of 3 degrees
  if (spread.chord_rms[2] < least)
    throw ComputationError(
        "the poses are all alike: they turn by {:.1f} degrees (RMS) about where they are; expected "
        "swivelling by "
        "30 degrees and more in all directions",
        spread.chord_rms[2] * to_deg);
  if (spread.chord_rms[0] < least)
    throw ComputationError(
        "the poses turn about one axis only ({:.2f} {:.2f} {:.2f} in the marker's coordinates), and the tip "
        "is "
        "not determined along it; expected swivelling in all directions, 30 degrees and more",
        spread.direction[0].x, spread.direction[0].y, spread.direction[0].z);
}

/// Poses that the first tip left over, but that another tip explains: another pointer, or a marker that
/// slipped.
void refuse_second_tip(const TrackedPoses& poses, const PivotCalibration& first,
                       const PivotOptions& options) {
  std::vector<Matrix4> rest;
  for (std::size_t i = 0; i < poses.size(); ++i)
    if (first.use[i] == PoseUse::moving) rest.push_back(poses.matrix[i]);
  constexpr std::size_t enough = 50;
  const double tolerance = std::min(options.rest_tolerance_mm, std::max(0.5, 3 * first.residual_rms_mm));
  const auto second = search_pivot(rest, tolerance, enough, options.seed);
  if (!second || rotation_spread(rest, members_of(second->rests)).chord_rms[0] < 0.15) return;
  const double distance = norm(second->tip_mm - first.tip_mm);
  if (distance < 2 * options.rest_tolerance_mm) return;
  throw ComputationError(
      "the recording holds two tips, {:.1f} mm from each other in the marker's coordinates ({} poses and {} "
      "poses); expected one pointer whose marker stays where it is (calibrate them one by one)",
      distance, first.count(PoseUse::used), second->rests.front().members.size());
}

statistics::LeastSquaresSolution refine(const std::vector<Matrix4>& poses, const PivotGuess& guess,
                                        double noise,
                                        std::vector<std::pair<std::size_t, std::size_t>>& members) {
  statistics::LeastSquares problem;
  problem.dimension = 3;
  for (std::size_t a = 0; a < 3; ++a) problem.start.push_back(guess.tip_mm[a]);
  for (std::size_t e = 0; e < guess.rests.size(); ++e) {
    for (std::size_t a = 0; a < 3; ++a) problem.start.push_back(guess.rests[e].place_mm[a]);
    for (const std::size_t i : guess.rests[e].members) members.emplace_back(e, i);
  }
  problem.observations = members.size();
  problem.step.assign(problem.start.size(), 0.01);
  problem.cauchy_scale = std::max(3.5 * noise, 1e-6);
  problem.residual = [&](std::size_t o, std::span<const double> p, std::span<double> r) {
    const Vec3 tip = transform_point(poses[members[o].second], {p[0], p[1], p[2]});
    for (std::size_t a = 0; a < 3; ++a) r[a] = tip[a] - p[3 + 3 * members[o].first + a];
  };
  return statistics::minimize(problem);
}

double correlation_of_neighbours(const std::vector<double>& residuals,
                                 const std::vector<std::pair<std::size_t, std::size_t>>& members) {
  double product = 0;
  double square = 0;
  for (std::size_t o = 0; o < members.size(); ++o)
    for (std::size_t a = 0; a < 3; ++a) {
      square += std::pow(residuals[3 * o + a], 2);
      if (o > 0 && members[o].first == members[o - 1].first && members[o].second == members[o - 1].second + 1)
        product += residuals[3 * o + a] * residuals[3 * (o - 1) + a];
    }
  return square > 0 ? product / square : 0;
}

/// Directions of the shaft as angles from their mean, in two directions at right angles: the widest, and the
/// other.
void measure_coverage(const std::vector<Matrix4>& poses, Vec3 shaft, const std::vector<std::size_t>& members,
                      PivotEpisode& episode) {
  Vec3 mean;
  for (const std::size_t i : members) mean = mean + transform_vector(poses[i], shaft);
  const Matrix4 frame = inverse(tip_frame({}, mean));
  Eigen::MatrixXd angles(static_cast<Eigen::Index>(members.size()), 2);
  for (std::size_t k = 0; k < members.size(); ++k) {
    const Vec3 d = transform_vector(frame, transform_vector(poses[members[k]], shaft));
    const double away = std::atan2(std::hypot(d.x, d.y), d.z) * to_deg;
    const double side = std::max(std::hypot(d.x, d.y), 1e-300);
    angles.row(static_cast<Eigen::Index>(k)) << away * d.x / side, away * d.y / side;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> axes(angles.transpose() * angles);
  const auto extent = [&](int axis) {
    const Eigen::VectorXd along = angles * axes.eigenvectors().col(axis);
    const std::span<const double> values(along.data(), static_cast<std::size_t>(along.size()));
    return statistics::quantile(values, 0.975) - statistics::quantile(values, 0.025);
  };
  // Of nearly round cones the quantiles may disagree with the variances on which is which.
  std::tie(episode.coverage_minor_deg, episode.coverage_major_deg) = std::minmax({extent(0), extent(1)});
  // All pairs of a thousand poses are too many: those of fifty.
  const std::size_t stride = members.size() / 50 + 1;
  for (std::size_t a = 0; a < members.size(); a += stride)
    for (std::size_t b = 0; b < a; b += stride)
      episode.turn_deg =
          std::max(episode.turn_deg, angle_between(poses[members[a]], poses[members[b]]) * to_deg);
}

void judge(PivotCalibration& c, const PivotOptions& o) {
  const std::size_t used = c.count(PoseUse::used);
  const std::size_t outliers = c.count(PoseUse::outlier);
  if (used < o.good_poses)
    c.reasons.push_back(
        fmt::format("only {} poses were used; record at least {} while swivelling", used, o.good_poses));
  double minor = 0;
  for (const PivotEpisode& e : c.episodes) minor = std::max(minor, e.coverage_minor_deg);
  if (minor < o.good_coverage_deg)
    c.reasons.push_back(
        fmt::format("the shaft went over {:.0f} degrees only in its lesser direction; swivel over {:g} "
                    "degrees and more in all "
                    "directions",
                    minor, o.good_coverage_deg));
  if (c.residual_rms_mm > o.good_residual_mm)
    c.reasons.push_back(
        fmt::format("the tip misses its resting place by {:.2f} mm (RMS), more than {:g} mm; check that the "
                    "marker is fixed, the tip does not slip, and the tracker sees the marker well",
                    c.residual_rms_mm, o.good_residual_mm));
  if (c.radius_mm > o.good_radius_mm)
    c.reasons.push_back(fmt::format(
        "the tip is known within {:.2f} mm (95 %) only, more than {:g} mm; record longer and swivel wider",
        c.radius_mm, o.good_radius_mm));
  // Residuals that are cut off nearer than 3.5 deviations along an axis seem smaller than they are.
  if (const double noise = c.residual_rms_mm / std::sqrt(3.0); 3.5 * noise > o.rest_tolerance_mm)
    c.reasons.push_back(
        fmt::format("the tip's noise of {:.2f} mm along each axis is cut off by the tolerance of {:g} mm, "
                    "and the intervals may "
                    "be too narrow; allow a tolerance of {:.0f} mm",
                    noise, o.rest_tolerance_mm, std::ceil(6 * noise)));
  if (5 * outliers > used + outliers)
    c.reasons.push_back(
        fmt::format("{} of {} poses of the episodes are outliers; check what disturbs the tracker", outliers,
                    used + outliers));
}

}  // namespace

std::size_t PivotCalibration::count(PoseUse what) const {
  return static_cast<std::size_t>(std::count(use.begin(), use.end(), what));
}

double radius_95(const std::array<double, 9>& c, double degrees) {
  const double trace = c[0] + c[4] + c[8];
  double squares = 0;
  for (const double v : c) squares += v * v;
  if (!(trace > 0)) return 0;
  // Σ λ_k χ²_1 has mean tr C and variance 2 tr C²: g χ²_h with the same two, and Student's tails.
  const double g = squares / trace;
  const double h = trace * trace / squares;
  const double tails = statistics::student_t_quantile(0.975, degrees) / statistics::normal_quantile(0.975);
  return tails * std::sqrt(g * statistics::chi_squared_quantile(0.95, h));
}

PivotCalibration calibrate_pivot(const TrackedPoses& tracked, const PivotOptions& options) {
  const std::vector<Matrix4>& poses = tracked.matrix;
  if (poses.size() < options.minimum_poses)
    throw ComputationError(
        "{} of {} poses are usable; expected at least {} (the marker was not seen, or the recording is too "
        "short)",
        poses.size(), tracked.samples, options.minimum_poses);
  auto found = search_pivot(poses, options.rest_tolerance_mm, options.minimum_poses, options.seed);
  if (!found) refuse_rest(tracked, options);
  const PivotGuess guess = tightened(poses, std::move(*found), options);
  const RotationSpread spread = rotation_spread(poses, members_of(guess.rests));
  check_rotation(spread);

  std::vector<std::pair<std::size_t, std::size_t>> members;
  const double noise = noise_of(tip_path(poses, guess.tip_mm), guess.rests);
  const statistics::LeastSquaresSolution fit = refine(poses, guess, noise, members);
  if (fit.covariance.empty())
    throw ComputationError("the tip is not determined by these poses; expected swivelling in all directions");

  PivotCalibration c;
  c.tip_mm = {fit.parameters[0], fit.parameters[1], fit.parameters[2]};
  c.chord_rms = spread.chord_rms[0];
  c.residual_correlation = correlation_of_neighbours(fit.residuals, members);
  // Of independent residuals the correlation is within ±3/sqrt(n) of 0: below, nothing is known.
  const double shown = 3 / std::sqrt(3 * static_cast<double>(members.size()));
  const double rho = c.residual_correlation > shown ? std::min(c.residual_correlation, 0.95) : 0;
  const double inflation = (1 + rho) / (1 - rho);
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b)
      c.covariance[3 * a + b] = inflation * fit.covariance[a * fit.parameters.size() + b];
    c.half_width_mm[a] = std::sqrt(inflation) * fit.half_width_95(a);
  }
  c.radius_mm = radius_95(c.covariance, fit.degrees);

  const std::vector<Vec3> path = tip_path(poses, c.tip_mm);
  c.use.assign(poses.size(), PoseUse::moving);
  c.residual_mm.assign(poses.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<double> squares;
  for (std::size_t e = 0; e < guess.rests.size(); ++e) {
    const Rest& rest = guess.rests[e];
    PivotEpisode episode{rest.first, rest.last, rest.members.size(), {}, 0, 0, 0, 0};
    for (std::size_t a = 0; a < 3; ++a) episode.pivot_mm[a] = fit.parameters[3 + 3 * e + a];
    for (std::size_t i = rest.first; i <= rest.last; ++i) {
      c.use[i] = PoseUse::outlier;
      c.residual_mm[i] = norm(path[i] - episode.pivot_mm);
    }
    std::vector<double> own;
    for (const std::size_t i : rest.members) {
      c.use[i] = PoseUse::used;
      own.push_back(c.residual_mm[i]);
    }
    squares.insert(squares.end(), own.begin(), own.end());
    episode.residual_rms_mm = statistics::root_mean_square(own);
    measure_coverage(poses, unit(c.tip_mm), rest.members, episode);
    c.episodes.push_back(episode);
  }
  c.residual_rms_mm = statistics::root_mean_square(squares);
  if (const std::size_t used = c.count(PoseUse::used), far = c.count(PoseUse::outlier); far > used)
    throw ComputationError(
        "{} of {} poses at the dents have their tip farther than {:g} mm from where it should rest; expected "
        "most to "
        "be near (a tip that slips, a loose marker, a tracker noisier than the tolerance)",
        far, used + far, options.rest_tolerance_mm);
  refuse_second_tip(tracked, c, options);
  judge(c, options);
  return c;
}

}  // namespace snitt::calibration
