#include "calibration/pivot_search.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>

namespace snitt::calibration {
namespace {

using Matrix3 = Eigen::Matrix3d;
using Vector3 = Eigen::Vector3d;

Matrix3 rotation_part(const Matrix4& m) {
  Matrix3 r;
  r << m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2), m(2, 0), m(2, 1), m(2, 2);
  return r;
}

Vector3 translation_part(const Matrix4& m) { return {m(0, 3), m(1, 3), m(2, 3)}; }

/// Normal equations after the places have been eliminated.
struct Normal {
  Matrix3 left = Matrix3::Zero();
  Vector3 right = Vector3::Zero();
  double poses = 0;
};

Normal normal_equations(const std::vector<Matrix4>& poses,
                        const std::vector<std::vector<std::size_t>>& groups) {
  Normal sum;
  for (const std::vector<std::size_t>& group : groups) {
    Matrix3 mean_rotation = Matrix3::Zero();
    Vector3 mean_translation = Vector3::Zero();
    const double share = 1 / static_cast<double>(group.size());
    for (const std::size_t i : group) {
      mean_rotation += share * rotation_part(poses[i]);
      mean_translation += share * translation_part(poses[i]);
    }
    for (const std::size_t i : group) {
      const Matrix3 r = rotation_part(poses[i]) - mean_rotation;
      sum.left += r.transpose() * r;
      sum.right -= r.transpose() * (translation_part(poses[i]) - mean_translation);
    }
    sum.poses += static_cast<double>(group.size());
  }
  return sum;
}

PivotGuess guess_with(const std::vector<Matrix4>& poses, Vec3 tip, double tolerance_mm, std::size_t minimum) {
  PivotGuess guess{tip, {}, static_cast<double>(poses.size())};
  const std::vector<Vec3> path = tip_path(poses, tip);
  guess.rests = find_rests(path, tolerance_mm, minimum);
  for (const Rest& rest : guess.rests)
    for (const std::size_t i : rest.members)
      guess.cost -= 1 - std::pow(norm(path[i] - rest.place_mm) / tolerance_mm, 2);
  return guess;
}

/// Few poses out of a stretch of neighbours, which may all belong to one episode.
std::vector<std::size_t> draw(std::mt19937_64& random, std::size_t poses) {
  constexpr std::array<std::size_t, 4> lengths{20, 50, 150, 100000};
  const std::size_t length = std::min(lengths[random() % lengths.size()], poses);
  const std::size_t first = random() % (poses - length + 1);
  std::vector<std::size_t> few;
  while (few.size() < std::min<std::size_t>(4, length)) {
    const std::size_t i = first + random() % length;
    if (std::find(few.begin(), few.end(), i) == few.end()) few.push_back(i);
  }
  return few;
}

}  // namespace

std::vector<Vec3> tip_path(const std::vector<Matrix4>& poses, Vec3 tip_mm) {
  std::vector<Vec3> path;
  path.reserve(poses.size());
  for (const Matrix4& pose : poses) path.push_back(transform_point(pose, tip_mm));
  return path;
}

std::vector<std::vector<std::size_t>> members_of(const std::vector<Rest>& rests) {
  std::vector<std::vector<std::size_t>> groups;
  for (const Rest& rest : rests) groups.push_back(rest.members);
  return groups;
}

RotationSpread rotation_spread(const std::vector<Matrix4>& poses,
                               const std::vector<std::vector<std::size_t>>& groups) {
  const Normal normal = normal_equations(poses, groups);
  const Eigen::SelfAdjointEigenSolver<Matrix3> solver(normal.left / std::max(normal.poses, 1.0));
  RotationSpread spread;
  for (int k = 0; k < 3; ++k) {
    spread.chord_rms[static_cast<std::size_t>(k)] = std::sqrt(std::max(0.0, solver.eigenvalues()[k]));
    const Vector3 v = solver.eigenvectors().col(k);
    spread.direction[static_cast<std::size_t>(k)] = {v[0], v[1], v[2]};
  }
  return spread;
}

Vec3 solve_tip(const std::vector<Matrix4>& poses, const std::vector<std::vector<std::size_t>>& groups,
               double least_chord) {
  const Normal normal = normal_equations(poses, groups);
  const Eigen::SelfAdjointEigenSolver<Matrix3> solver(normal.left);
  Vector3 tip = Vector3::Zero();
  for (int k = 0; k < 3; ++k) {
    if (!(solver.eigenvalues()[k] > least_chord * least_chord * normal.poses)) continue;
    const Vector3 v = solver.eigenvectors().col(k);
    tip += v.dot(normal.right) / solver.eigenvalues()[k] * v;
  }
  return {tip[0], tip[1], tip[2]};
}

std::optional<PivotGuess> search_pivot(const std::vector<Matrix4>& poses, double tolerance_mm,
                                       std::size_t minimum_poses, std::uint64_t seed) {
  if (poses.size() < minimum_poses) return std::nullopt;
  // std::mt19937_64 is specified bit by bit; distributions are not, and none is used.
  std::mt19937_64 random(seed);
  constexpr int draws = 400;
  constexpr int few_draws = 60;
  constexpr std::size_t kept = 8;
  std::vector<PivotGuess> best;
  for (int k = 0; k < draws; ++k) {
    PivotGuess guess =
        guess_with(poses, solve_tip(poses, {draw(random, poses.size())}, 0.03), tolerance_mm, minimum_poses);
    if (guess.rests.empty()) continue;
    best.insert(std::upper_bound(best.begin(), best.end(), guess,
                                 [](const auto& a, const auto& b) { return a.cost < b.cost; }),
                std::move(guess));
    if (best.size() > kept) best.pop_back();
    // Most poses rest already: no other tip can be better by more than the improvement below gives.
    if (k >= few_draws && best.front().cost < 0.3 * static_cast<double>(poses.size())) break;
  }
  if (best.empty()) return std::nullopt;
  // Local optimisation (Chum, Matas and Kittler 2003): all poses that rest decide together.
  for (PivotGuess& guess : best) {
    for (int round = 0; round < 6; ++round) {
      PivotGuess next =
          guess_with(poses, solve_tip(poses, members_of(guess.rests), 0.01), tolerance_mm, minimum_poses);
      if (next.rests.empty() || !(next.cost < guess.cost)) break;
      guess = std::move(next);
    }
  }
  return *std::min_element(best.begin(), best.end(),
                           [](const auto& a, const auto& b) { return a.cost < b.cost; });
}

}  // namespace snitt::calibration
