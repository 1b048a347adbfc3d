#include "calibration/surface_start.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "base/error.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

using Vector3 = Eigen::Vector3d;
using Matrix3 = Eigen::Matrix3d;

Vector3 eigen(Vec3 v) { return {v.x, v.y, v.z}; }

struct Flatness {
  Vec3 center;
  Vec3 normal;
  double thickness_mm = 0;
  double width_mm = 0;  ///< the lesser of the two in the plane
  double share = 0;     ///< of the samples that are near it
};

/// Principal plane of the samples within `gate_mm` of a plane.
Flatness flatness(const std::vector<Vec3>& tips, std::size_t first, std::size_t last, const Flatness& near,
                  double gate_mm) {
  std::vector<Vector3> members;
  for (std::size_t k = first; k <= last; ++k)
    if (std::abs(dot(tips[k] - near.center, near.normal)) < gate_mm) members.push_back(eigen(tips[k]));
  const double count = std::max<double>(1, static_cast<double>(members.size()));
  Vector3 mean = Vector3::Zero();
  for (const Vector3& m : members) mean += m / count;
  Matrix3 scatter = Matrix3::Zero();
  for (const Vector3& m : members) scatter += (m - mean) * (m - mean).transpose() / count;
  const Eigen::SelfAdjointEigenSolver<Matrix3> solver(scatter);
  const Vector3 normal = solver.eigenvectors().col(0);
  return {{mean[0], mean[1], mean[2]},
          {normal[0], normal[1], normal[2]},
          std::sqrt(std::max(0.0, solver.eigenvalues()[0])),
          std::sqrt(std::max(0.0, solver.eigenvalues()[1])),
          static_cast<double>(members.size()) / static_cast<double>(last - first + 1)};
}

/// Plane of most samples, whatever a few of them do: of planes through three samples the one with the
/// smallest median distance, then the principal plane of those near it.
Flatness robust_plane(const std::vector<Vec3>& tips, std::size_t first, std::size_t last) {
  constexpr double gate_mm = 1.5;
  const std::size_t count = last - first + 1;
  Flatness best;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < count; k += count / 30 + 1) {
    const Vec3 a = tips[first + k];
    const Vec3 b = tips[first + (k + count / 3) % count];
    const Vec3 c = tips[first + (k + 2 * count / 3) % count];
    const Vec3 normal = unit(cross(b - a, c - a));
    if (!(norm(normal) > 0.5)) continue;
    std::vector<double> distance;
    for (std::size_t i = first; i <= last; ++i) distance.push_back(std::abs(dot(tips[i] - a, normal)));
    const double median = statistics::median(distance);
    if (median >= least) continue;
    least = median;
    best = {a, normal};
  }
  for (int round = 0; round < 3; ++round) best = flatness(tips, first, last, best, gate_mm);
  return best;
}

/// Ways to lay three measured normals on three of the phantom: signs and rotation.
std::vector<Matrix3> rotations(const std::array<Vector3, 3>& measured, const std::array<Vector3, 3>& known) {
  std::vector<Matrix3> result;
  const Matrix3 from = (Matrix3() << known[0], known[1], known[2]).finished();
  for (int signs = 0; signs < 8; ++signs) {
    Matrix3 to;
    for (int k = 0; k < 3; ++k)
      to.col(k) = ((signs >> k) & 1 ? -1.0 : 1.0) * measured[static_cast<std::size_t>(k)];
    constexpr double cosine = 0.09;  // 5 degrees
    if ((to.transpose() * to - from.transpose() * from).cwiseAbs().maxCoeff() > cosine) continue;
    if (to.determinant() * from.determinant() < 0) continue;
    const Eigen::JacobiSVD<Matrix3> svd(to * from.transpose(), Eigen::ComputeFullU | Eigen::ComputeFullV);
    result.push_back(svd.matrixU() * svd.matrixV().transpose());
  }
  return result;
}

Matrix4 matrix_of(const Matrix3& rotation, const Vector3& shift) {
  Matrix4 m;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) m(static_cast<std::size_t>(r), static_cast<std::size_t>(c)) = rotation(r, c);
    m(static_cast<std::size_t>(r), 3) = shift[r];
  }
  return m;
}

struct Placed {
  Matrix4 matrix;
  std::size_t score = 0;
};

std::size_t score_of(const Matrix4& placed, const std::vector<Vec3>& sample,
                     const std::vector<SurfaceObject>& objects, double margin_mm) {
  const Matrix4 back = inverse(placed);
  std::size_t on = 0;
  for (const Vec3 tip : sample) {
    const Vec3 p = transform_point(back, tip);
    on += std::any_of(objects.begin(), objects.end(),
                      [&](const SurfaceObject& o) {
                        return o.kind != SurfaceKind::point && o.distance_mm(p, margin_mm) < 2;
                      })
              ? 1
              : 0;
  }
  return on;
}

/// All ways to place three stretches on three planes.
void place(const std::array<FlatStretch, 3>& stretches, const std::vector<SurfaceObject>& objects,
           const std::vector<Vec3>& sample, double margin_mm, std::vector<Placed>& all) {
  std::array<Vector3, 3> measured;
  for (std::size_t k = 0; k < 3; ++k) measured[k] = eigen(stretches[k].normal);
  if (std::abs(measured[0].cross(measured[1]).dot(measured[2])) < 0.3) return;
  std::vector<const SurfaceObject*> planes;
  for (const SurfaceObject& o : objects)
    if (o.kind == SurfaceKind::plane) planes.push_back(&o);
  for (const SurfaceObject* a : planes)
    for (const SurfaceObject* b : planes)
      for (const SurfaceObject* c : planes) {
        if (a == b || b == c || a == c) continue;
        const std::array<const SurfaceObject*, 3> chosen{a, b, c};
        const std::array<Vector3, 3> known{eigen(a->axis[2]), eigen(b->axis[2]), eigen(c->axis[2])};
        for (const Matrix3& rotation : rotations(measured, known)) {
          // n_k · (c_k - t) = n_k · (R p_k) for a point p_k of plane k, n_k its turned normal.
          Matrix3 left;
          Vector3 right;
          for (int k = 0; k < 3; ++k) {
            const auto i = static_cast<std::size_t>(k);
            const Vector3 n = rotation * known[i];
            left.row(k) = n.transpose();
            right[k] = n.dot(eigen(stretches[i].center_mm) - rotation * eigen(chosen[i]->center_mm));
          }
          const Matrix4 placed = matrix_of(rotation, left.fullPivLu().solve(right));
          all.push_back({placed, score_of(placed, sample, objects, margin_mm)});
        }
      }
}

}  // namespace

namespace {

/// A slow path to and fro is almost a line at first: longer beginnings are tried too.
constexpr std::array<std::size_t, 3> seed_samples{20, 40, 80};

/// The longest stretch from `first` on that stays in one plane; nothing when its first samples do not.
std::optional<FlatStretch> flat_from(const std::vector<Vec3>& tips, std::size_t first, std::size_t samples) {
  constexpr std::size_t least = 30;
  std::size_t last = first + samples - 1;
  Flatness plane = robust_plane(tips, first, last);
  const auto flat = [&] { return plane.share > 0.75 && plane.thickness_mm < 1; };
  if (!flat() || plane.width_mm < 2) return std::nullopt;
  // Single outliers do not end a stretch; three samples off in a row do.
  for (std::size_t k = last + 1; k < tips.size() && k <= last + 3; ++k) {
    if (std::abs(dot(tips[k] - plane.center, plane.normal)) > 1.5) continue;
    last = k;
    if ((last - first) % 5 == 0) plane = flatness(tips, first, last, plane, 1.5);
  }
  plane = robust_plane(tips, first, last);
  if (last - first + 1 < least || !flat() || plane.width_mm < 5) return std::nullopt;
  return FlatStretch{first, last, plane.center, plane.normal};
}

}  // namespace

std::vector<FlatStretch> find_flat_stretches(const std::vector<Vec3>& tips) {
  std::vector<FlatStretch> found;
  for (const std::size_t samples : seed_samples)
    for (std::size_t first = 0; first + samples <= tips.size(); first += 5)
      if (const auto stretch = flat_from(tips, first, samples)) found.push_back(*stretch);
  std::stable_sort(found.begin(), found.end(), [](const FlatStretch& a, const FlatStretch& b) {
    return a.last - a.first > b.last - b.first;
  });
  // The longest that has a sample is right about it: a way between two planes may lie in a third.
  std::vector<FlatStretch> stretches;
  for (const FlatStretch& s : found)
    if (std::none_of(stretches.begin(), stretches.end(),
                     [&](const FlatStretch& t) { return s.first <= t.last && t.first <= s.last; }))
      stretches.push_back(s);
  return stretches;
}

namespace {

/// The middle of every `count` samples, in each coordinate: an outlier among them has no say.
std::vector<Vec3> in_blocks(const std::vector<Vec3>& tips, std::size_t count) {
  std::vector<Vec3> middles;
  for (std::size_t first = 0; first + count <= tips.size(); first += count) {
    Vec3 middle;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      std::vector<double> values;
      for (std::size_t k = 0; k < count; ++k) values.push_back(tips[first + k][axis]);
      middle[axis] = statistics::median(values);
    }
    middles.push_back(middle);
  }
  return middles;
}

/// Stretches are found in windows of samples, which must cover some way whatever the tracker's rate: the path
/// in the shortest blocks that are mostly `step_mm` apart.
std::vector<Vec3> at_steps_of(double step_mm, const std::vector<Vec3>& tips) {
  for (std::size_t count = 1;; count *= 2) {
    const std::vector<Vec3> path = in_blocks(tips, count);
    std::vector<double> steps;
    for (std::size_t k = 1; k < path.size(); ++k) steps.push_back(norm(path[k] - path[k - 1]));
    // A path that hardly moves has no more to give than some hundred blocks.
    if (path.size() < 400 || statistics::median(steps) >= step_mm) return path;
  }
}

}  // namespace

Matrix4 find_start(const std::vector<Vec3>& all_tips, const PhantomDefinition& phantom, double margin_mm) {
  const std::vector<Vec3> tips = at_steps_of(2, all_tips);
  const std::vector<SurfaceObject> objects = surface_objects(phantom);
  const std::vector<FlatStretch> stretches = find_flat_stretches(tips);
  // All of the path has a say in which way is best, also where it is on lines and small planes.
  std::vector<Vec3> sample;
  for (std::size_t k = 0; k < tips.size(); k += tips.size() / 500 + 1) sample.push_back(tips[k]);
  std::vector<Vec3> flat;
  for (const FlatStretch& s : stretches)
    for (std::size_t k = s.first; k <= s.last; k += (s.last - s.first) / 40 + 1) flat.push_back(tips[k]);
  std::vector<Placed> all;
  const std::size_t most = std::min<std::size_t>(stretches.size(), 6);
  for (std::size_t a = 0; a < most; ++a)
    for (std::size_t b = a + 1; b < most; ++b)
      for (std::size_t c = b + 1; c < most; ++c)
        place({stretches[a], stretches[b], stretches[c]}, objects, sample, margin_mm, all);
  if (all.empty())
    throw ComputationError(
        "{} flat stretches of the path, and no three of them lie like three planes of phantom '{}'; expected "
        "the tip "
        "to be moved to and fro on at least three planes in different directions",
        stretches.size(), phantom.name);
  const Placed best = *std::max_element(all.begin(), all.end(),
                                        [](const Placed& a, const Placed& b) { return a.score < b.score; });
  if (const std::size_t on = score_of(best.matrix, flat, objects, margin_mm); 2 * on < flat.size())
    throw ComputationError(
        "only {} of {} samples of flat stretches come to lie on planes of phantom '{}'; expected most (is it "
        "this "
        "phantom?)",
        on, flat.size(), phantom.name);
  const Vec3 middle = transform_point(inverse(best.matrix), sample.front());
  for (const Placed& other : all) {
    if (static_cast<double>(other.score) < 0.95 * static_cast<double>(best.score)) continue;
    const double turned = angle_between(other.matrix, best.matrix) * 180 / std::numbers::pi;
    const double moved = norm(transform_point(other.matrix, middle) - transform_point(best.matrix, middle));
    if (turned > 10 || moved > 10)
      throw ComputationError(
          "the path fits the planes of phantom '{}' in more than one way, {:.0f} degrees and {:.0f} mm apart "
          "(its "
          "planes are symmetrical); expected a rough placement",
          phantom.name, turned, moved);
  }
  return best.matrix;
}

}  // namespace snitt::calibration
