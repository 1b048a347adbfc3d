#include "calibration/landmark_detection.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "calibration/resting.hpp"
#include "geometry/tip_frame.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

struct Visit {
  Vec3 place_mm;
  double from_s = 0;
  double to_s = 0;
  double spread_mm = 0;
  double swivel_deg = 0;
  std::size_t poses = 0;
};

/// Location of points around `start` with Cauchy's weights, their scale from the data.
Vec3 robust_mean(const std::vector<Vec3>& points, Vec3 start) {
  Vec3 place = start;
  for (int round = 0; round < 20; ++round) {
    std::vector<double> distance;
    for (const Vec3 p : points) distance.push_back(norm(p - place));
    const double scale = std::max(2.4 * statistics::median(distance), 1e-9);
    Vec3 sum;
    double weights = 0;
    for (std::size_t k = 0; k < points.size(); ++k) {
      const double w = 1 / (1 + std::pow(distance[k] / scale, 2));
      sum = sum + w * points[k];
      weights += w;
    }
    place = (1 / weights) * sum;
  }
  return place;
}

/// Largest angle between two directions of the shaft, of at most fifty poses.
double swivel_deg(const TrackedPoses& tip, const std::vector<std::size_t>& members) {
  std::vector<Vec3> shafts;
  for (std::size_t k = 0; k < members.size(); k += members.size() / 50 + 1)
    shafts.push_back(transform_vector(tip.matrix[members[k]], {0, 0, 1}));
  double widest = 0;
  for (const Vec3 a : shafts)
    for (const Vec3 b : shafts) widest = std::max(widest, angle_between(a, b));
  return widest * 180 / std::numbers::pi;
}

Visit visit_of(const TrackedPoses& tip, const std::vector<Vec3>& path, const Rest& rest) {
  std::vector<Vec3> points;
  for (const std::size_t k : rest.members) points.push_back(path[k]);
  Visit v;
  v.place_mm = robust_mean(points, rest.place_mm);
  v.from_s = tip.time_s[rest.first];
  v.to_s = tip.time_s[rest.last];
  v.poses = points.size();
  std::vector<double> distance;
  for (const Vec3 p : points) distance.push_back(norm(p - v.place_mm));
  v.spread_mm = statistics::root_mean_square(distance);
  v.swivel_deg = swivel_deg(tip, rest.members);
  return v;
}

void add(TouchedPoint& point, const Visit& v) {
  const auto before = static_cast<double>(point.visits);
  point.place_mm = (1 / (before + 1)) * (before * point.place_mm + v.place_mm);
  if (point.visits == 0) {
    point.from_s = v.from_s;
    point.to_s = v.to_s;
  }
  const auto poses = static_cast<double>(point.poses);
  const auto more = static_cast<double>(v.poses);
  point.spread_mm = std::sqrt((poses * point.spread_mm * point.spread_mm + more * v.spread_mm * v.spread_mm) /
                              (poses + more));
  point.poses += v.poses;
  ++point.visits;
  point.swivel_deg = std::max(point.swivel_deg, v.swivel_deg);
  point.visit_mm.push_back(v.place_mm);
}

/// Shortest number of samples that lasts `time_s`, from the median distance of samples in time.
std::size_t samples_for(const TrackedPoses& tip, double time_s) {
  std::vector<double> steps;
  for (std::size_t k = 1; k < tip.size(); ++k) steps.push_back(tip.time_s[k] - tip.time_s[k - 1]);
  const double step = steps.empty() ? 0 : statistics::median(steps);
  constexpr std::size_t least = 3;
  if (!(step > 0)) return least;
  return std::max(least, static_cast<std::size_t>(std::ceil(time_s / step)));
}

}  // namespace

std::vector<TouchedPoint> find_touched_points(const TrackedPoses& tip, const DetectionOptions& options) {
  std::vector<Vec3> path;
  for (const Matrix4& pose : tip.matrix) path.push_back(transform_point(pose, {}));
  // A rest loses five samples at each end where the tip arrives and sets off; a third of the time must stay.
  const std::size_t whole = samples_for(tip, options.minimum_time_s);
  const std::size_t minimum = std::max<std::size_t>(3, whole > 10 ? whole - 10 : whole / 3);
  std::vector<TouchedPoint> points;
  std::size_t still = 0;
  for (const Rest& rest : find_rests(path, options.tolerance_mm, minimum)) {
    const Visit v = visit_of(tip, path, rest);
    if (v.swivel_deg < options.swivel_deg) {
      ++still;
      continue;
    }
    const auto known = std::find_if(points.begin(), points.end(), [&](const TouchedPoint& p) {
      return norm(p.place_mm - v.place_mm) < options.merge_mm;
    });
    add(known == points.end() ? points.emplace_back() : *known, v);
  }
  if (points.empty())
    throw ComputationError(
        "the tip rests nowhere within {:g} mm for {:g} s{}; expected the landmarks to be touched one after "
        "the other "
        "(hold longer, or allow more)",
        options.tolerance_mm, options.minimum_time_s,
        still == 0 ? ""
                   : fmt::format(" while the shaft turns by {:g} degrees ({} rests without)",
                                 options.swivel_deg, still));
  return points;
}

}  // namespace snitt::calibration
