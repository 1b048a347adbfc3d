#include "registration/centerlines.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "registration/centerline_bend.hpp"
#include "registration/centerline_fit.hpp"
#include "registration/point_cloud.hpp"
#include "registration/pose_search.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t most_samples = 6000;
constexpr std::size_t least_samples = 10;
constexpr std::size_t refined_poses = 24;  ///< under the robust loss
constexpr std::size_t trimmed_poses = 6;

double chord_of(double spacing_mm) { return std::max(4.0, 3 * spacing_mm); }

void refuse_unfit(const Centerlines& lines, const char* role) {
  const std::string fault = std::visit([](const auto& set) { return fault_of(set); }, lines);
  if (!fault.empty()) throw InputError("the {} center lines cannot be used: {}", role, fault);
  const std::size_t nodes = std::visit([](const auto& set) { return set.size(); }, lines);
  if (nodes < 2)
    throw InputError("the {} center lines have {} {}; expected two at least", role, nodes,
                     nodes == 1 ? "node" : "nodes");
}

/// Root mean square distance of the nodes from their mean.
double radius_of(const Centerlines& lines) {
  const Tree* tree = std::get_if<Tree>(&lines);
  const std::vector<Vec3>& nodes = tree != nullptr ? tree->nodes_mm : std::get<PointSet>(lines).points_mm;
  const double share = 1 / static_cast<double>(nodes.size());
  Vec3 center;
  for (const Vec3 p : nodes) center = center + share * p;
  double squares = 0;
  for (const Vec3 p : nodes) squares += share * dot(p - center, p - center);
  return std::sqrt(squares);
}

OrientedSamples sampled(const Centerlines& lines, double spacing_mm, const CenterlineOptions& options) {
  if (const PointSet* set = std::get_if<PointSet>(&lines))
    return sample_points(*set, spacing_mm, chord_of(spacing_mm));
  OrientedSamples samples = sample_tree(std::get<Tree>(lines), spacing_mm, chord_of(spacing_mm));
  std::erase_if(samples, [&](const OrientedSample& s) { return s.radius_mm < options.least_radius_mm; });
  return samples;
}

/// Fewer samples of long trees: their number decides the time, not the precision.
OrientedSamples fitting_samples(const Centerlines& lines, const char* role, double& spacing_mm,
                                const CenterlineOptions& options) {
  OrientedSamples samples = sampled(lines, spacing_mm, options);
  if (samples.size() > most_samples) {
    spacing_mm *= static_cast<double>(samples.size()) / most_samples;
    samples = sampled(lines, spacing_mm, options);
  }
  if (samples.size() < least_samples)
    throw InputError(
        "the {} center lines give {} samples at {:.3g} mm; expected {} at least: {}", role, samples.size(),
        spacing_mm, least_samples,
        radius_of(lines) < 1 ? "millimeters (are these meters?)" : "longer lines or a smaller spacing");
  return samples;
}

bool all_know_radii(const OrientedSamples& samples) {
  return std::none_of(samples.begin(), samples.end(),
                      [](const OrientedSample& s) { return std::isnan(s.radius_mm); });
}

/// Whether `a` is the smaller set, which does not depend on which is called fixed. The number of samples
/// would call a noisy part of a tree larger than the whole, for noise makes lines longer.
bool comes_first(const OrientedSamples& a, const OrientedSamples& b) {
  constexpr double ball_mm = 5;
  const std::size_t size_a = covering_balls(a, ball_mm);
  const std::size_t size_b = covering_balls(b, ball_mm);
  if (size_a != size_b) return size_a < size_b;
  return extent_of(a).radius_mm <= extent_of(b).radius_mm;
}

PoseSearch search_of(const CenterlineOptions& options, bool radii) {
  PoseSearch search;
  search.seed = options.seed;
  search.radii = radii;
  search.best = refined_poses;
  search.most_shift_mm = options.most_shift_mm;
  search.most_turn_deg = options.most_turn_deg;
  return search;
}

std::vector<CenterlineFit> distinct_fits(std::vector<CenterlineFit> fits, const SampleExtent& extent,
                                         double distinct_mm, std::size_t most) {
  std::stable_sort(fits.begin(), fits.end(),
                   [](const CenterlineFit& a, const CenterlineFit& b) { return a.score_mm < b.score_mm; });
  std::vector<CenterlineFit> kept;
  for (const CenterlineFit& fit : fits)
    if (kept.size() < most && std::none_of(kept.begin(), kept.end(), [&](const CenterlineFit& other) {
          return pose_distance_mm(fit.pose, other.pose, extent) < distinct_mm;
        }))
      kept.push_back(fit);
  return kept;
}

/// From anywhere to the few best poses of `samples` on `target`.
std::vector<CenterlineFit> best_fits(const OrientedSamples& samples, const CenterlineTarget& target,
                                     const CenterlineOptions& options, bool radii) {
  const SampleExtent extent = extent_of(samples);
  std::vector<Matrix4> extra = perturbations(extent, 15, 15);
  const std::vector<ScoredPose> starts = search_poses(samples, target, extra, search_of(options, radii));
  std::vector<CenterlineFit> fits(starts.size());
  tbb::parallel_for(std::size_t{0}, starts.size(), [&](std::size_t i) {
    fits[i] = robust_fit(thinned(samples, 250), target, starts[i].pose, 8, 2, 25);
  });
  fits = distinct_fits(std::move(fits), extent, 5, 2 * trimmed_poses);
  tbb::parallel_for(std::size_t{0}, fits.size(), [&](std::size_t i) {
    fits[i] = trimmed_fit(thinned(samples, 500), target, fits[i].pose, options.least_share, 15);
  });
  fits = distinct_fits(std::move(fits), extent, 5, trimmed_poses);
  tbb::parallel_for(std::size_t{0}, fits.size(), [&](std::size_t i) {
    fits[i] = trimmed_fit(samples, target, fits[i].pose, options.least_share, 100);
  });
  return distinct_fits(std::move(fits), extent, 5, trimmed_poses);
}

/// Both sets as samples, and which is laid on the other.
struct Sides {
  OrientedSamples fixed;
  OrientedSamples moving;
  double fixed_spacing_mm = 0;
  double moving_spacing_mm = 0;
  MatchWeights weights;
  bool forwards = true;  ///< the fixed samples are laid on the moving lines

  const OrientedSamples& samples() const { return forwards ? fixed : moving; }
  CenterlineTarget target() const {
    return {forwards ? moving : fixed, forwards ? moving_spacing_mm : fixed_spacing_mm, weights};
  }
};

Sides sides_of(const Centerlines& fixed, const Centerlines& moving, const CenterlineOptions& options) {
  refuse_unfit(fixed, "fixed");
  refuse_unfit(moving, "moving");
  const double fixed_radius_mm = radius_of(fixed);
  const double moving_radius_mm = radius_of(moving);
  if (fixed_radius_mm > 0 && moving_radius_mm > 0) refuse_other_units(fixed_radius_mm, moving_radius_mm);
  Sides sides;
  sides.fixed_spacing_mm = options.spacing_mm;
  sides.moving_spacing_mm = options.spacing_mm;
  sides.fixed = fitting_samples(fixed, "fixed", sides.fixed_spacing_mm, options);
  sides.moving = fitting_samples(moving, "moving", sides.moving_spacing_mm, options);
  sides.weights.direction_mm = options.direction_mm;
  const bool radii = all_know_radii(sides.fixed) && all_know_radii(sides.moving);
  sides.weights.radius_mm = radii ? options.radius_mm : 0;
  sides.forwards = comes_first(sides.fixed, sides.moving);
  return sides;
}

void add_errors(const Sides& sides, const KeptMatches& kept, const std::vector<CenterlinePair>& pairs,
                const Matrix4& fixed_to_moving, CalibrationRecord& record) {
  std::vector<double> angles;
  for (const CenterlinePair& pair : pairs) angles.push_back(pair.angle_deg);
  OrientedSamples carried;
  for (const OrientedSample& sample : sides.fixed) carried.push_back(moved(fixed_to_moving, sample));
  const double near_mm =
      std::max(3 * kept.rms_mm, 2 * std::max(sides.fixed_spacing_mm, sides.moving_spacing_mm));
  std::vector<Quantity>& s = record.summary;
  s.push_back(
      plain("rms_mm", kept.rms_mm, "mm", "root mean square distance between the lines where they fit"));
  s.push_back(plain("trimmed_share", 1 - kept.kept_share, "1",
                    fmt::format("share of the {} lines that does not fit and is left out",
                                sides.forwards ? "fixed" : "moving")));
  s.push_back(plain("direction_difference_deg", statistics::root_mean_square(angles), "deg",
                    "root mean square angle between the lines where they fit"));
  s.push_back(plain("fixed_coverage", covered_share(carried, sides.moving, near_mm), "1",
                    "share of the fixed lines that has moving ones beside it"));
  s.push_back(plain("moving_coverage", covered_share(sides.moving, carried, near_mm), "1",
                    "share of the moving lines that has fixed ones beside it"));
  s.push_back(plain("coverage_distance_mm", near_mm, "mm", "what beside means"));
}

void judge_fit(const KeptMatches& kept, double spacing_mm, CalibrationRecord& record) {
  if (kept.kept_share < 0.65)
    record.reasons.push_back(fmt::format(
        "only {:.0f} % of the smaller set of lines fits; look at the lines, of which one may hold "
        "other vessels",
        100 * kept.kept_share));
  if (const double much = std::max(3.0, 2 * spacing_mm); kept.rms_mm > much)
    record.reasons.push_back(fmt::format(
        "the lines that fit are {:.2g} mm apart (root mean square); expected less than {:.2g}: they "
        "may be bent (see --model) or be other vessels",
        kept.rms_mm, much));
}

}  // namespace

CenterlineRegistration register_centerlines(const Centerlines& fixed, const Centerlines& moving,
                                            const CenterlineOptions& options) {
  const Sides sides = sides_of(fixed, moving, options);
  const OrientedSamples& samples = sides.samples();
  const CenterlineTarget target = sides.target();
  const std::vector<CenterlineFit> fits = best_fits(samples, target, options, sides.weights.radius_mm > 0);
  CenterlineRegistration result;
  for (const CenterlineFit& fit : fits)
    result.poses.push_back(
        {sides.forwards ? fit.pose : inverse(fit.pose), fit.score_mm, fit.rms_mm, fit.kept_share});
  const Matrix4 best = result.poses.front().fixed_to_moving;
  const SampleExtent extent = extent_of(sides.fixed);
  const KeptMatches kept = kept_matches(samples, target, fits.front().pose, options.least_share);
  constexpr double stretch_mm = 10;
  const std::vector<CenterlinePair> pairs =
      pairs_of(samples, kept, fits.front().pose, sides.forwards, stretch_mm);
  const PoseUncertainty uncertainty = uncertainty_of(best, pairs);
  CalibrationRecord& record = result.record;
  record.method = "trimmed-icp";
  add_pose(best, uncertainty, extent.center_mm, record);
  add_errors(sides, kept, pairs, best, record);
  judge_uncertainty(uncertainty, "the lines", record);
  add_poses(result.poses, extent, record);
  constexpr double ambiguous_ratio = 1.4;  // measured: docs/centerline-registration.md
  judge_second(result.poses, extent, ambiguous_ratio, record);
  judge_fit(kept, std::max(sides.fixed_spacing_mm, sides.moving_spacing_mm), record);
  add_covariance(uncertainty, record);
  result.step = LinearStep{best};
  if (options.bend)
    result.step = bent_map(sides.fixed, sides.moving, sides.moving_spacing_mm, sides.weights, best,
                           options.smoothing_mm, record);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return result;
}

}  // namespace snitt::registration
