#include "registration/airway_path.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "base/error.hpp"
#include "registration/centerline_fit.hpp"
#include "registration/path_model.hpp"
#include "registration/path_samples.hpp"
#include "registration/pose_search.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr std::size_t searched_poses = 40;
constexpr std::size_t walked_poses = 16;
constexpr std::size_t settled_poses = 5;

struct PathFit {
  Matrix4 pose;  ///< from the path's space to the tree's
  Walk walk;
};

OrientedSamples carried(const Matrix4& pose, const OrientedSamples& path) {
  OrientedSamples result;
  for (const OrientedSample& sample : path) result.push_back(moved(pose, sample));
  return result;
}

/// Place of the tree that a sample at a state belongs to.
Match match_at(const WalkModel& model, const OrientedSample& here, std::uint32_t state) {
  const OrientedSample& line = model.states()[state];
  const double along = dot(here.position_mm - line.position_mm, line.direction);
  const double half = model.spacing_mm() / 2;
  Match match;
  match.index = state;
  match.direction = line.direction;
  match.foot_mm = line.position_mm + std::clamp(along, -half, half) * line.direction;
  match.beside = std::abs(along) <= 2 * half;
  return match;
}

/// Trust in a sample of this cost: Geman and McClure's weights at the outliers' cost.
double trust(double cost, double most) {
  if (cost >= most) return 0;
  const double share = 1 + cost / (most / 2);
  return 1 / (share * share);
}

PathFit walked(const OrientedSamples& path, const WalkModel& model, const Matrix4& start, int rounds) {
  PathFit fit{start, {}};
  const double radius = extent_of(path).radius_mm;
  for (int round = 0; round <= rounds; ++round) {
    const OrientedSamples here = carried(fit.pose, path);
    fit.walk = model.best_walk(here);
    if (round == rounds) break;
    double step = 0;
    // the walk costs most of the time: the pose is settled for each
    for (int inner = 0; inner < 3; ++inner) {
      PoseEquations equations;
      double weights = 0;
      for (std::size_t i = 0; i < path.size(); ++i) {
        const double weight = trust(fit.walk.costs[i], model.costs().most);
        equations.center_mm = equations.center_mm + weight * transform_point(fit.pose, path[i].position_mm);
        weights += weight;
      }
      if (!(weights > 0)) return fit;
      equations.center_mm = (1 / weights) * equations.center_mm;
      for (std::size_t i = 0; i < path.size(); ++i) {
        const OrientedSample sample = moved(fit.pose, path[i]);
        const double weight = trust(fit.walk.costs[i], model.costs().most);
        if (weight > 0)
          add_equation(sample.position_mm, match_at(model, sample, fit.walk.states[i]),
                       weight / model.variance_mm2(fit.walk.states[i]), equations);
      }
      double moved_mm = 0;
      fit.pose = stepped(fit.pose, equations, radius, moved_mm);
      step += moved_mm;
    }
    if (step < 1e-3) rounds = round + 1;
  }
  return fit;
}

PoseSearch search_of(const AirwayPathOptions& options) {
  PoseSearch search;
  search.seed = options.seed;
  search.length_tolerance_mm = 6;
  search.angle_tolerance_deg = 22;
  search.source_pairs = 150;
  search.most_poses = 20000;
  search.best = searched_poses;
  search.distinct_mm = 12;
  search.score_scale_mm = 12;
  search.most_shift_mm = options.most_shift_mm;
  search.most_turn_deg = options.most_turn_deg;
  return search;
}

std::vector<PathFit> distinct(std::vector<PathFit> fits, const SampleExtent& extent, std::size_t most) {
  std::stable_sort(fits.begin(), fits.end(),
                   [](const PathFit& a, const PathFit& b) { return a.walk.mean_cost < b.walk.mean_cost; });
  std::vector<PathFit> kept;
  for (PathFit& fit : fits)
    if (kept.size() < most && std::none_of(kept.begin(), kept.end(), [&](const PathFit& other) {
          return pose_distance_mm(fit.pose, other.pose, extent) < 10;
        }))
      kept.push_back(std::move(fit));
  return kept;
}

std::vector<PathFit> best_fits(const OrientedSamples& path, const WalkModel& model,
                               const AirwayPathOptions& options) {
  MatchWeights weights;
  weights.direction_mm = 8;
  weights.signed_directions = model.costs().signed_directions;
  const CenterlineTarget target(model.states(), model.spacing_mm(), weights);
  const SampleExtent extent = extent_of(path);
  const std::vector<ScoredPose> starts =
      search_poses(path, target, perturbations(extent, 20, 20), search_of(options));
  const OrientedSamples fewer = thinned(path, 120);
  std::vector<CenterlineFit> coarse(starts.size());
  tbb::parallel_for(std::size_t{0}, starts.size(),
                    [&](std::size_t i) { coarse[i] = robust_fit(fewer, target, starts[i].pose, 15, 5, 25); });
  std::stable_sort(coarse.begin(), coarse.end(),
                   [](const CenterlineFit& a, const CenterlineFit& b) { return a.score_mm < b.score_mm; });
  std::vector<PathFit> fits;
  for (const CenterlineFit& fit : coarse)
    if (fits.size() < walked_poses && std::none_of(fits.begin(), fits.end(), [&](const PathFit& other) {
          return pose_distance_mm(fit.pose, other.pose, extent) < 10;
        }))
      fits.push_back({fit.pose, {}});
  const auto walk_all = [&](int rounds, std::size_t most) {
    tbb::parallel_for(std::size_t{0}, fits.size(),
                      [&](std::size_t i) { fits[i] = walked(path, model, fits[i].pose, rounds); });
    fits = distinct(std::move(fits), extent, most);
  };
  walk_all(2, settled_poses);
  walk_all(25, settled_poses);
  return fits;
}

std::vector<CenterlinePair> pairs_of_path(const OrientedSamples& path, const WalkModel& model,
                                          const PathFit& fit, PathSide side) {
  const Matrix4 back = inverse(fit.pose);
  std::vector<CenterlinePair> pairs;
  constexpr std::size_t samples_of_group = 7;  // some 20 mm, some seconds: of one breath
  for (std::size_t i = 0; i < path.size(); ++i) {
    const double weight = trust(fit.walk.costs[i], model.costs().most);
    if (!(weight > 0)) continue;
    const OrientedSample here = moved(fit.pose, path[i]);
    const Match match = match_at(model, here, fit.walk.states[i]);
    CenterlinePair pair;
    pair.weight = weight / model.variance_mm2(fit.walk.states[i]);
    pair.beside = match.beside;
    pair.group = i / samples_of_group;
    pair.angle_deg =
        std::acos(std::min(1.0, std::abs(dot(here.direction, match.direction)))) * 180 / std::numbers::pi;
    pair.direction =
        side == PathSide::path_is_fixed ? match.direction : transform_vector(back, match.direction);
    pair.fixed_mm = side == PathSide::path_is_fixed ? path[i].position_mm : match.foot_mm;
    pair.moving_mm = side == PathSide::path_is_fixed ? match.foot_mm : path[i].position_mm;
    pairs.push_back(pair);
  }
  return pairs;
}

double rms_of(const OrientedSamples& path, const WalkModel& model, const PathFit& fit) {
  std::vector<double> distances;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (fit.walk.costs[i] >= model.costs().most) continue;
    const OrientedSample here = moved(fit.pose, path[i]);
    distances.push_back(norm(here.position_mm - match_at(model, here, fit.walk.states[i]).foot_mm));
  }
  return distances.empty() ? std::nan("") : statistics::root_mean_square(distances);
}

double kept_share(const WalkModel& model, const PathFit& fit) {
  const auto kept = std::count_if(fit.walk.costs.begin(), fit.walk.costs.end(),
                                  [&](double cost) { return cost < model.costs().most; });
  return static_cast<double>(kept) / static_cast<double>(fit.walk.costs.size());
}

/// Which branches the path went through, in the order of the tree.
Table branch_table(const Tree& tree, const WalkModel& model, const PathFit& fit) {
  std::vector<std::int64_t> samples(tree.branch_list.size(), 0);
  for (std::size_t i = 0; i < fit.walk.states.size(); ++i) {
    const std::int32_t line = model.states()[fit.walk.states[i]].line;
    if (fit.walk.costs[i] < model.costs().most && line < static_cast<std::int32_t>(samples.size()))
      ++samples[static_cast<std::size_t>(line)];
  }
  std::vector<std::int64_t> branch;
  std::vector<std::int64_t> generation;
  std::vector<std::int64_t> count;
  std::vector<std::string> label;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i] == 0) continue;
    branch.push_back(static_cast<std::int64_t>(i));
    generation.push_back(tree.branch_list[i].generation);
    count.push_back(samples[i]);
    label.push_back(tree.branch_list[i].label);
  }
  return {{{"branch", "1", "of the tree that the path went through", branch},
           {"label", "", "its name", label},
           {"generation", "1", "0 for the trachea", generation},
           {"samples", "1", "of the thinned path in it", count}}};
}

void judge_path(double kept, CalibrationRecord& record) {
  if (kept < 0.6)
    record.reasons.push_back(
        fmt::format("only {:.0f} % of the path fits the tree; look at the path, and whether all airways it "
                    "went through are "
                    "in the tree",
                    100 * kept));
}

}  // namespace

PathRegistration register_path(const TrackedPath& tracked, const Tree& tree, PathSide side,
                               const AirwayPathOptions& options) {
  const OrientedSamples path = sample_path(tracked, options.step_mm);
  const WalkModel model(airway_states(tree, options.step_mm, options.least_radius_mm), options.step_mm,
                        {options.error_mm, options.direction_deg, !tracked.directions.empty()});
  const std::vector<PathFit> fits = best_fits(path, model, options);
  PathRegistration result;
  for (const PathFit& fit : fits)
    result.poses.push_back({side == PathSide::path_is_fixed ? fit.pose : inverse(fit.pose),
                            fit.walk.mean_cost, rms_of(path, model, fit), kept_share(model, fit)});
  result.fixed_to_moving = result.poses.front().fixed_to_moving;
  const PathFit& best = fits.front();
  const std::vector<CenterlinePair> pairs = pairs_of_path(path, model, best, side);
  if (pairs.size() < least_path_samples)
    throw ComputationError("only {} samples of the path fit the tree in the best pose; expected {} at least",
                           pairs.size(), least_path_samples);
  const PoseUncertainty uncertainty = uncertainty_of(result.fixed_to_moving, pairs);
  const SampleExtent extent = extent_of(side == PathSide::path_is_fixed ? path : model.states());
  CalibrationRecord& record = result.record;
  record.method = "airway-path";
  add_pose(result.fixed_to_moving, uncertainty, extent.center_mm, record);
  std::vector<double> angles;
  for (const CenterlinePair& pair : pairs) angles.push_back(pair.angle_deg);
  const Table branches = branch_table(tree, model, best);
  record.summary.push_back(
      plain("rms_mm", result.poses.front().rms_mm, "mm",
            "root mean square distance of the path from the center lines where it fits"));
  record.summary.push_back(plain("path_samples", static_cast<double>(path.size()), "1", "after thinning"));
  record.summary.push_back(plain("outlier_share", 1 - result.poses.front().kept_share, "1",
                                 "share of the path that fits no way through the tree"));
  record.summary.push_back(plain("direction_difference_deg", statistics::root_mean_square(angles), "deg",
                                 "root mean square angle between path and center lines"));
  record.summary.push_back(
      plain("branches", static_cast<double>(branches.rows()), "1", "that the path went through"));
  record.summary.push_back(plain("tree_coverage",
                                 covered_share(model.states(), carried(best.pose, path), 2 * options.step_mm),
                                 "1", "share of the tree that the path went along"));
  record.summary.push_back(plain("mean_cost", best.walk.mean_cost, "1", "of a sample; 9 is an outlier"));
  judge_uncertainty(uncertainty, "the airways of the path", record);
  add_poses(result.poses, extent, record);
  constexpr double ambiguous_ratio = 1.35;  // measured: docs/centerline-registration.md
  judge_second(result.poses, extent, ambiguous_ratio, record);
  judge_path(result.poses.front().kept_share, record);
  record.tables.emplace_back("branches", branches);
  add_covariance(uncertainty, record);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return result;
}

}  // namespace snitt::registration
