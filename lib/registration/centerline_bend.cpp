#include "registration/centerline_bend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "base/error.hpp"
#include "geometry/thin_plate_fit.hpp"
#include "registration/centerline_fit.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t most_landmarks = 250;  // the equations grow with the third power
constexpr std::size_t least_landmarks = 10;

struct Landmarks {
  std::vector<Vec3> fixed_mm;
  std::vector<Vec3> moving_mm;
};

/// A map from fixed to moving, of places and of directions.
using Map = std::function<Vec3(Vec3)>;

OrientedSample carried(const Map& map, const OrientedSample& sample) {
  constexpr double step_mm = 0.5;
  OrientedSample result = sample;
  result.position_mm = map(sample.position_mm);
  const Vec3 ahead = map(sample.position_mm + step_mm * sample.direction) - result.position_mm;
  if (norm(ahead) > 0) result.direction = (1 / norm(ahead)) * ahead;
  return result;
}

/// One landmark per stretch: the means of its samples and of their partners.
Landmarks landmarks_of(const OrientedSamples& fixed, const CenterlineTarget& target, const Map& map,
                       double reach_mm, double stretch_mm) {
  Landmarks landmarks;
  Vec3 from;
  Vec3 to;
  std::size_t count = 0;
  double run_mm = 0;
  const auto finish = [&] {
    if (count > 0) {
      landmarks.fixed_mm.push_back((1.0 / static_cast<double>(count)) * from);
      landmarks.moving_mm.push_back((1.0 / static_cast<double>(count)) * to);
    }
    from = to = {};
    count = 0;
    run_mm = 0;
  };
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (i > 0) run_mm += norm(fixed[i].position_mm - fixed[i - 1].position_mm);
    if (run_mm > stretch_mm || (i > 0 && fixed[i].line != fixed[i - 1].line && run_mm > stretch_mm / 2))
      finish();
    const OrientedSample here = carried(map, fixed[i]);
    const Match match = target.match(here);
    const Vec3 way = match.foot_mm - here.position_mm;
    if (!match.beside || norm(way) > reach_mm || match.unlikeness_mm2 > reach_mm * reach_mm) continue;
    // along the line a sample may stay where it is
    const Vec3 across = way - dot(way, match.direction) * match.direction;
    from = from + fixed[i].position_mm;
    to = to + here.position_mm + across;
    ++count;
  }
  finish();
  return landmarks;
}

double length_of(const OrientedSamples& samples) {
  double length = 0;
  for (std::size_t i = 1; i < samples.size(); ++i)
    if (samples[i].line == samples[i - 1].line)
      length += norm(samples[i].position_mm - samples[i - 1].position_mm);
  return length > 0 ? length : static_cast<double>(samples.size());
}

std::vector<double> distances_of(const OrientedSamples& fixed, const CenterlineTarget& target, const Map& map,
                                 double reach_mm) {
  std::vector<double> distances;
  for (const OrientedSample& sample : fixed) {
    const OrientedSample here = carried(map, sample);
    const Match match = target.match(here);
    if (const double d = norm(match.foot_mm - here.position_mm); match.beside && d <= reach_mm)
      distances.push_back(d);
  }
  return distances;
}

}  // namespace

ThinPlateStep bent_map(const OrientedSamples& fixed, const OrientedSamples& moving, double moving_spacing_mm,
                       const MatchWeights& weights, const Matrix4& rigid, double smoothing_mm,
                       CalibrationRecord& record) {
  const CenterlineTarget target(moving, moving_spacing_mm, weights);
  const double stretch_mm = std::max(5.0, length_of(fixed) / static_cast<double>(most_landmarks));
  Map map = [&rigid](Vec3 p) { return transform_point(rigid, p); };
  const std::vector<double> before = distances_of(fixed, target, map, 1e9);
  const double reach_mm = std::max(5.0, 3 * statistics::median(before));
  const double rigid_rms_mm = statistics::root_mean_square(distances_of(fixed, target, map, reach_mm));
  std::optional<ThinPlateFit> fit;
  constexpr int rounds = 10;
  for (int round = 0; round < rounds; ++round) {
    const Landmarks landmarks = landmarks_of(fixed, target, map, reach_mm, stretch_mm);
    if (landmarks.fixed_mm.size() < least_landmarks)
      throw ComputationError(
          "a spline wants {} stretches of line that fit, and {} do; expected a rigid map or longer lines",
          least_landmarks, landmarks.fixed_mm.size());
    fit.emplace(landmarks.fixed_mm, landmarks.moving_mm, std::vector<double>{}, smoothing_mm);
    map = [&fit](Vec3 p) { return fit->map(p); };
  }
  const double rms_mm = statistics::root_mean_square(distances_of(fixed, target, map, reach_mm));
  record.method = "trimmed-icp, thin-plate spline";
  record.summary.push_back(plain("spline_landmarks", static_cast<double>(fit->landmarks().size()), "1",
                                 "stretches of line that the spline goes by"));
  record.summary.push_back(plain("spline_smoothing_mm", smoothing_mm, "mm", "stiffness of the spline"));
  record.summary.push_back(plain("unbent_rms_mm", rigid_rms_mm, "mm",
                                 "root mean square distance of the lines under the rigid map, within reach"));
  record.summary.push_back(plain("bent_rms_mm", rms_mm, "mm", "the same under the spline"));
  record.summary.push_back(plain("spline_leave_one_out_rms_mm", fit->leave_one_out_rms_mm(), "mm",
                                 "distance of each stretch from where the spline of the others puts it"));
  const double least = fit->least_determinant(12);
  record.summary.push_back(
      plain("spline_least_determinant", least, "1", "smallest volume ratio: below 0 the map folds"));
  if (least <= 0) record.reasons.push_back("the spline folds space; take a larger --smoothing-mm");
  return {fit->matrix(), fit->landmarks(), fit->weights()};
}

}  // namespace snitt::registration
