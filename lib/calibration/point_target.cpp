#include "calibration/point_target.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>

namespace snitt::calibration {
namespace {

constexpr std::uint64_t seed = 20260711;
constexpr int trials = 1500;  // finds 10 right frames among 40 % wrong ones with probability 0.9998
constexpr std::size_t sample_frames = 10;
constexpr double near_mm = 3;
constexpr std::size_t promising = 5;  // solutions that are refined
constexpr int rounds = 10;

struct Choice {
  std::size_t frame = 0;
  std::size_t candidate = 0;
};

/// Pixels are large numbers beside 1; in units of this the columns of the equations are alike.
constexpr double pixel_unit = 100;

std::optional<TargetStart> solve(std::span<const TargetFrame> frames, const std::vector<Choice>& choices) {
  const auto count = static_cast<Eigen::Index>(choices.size());
  Eigen::MatrixXd equations = Eigen::MatrixXd::Zero(3 * count, 12);
  Eigen::VectorXd right(3 * count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Choice& c = choices[static_cast<std::size_t>(i)];
    const Matrix4& pose = frames[c.frame].probe_to_reference;
    const ImagePoint& at = frames[c.frame].points[c.candidate];
    for (Eigen::Index r = 0; r < 3; ++r) {
      const auto row = static_cast<std::size_t>(r);
      for (Eigen::Index k = 0; k < 3; ++k) {
        const double turn = pose(row, static_cast<std::size_t>(k));
        equations(3 * i + r, k) = turn * at.u / pixel_unit;
        equations(3 * i + r, 3 + k) = turn * at.v / pixel_unit;
        equations(3 * i + r, 6 + k) = turn;
      }
      equations(3 * i + r, 9 + r) = -1;
      right[3 * i + r] = -pose(row, 3);
    }
  }
  // The shortest solution where the motion leaves something open: the refinement will say what.
  const Eigen::VectorXd x = Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(equations).solve(right);
  const Vec3 a{x[0] / pixel_unit, x[1] / pixel_unit, x[2] / pixel_unit};
  const Vec3 b{x[3] / pixel_unit, x[4] / pixel_unit, x[5] / pixel_unit};
  const Vec3 normal = cross(a, b);
  if (!(norm(normal) > 1e-3 * norm(a) * norm(b)) || !(norm(normal) > 1e-12)) return std::nullopt;
  TargetStart start;
  const double scale = (norm(a) + norm(b)) / 2 / norm(normal);
  for (std::size_t r = 0; r < 3; ++r) {
    start.image_to_probe(r, 0) = a[r];
    start.image_to_probe(r, 1) = b[r];
    start.image_to_probe(r, 2) = scale * normal[r];
    start.image_to_probe(r, 3) = x[static_cast<Eigen::Index>(6 + r)];
    start.place.point_mm[r] = x[static_cast<Eigen::Index>(9 + r)];
  }
  return start;
}

struct Support {
  double cost = 0;           ///< truncated squares, mm²
  std::vector<Choice> near;  ///< frames whose nearest candidate lies within near_mm
};

Support support_of(std::span<const TargetFrame> frames, const TargetStart& start) {
  Support s;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const Matrix4 to_reference = frames[f].probe_to_reference * start.image_to_probe;
    double nearest = near_mm;
    std::optional<std::size_t> which;
    for (std::size_t c = 0; c < frames[f].points.size(); ++c) {
      const ImagePoint& at = frames[f].points[c];
      const double d = norm(transform_point(to_reference, {at.u, at.v, 0}) - start.place.point_mm);
      if (d < nearest) {
        nearest = d;
        which = c;
      }
    }
    s.cost += nearest * nearest;
    if (which) s.near.push_back({f, *which});
  }
  return s;
}

bool is_expected(const TargetStart& start, std::span<const Vec3> places, double error_mm) {
  return places.empty() || std::any_of(places.begin(), places.end(), [&](Vec3 place) {
           return norm(place - start.place.point_mm) <= error_mm;
         });
}

/// Fits to its own support again and again.
void polish(std::span<const TargetFrame> frames, TargetStart& start, double& cost) {
  for (int round = 0; round < rounds; ++round) {
    const Support support = support_of(frames, start);
    if (support.near.size() < sample_frames) return;
    const std::optional<TargetStart> next = solve(frames, support.near);
    if (!next) return;
    const double next_cost = support_of(frames, *next).cost;
    if (!(next_cost < cost)) return;
    start = *next;
    cost = next_cost;
  }
}

}  // namespace

std::optional<TargetStart> start_point(std::span<const TargetFrame> frames, std::span<const Vec3> expected_mm,
                                       double expected_error_mm) {
  if (frames.size() < sample_frames) return std::nullopt;
  std::mt19937_64 random(seed);
  std::vector<std::pair<double, TargetStart>> best;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<Choice> choices;
    while (choices.size() < sample_frames) {
      Choice c{random() % frames.size(), 0};
      const auto same = [&](const Choice& other) { return other.frame == c.frame; };
      if (std::any_of(choices.begin(), choices.end(), same)) continue;
      // The strongest mostly; now and then one of the next two.
      const std::uint64_t chance = random() % 8;
      if (chance < 2) c.candidate = std::min<std::size_t>(1 + chance, frames[c.frame].points.size() - 1);
      choices.push_back(c);
    }
    const std::optional<TargetStart> start = solve(frames, choices);
    if (!start || !is_expected(*start, expected_mm, expected_error_mm)) continue;
    best.emplace_back(support_of(frames, *start).cost, *start);
    std::stable_sort(best.begin(), best.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (best.size() > promising) best.resize(promising);
  }
  if (best.empty()) return std::nullopt;
  for (auto& [cost, start] : best) polish(frames, start, cost);
  return std::min_element(best.begin(), best.end(),
                          [](const auto& a, const auto& b) { return a.first < b.first; })
      ->second;
}

}  // namespace snitt::calibration
