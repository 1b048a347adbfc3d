#include "calibration/landmark_matching.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "geometry/rigid_fit.hpp"

namespace snitt::calibration {
namespace {

using Triple = std::array<std::size_t, 3>;

/// Rigid fit of pairs, nothing where they do not determine one.
std::optional<RigidFit> fit(std::span<const Vec3> landmarks, std::span<const Vec3> points,
                            const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  for (const auto& [l, p] : pairs) {
    from.push_back(landmarks[l]);
    to.push_back(points[p]);
  }
  // Measured points never lie exactly on a line: their landmarks decide.
  const Vec3 extent = principal_extents(from);
  if (extent.y < 0.02 * extent.x) return std::nullopt;
  try {
    return fit_rigid(from, to);
  } catch (const ComputationError&) {
    return std::nullopt;
  }
}

/// Each landmark with the nearest point within the tolerance that no other landmark is nearer to.
std::vector<std::pair<std::size_t, std::size_t>> pairs_of(const Matrix4& placed,
                                                          std::span<const Vec3> landmarks,
                                                          std::span<const Vec3> points, double tolerance) {
  struct Candidate {
    double distance;
    std::size_t landmark;
    std::size_t point;
  };
  std::vector<Candidate> candidates;
  for (std::size_t l = 0; l < landmarks.size(); ++l) {
    const Vec3 place = transform_point(placed, landmarks[l]);
    for (std::size_t p = 0; p < points.size(); ++p)
      if (const double d = norm(place - points[p]); d < tolerance) candidates.push_back({d, l, p});
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.distance < b.distance; });
  std::vector<bool> landmark_taken(landmarks.size());
  std::vector<bool> point_taken(points.size());
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const Candidate& c : candidates) {
    if (landmark_taken[c.landmark] || point_taken[c.point]) continue;
    landmark_taken[c.landmark] = point_taken[c.point] = true;
    pairs.emplace_back(c.landmark, c.point);
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

/// Grows a match of three to all that fit with it.
std::optional<Assignment> grown(std::span<const Vec3> landmarks, std::span<const Vec3> points,
                                std::vector<std::pair<std::size_t, std::size_t>> pairs, double tolerance) {
  std::optional<RigidFit> rigid = fit(landmarks, points, pairs);
  for (int round = 0; round < 5 && rigid; ++round) {
    // Three points extrapolate badly: the first look is generous.
    auto next = pairs_of(rigid->matrix, landmarks, points, (round == 0 ? 2 : 1) * tolerance);
    if (next == pairs && round > 0) break;
    pairs = std::move(next);
    if (pairs.size() < 3) return std::nullopt;
    rigid = fit(landmarks, points, pairs);
  }
  if (!rigid) return std::nullopt;
  if (*std::max_element(rigid->residual_mm.begin(), rigid->residual_mm.end()) > tolerance)
    return std::nullopt;
  return Assignment{std::move(pairs), rigid->rms_mm};
}

bool better(const Assignment& a, const Assignment& b) {
  if (a.pairs.size() != b.pairs.size()) return a.pairs.size() > b.pairs.size();
  return a.rms_mm != b.rms_mm ? a.rms_mm < b.rms_mm : a.pairs < b.pairs;
}

void keep(std::vector<Assignment>& all, Assignment assignment) {
  constexpr std::size_t most = 50;
  for (const Assignment& known : all)
    if (known.pairs == assignment.pairs) return;
  all.insert(std::upper_bound(all.begin(), all.end(), assignment, better), std::move(assignment));
  if (all.size() > most) all.pop_back();
}

}  // namespace

std::vector<Assignment> match_by_geometry(std::span<const Vec3> landmarks, std::span<const Vec3> points,
                                          double tolerance) {
  std::vector<Assignment> all;
  const auto distance_fits = [&](std::size_t l1, std::size_t l2, std::size_t p1, std::size_t p2) {
    return std::abs(norm(landmarks[l1] - landmarks[l2]) - norm(points[p1] - points[p2])) < 2 * tolerance;
  };
  for (std::size_t a = 0; a < points.size(); ++a)
    for (std::size_t b = a + 1; b < points.size(); ++b)
      for (std::size_t la = 0; la < landmarks.size(); ++la)
        for (std::size_t lb = 0; lb < landmarks.size(); ++lb) {
          if (la == lb || !distance_fits(la, lb, a, b)) continue;
          for (std::size_t c = b + 1; c < points.size(); ++c)
            for (std::size_t lc = 0; lc < landmarks.size(); ++lc) {
              if (lc == la || lc == lb || !distance_fits(la, lc, a, c) || !distance_fits(lb, lc, b, c))
                continue;
              if (auto found = grown(landmarks, points, {{la, a}, {lb, b}, {lc, c}}, tolerance))
                keep(all, std::move(*found));
            }
        }
  return all;
}

}  // namespace snitt::calibration
