#include "registration/centerline_record.hpp"

#include <fmt/format.h>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "base/error.hpp"
#include "geometry/rotation.hpp"
#include "registration/pose_search.hpp"
#include "statistics/distributions.hpp"

namespace snitt::registration {
namespace {

using Matrix6 = Eigen::Matrix<double, 6, 6>;
using Vector6 = Eigen::Matrix<double, 6, 1>;

constexpr double degrees_per_radian = 180 / std::numbers::pi;
/// A motion that changes distances by less per millimeter is free; by less than the second one is doubtful.
constexpr double free_change = 0.02;
constexpr double doubtful_change = 0.12;
constexpr double doubtful_deviation_mm = 3;

Vec3 across(Vec3 v, const CenterlinePair& pair) {
  return pair.beside ? v - dot(v, pair.direction) * pair.direction : v;
}

Matrix4 nudged(const Matrix4& pose, const PoseUncertainty& u, std::size_t parameter, double size) {
  std::array<Vec3, 2> motion{};
  motion[parameter / 3][parameter % 3] = size;
  Matrix4 m = rotation_from_vector(motion[0]);
  const Vec3 turned = transform_vector(m, u.center_mm);
  for (std::size_t row = 0; row < 3; ++row) m(row, 3) = u.center_mm[row] - turned[row] + motion[1][row];
  return m * pose;
}

/// Half width of the 95 % interval of a number that the pose has, by central differences.
template <typename Function>
double half_width(const Matrix4& pose, const PoseUncertainty& u, const Function& value) {
  Vector6 gradient;
  for (std::size_t k = 0; k < 6; ++k) {
    const double size = k < 3 ? 1e-5 : 1e-3;
    gradient(static_cast<int>(k)) =
        (value(nudged(pose, u, k, size)) - value(nudged(pose, u, k, -size))) / (2 * size);
  }
  const double variance = gradient.dot(Eigen::Map<const Matrix6>(u.covariance.data()) * gradient);
  return u.degrees > 0 ? statistics::student_t_quantile(0.975, u.degrees) * std::sqrt(std::max(0.0, variance))
                       : std::nan("");
}

std::string motion_text(const Vector6& motion, const Matrix4& fixed_to_moving) {
  const Matrix4 back = inverse(fixed_to_moving);
  const Vec3 turn = transform_vector(back, {motion(0), motion(1), motion(2)});
  const Vec3 shift = transform_vector(back, {motion(3), motion(4), motion(5)});
  const bool turns = norm(turn) > norm(shift);
  Vec3 axis = turns ? turn : shift;
  axis = (1 / norm(axis)) * axis;
  const std::size_t longest = std::abs(axis.x) >= std::abs(axis.y) && std::abs(axis.x) >= std::abs(axis.z) ? 0
                              : std::abs(axis.y) >= std::abs(axis.z)                                       ? 1
                                                                     : 2;
  if (axis[longest] < 0) axis = -1 * axis;
  const auto plain_zero = [](double v) { return std::abs(v) < 0.005 ? 0.0 : v; };
  return fmt::format("{} ({:.2f} {:.2f} {:.2f})", turns ? "a turn about" : "a shift along",
                     plain_zero(axis.x), plain_zero(axis.y), plain_zero(axis.z));
}

}  // namespace

std::vector<CenterlinePair> pairs_of(const OrientedSamples& samples, const KeptMatches& kept,
                                     const Matrix4& samples_to_target, bool forwards, double stretch_mm) {
  const Matrix4 back = inverse(samples_to_target);
  std::vector<CenterlinePair> pairs;
  std::size_t group = 0;
  double run_mm = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i > 0) run_mm += norm(samples[i].position_mm - samples[i - 1].position_mm);
    const bool new_line = i > 0 && samples[i].line != samples[i - 1].line;
    if (run_mm > (new_line ? stretch_mm / 2 : stretch_mm)) {
      ++group;
      run_mm = 0;
    }
    if (kept.kept[i] == 0) continue;
    const Match& match = kept.matches[i];
    const Vec3 direction = transform_vector(samples_to_target, samples[i].direction);
    const double cosine = std::min(1.0, std::abs(dot(direction, match.direction)));
    CenterlinePair pair;
    pair.beside = match.beside;
    pair.group = group;
    pair.angle_deg = std::acos(cosine) * degrees_per_radian;
    if (forwards) {
      pair.fixed_mm = samples[i].position_mm;
      pair.moving_mm = match.foot_mm;
      pair.direction = match.direction;
    } else {
      pair.fixed_mm = match.foot_mm;
      pair.moving_mm = samples[i].position_mm;
      pair.direction = transform_vector(back, match.direction);
    }
    pairs.push_back(pair);
  }
  return pairs;
}

PoseUncertainty uncertainty_of(const Matrix4& fixed_to_moving, const std::vector<CenterlinePair>& pairs) {
  PoseUncertainty u;
  double weights = 0;
  for (const CenterlinePair& pair : pairs) {
    u.center_mm = u.center_mm + pair.weight * pair.moving_mm;
    weights += pair.weight;
  }
  u.center_mm = (1 / weights) * u.center_mm;
  for (const CenterlinePair& pair : pairs) {
    const Vec3 arm = pair.moving_mm - u.center_mm;
    u.radius_mm += pair.weight * dot(arm, arm) / weights;
  }
  u.radius_mm = std::max(1e-9, std::sqrt(u.radius_mm));
  Matrix6 information = Matrix6::Zero();
  std::map<std::size_t, Vector6> pulls;
  for (const CenterlinePair& pair : pairs) {
    const Vec3 place = transform_point(fixed_to_moving, pair.fixed_mm);
    const Vec3 arm = place - u.center_mm;
    const double unit = 1 / u.radius_mm;  // turns in millimeters at the radius
    const std::array<Vec3, 6> columns{unit * cross({1, 0, 0}, arm),
                                      unit * cross({0, 1, 0}, arm),
                                      unit * cross({0, 0, 1}, arm),
                                      {1, 0, 0},
                                      {0, 1, 0},
                                      {0, 0, 1}};
    const Vec3 residual = across(place - pair.moving_mm, pair);
    Eigen::Matrix<double, 3, 6> jacobian;
    for (int k = 0; k < 6; ++k) {
      const Vec3 column = across(columns[static_cast<std::size_t>(k)], pair);
      jacobian.col(k) << column.x, column.y, column.z;
    }
    information += pair.weight * jacobian.transpose() * jacobian;
    const auto [place_of_group, is_new] = pulls.try_emplace(pair.group, Vector6::Zero());
    place_of_group->second +=
        pair.weight * jacobian.transpose() * Eigen::Vector3d(residual.x, residual.y, residual.z);
  }
  const Eigen::SelfAdjointEigenSolver<Matrix6> solver(information);
  u.least_change = std::sqrt(std::max(0.0, solver.eigenvalues()(0)) / weights);
  const Vector6 least = solver.eigenvectors().col(0);
  u.least_motion = motion_text(least, fixed_to_moving);
  Matrix6 spread = Matrix6::Zero();
  for (const auto& [group, pull] : pulls) spread += pull * pull.transpose();
  const auto groups = static_cast<double>(pulls.size());
  u.degrees = groups - 1;
  if (groups < 2 || u.least_change < free_change / 10) return u;
  const Matrix6 inverted = solver.eigenvectors() * solver.eigenvalues().cwiseInverse().asDiagonal() *
                           solver.eigenvectors().transpose();
  const Matrix6 scaled = groups / (groups - 1) * inverted * spread * inverted;
  u.least_deviation_mm = std::sqrt(std::max(0.0, least.dot(scaled * least)));
  Vector6 units;
  units << 1 / u.radius_mm, 1 / u.radius_mm, 1 / u.radius_mm, 1, 1, 1;
  Eigen::Map<Matrix6>(u.covariance.data()) = units.asDiagonal() * scaled * units.asDiagonal();
  return u;
}

void add_pose(const Matrix4& fixed_to_moving, const PoseUncertainty& uncertainty, Vec3 fixed_center_mm,
              CalibrationRecord& record) {
  const auto add = [&](const std::string& name, const char* units, const char* text, auto value) {
    record.summary.push_back(
        within(name, value(fixed_to_moving), half_width(fixed_to_moving, uncertainty, value), units, text));
  };
  for (std::size_t axis = 0; axis < 3; ++axis)
    add(fmt::format("rotation_{}_deg", "xyz"[axis]), "deg",
        axis == 0 ? "rotation vector: its direction is the axis, its length the angle" : "",
        [axis](const Matrix4& m) { return degrees_per_radian * vector_from_rotation(m)[axis]; });
  for (std::size_t axis = 0; axis < 3; ++axis)
    add(fmt::format("translation_{}_mm", "xyz"[axis]), "mm",
        axis == 0 ? "where the origin of the fixed frame is in the moving one" : "",
        [axis](const Matrix4& m) { return m(axis, 3); });
  for (std::size_t axis = 0; axis < 3; ++axis)
    add(fmt::format("center_{}_mm", "xyz"[axis]), "mm",
        axis == 0 ? "where the center of the fixed lines is in the moving frame" : "",
        [axis, fixed_center_mm](const Matrix4& m) { return transform_point(m, fixed_center_mm)[axis]; });
  record.summary.push_back(plain("shift_mm",
                                 norm(transform_point(fixed_to_moving, fixed_center_mm) - fixed_center_mm),
                                 "mm", "how far the center of the fixed lines is moved"));
  record.summary.push_back(plain("turn_deg", degrees_per_radian * norm(vector_from_rotation(fixed_to_moving)),
                                 "deg", "angle by which the fixed space is turned"));
}

void add_poses(const std::vector<RankedPose>& poses, const SampleExtent& fixed_extent,
               CalibrationRecord& record) {
  std::vector<std::int64_t> rank;
  std::array<std::vector<double>, 11> columns;
  for (const RankedPose& pose : poses) {
    rank.push_back(static_cast<std::int64_t>(rank.size()) + 1);
    const Matrix4& m = pose.fixed_to_moving;
    const Vec3 turn = degrees_per_radian * vector_from_rotation(m);
    const std::array<double, 11> values{pose.score,
                                        pose.rms_mm,
                                        pose.kept_share,
                                        pose_distance_mm(m, poses.front().fixed_to_moving, fixed_extent),
                                        degrees_per_radian * angle_between(m, poses.front().fixed_to_moving),
                                        turn.x,
                                        turn.y,
                                        turn.z,
                                        m(0, 3),
                                        m(1, 3),
                                        m(2, 3)};
    for (std::size_t i = 0; i < values.size(); ++i) columns[i].push_back(values[i]);
  }
  Table table{{{"rank", "1", "poses that were found, best first", rank},
               {"score", "1", "less is better", columns[0]},
               {"rms_mm", "mm", "root mean square distance of what fits", columns[1]},
               {"kept_share", "1", "share that fits", columns[2]},
               {"distance_mm", "mm", "root mean square over the fixed lines, from the first", columns[3]},
               {"angle_deg", "deg", "from the first", columns[4]},
               {"rotation_x_deg", "deg", "rotation vector", columns[5]},
               {"rotation_y_deg", "deg", "", columns[6]},
               {"rotation_z_deg", "deg", "", columns[7]},
               {"translation_x_mm", "mm", "", columns[8]},
               {"translation_y_mm", "mm", "", columns[9]},
               {"translation_z_mm", "mm", "", columns[10]}}};
  record.tables.emplace_back("poses", std::move(table));
  record.summary.push_back(plain("second_score_ratio",
                                 poses.size() > 1 ? poses[1].score / poses[0].score : std::nan(""), "1",
                                 "score of the second best pose over that of the best: near 1 is ambiguous"));
}

void add_covariance(const PoseUncertainty& u, CalibrationRecord& record) {
  static constexpr std::array<const char*, 6> names{"turn_x",  "turn_y",  "turn_z",
                                                    "shift_x", "shift_y", "shift_z"};
  Table table{
      {{"parameter", "", "small turn (radians) about, and shift (mm) of, the center in the moving space",
        std::vector<std::string>(names.begin(), names.end())}}};
  for (std::size_t k = 0; k < 6; ++k) {
    std::vector<double> column;
    for (std::size_t i = 0; i < 6; ++i) column.push_back(u.covariance[6 * i + k]);
    table.columns.push_back({names[k], "", "", column});
  }
  record.tables.emplace_back("covariance", std::move(table));
}

void judge_uncertainty(const PoseUncertainty& u, const char* what, CalibrationRecord& record) {
  record.summary.push_back(
      plain("least_change", u.least_change, "1",
            "millimeters by which distances change per millimeter of the motion that the "
            "lines determine least"));
  record.summary.push_back(
      plain("least_deviation_mm", u.least_deviation_mm, "mm", "standard deviation along that motion"));
  if (u.least_change < free_change)
    throw ComputationError(
        "{} leave {} free (it changes their distances by {:.2g} mm per mm): expected lines that fork or "
        "bend, "
        "or more of them",
        what, u.least_motion, u.least_change);
  if (u.least_change < doubtful_change || u.least_deviation_mm > doubtful_deviation_mm)
    record.reasons.push_back(
        fmt::format("{} hardly determine {} (standard deviation {:.2g} mm, {:.2g} mm of distance per mm); "
                    "take in lines that run otherwise",
                    what, u.least_motion, u.least_deviation_mm, u.least_change));
}

void judge_second(const std::vector<RankedPose>& poses, const SampleExtent& fixed_extent, double ratio,
                  CalibrationRecord& record) {
  if (poses.size() < 2 || poses[1].score > ratio * poses[0].score) return;
  record.reasons.push_back(
      fmt::format("another pose, {:.3g} mm and {:.3g} degrees away, fits nearly as well (score {:.3g} "
                  "against {:.3g}); look at "
                  "both in the table poses, or limit the search with --most-shift-mm and --most-turn-deg",
                  pose_distance_mm(poses[1].fixed_to_moving, poses[0].fixed_to_moving, fixed_extent),
                  degrees_per_radian * angle_between(poses[1].fixed_to_moving, poses[0].fixed_to_moving),
                  poses[1].score, poses[0].score));
}

double covered_share(const OrientedSamples& samples, const OrientedSamples& others, double distance_mm) {
  if (samples.empty() || others.empty()) return 0;
  std::vector<Vec3> places;
  for (const OrientedSample& other : others) places.push_back(other.position_mm);
  const PlaceIndex index(places);
  const auto near = std::count_if(samples.begin(), samples.end(), [&](const OrientedSample& sample) {
    return index.squared_distance(sample.position_mm) <= distance_mm * distance_mm;
  });
  return static_cast<double>(near) / static_cast<double>(samples.size());
}

}  // namespace snitt::registration
