#include "image_registration/deformable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "image_registration/bending_energy.hpp"
#include "image_registration/deformable_record.hpp"
#include "image_registration/discrete.hpp"
#include "image_registration/lbfgs.hpp"
#include "image_registration/level_images.hpp"

namespace snitt::image_registration {
namespace {

/// The field so far: a spline on the grid of the level that it was last refined on.
struct Field {
  SplineGrid grid;
  Coefficients coefficients;
};

std::string box_text(const VolumeGeometry& geometry, const Matrix4& to_space) {
  Vec3 low{1e300, 1e300, 1e300};
  Vec3 high{-1e300, -1e300, -1e300};
  const Matrix4 place = to_space * index_to_space(geometry);
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (((corner >> axis) & 1) != 0) index[axis] = static_cast<double>(geometry.size[axis] - 1);
    const Vec3 p = transform_point(place, index);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], p[axis]);
      high[axis] = std::max(high[axis], p[axis]);
    }
  }
  return fmt::format("({:.1f}, {:.1f}, {:.1f}) to ({:.1f}, {:.1f}, {:.1f}) mm", low.x, low.y, low.z, high.x,
                     high.y, high.z);
}

void refuse_no_overlap(const ImagePair& pair, const Matrix4& start, const Domain& whole,
                       const Domain& reached) {
  constexpr double least = 500;  // voxels of the coarsest level: nothing can be registered by fewer
  if (reached.voxels >= std::min(least, 0.1 * whole.voxels) && reached.voxels > 0) return;
  throw InputError(
      "the images do not overlap: {:.0f} of {:.0f} voxels of the fixed image (in its mask, at the coarsest "
      "level) "
      "land in the moving image (in its mask); the fixed image spans {}, after the start, and the moving "
      "image {}; "
      "expected most of them to overlap (give a start, or check the masks)",
      reached.voxels, whole.voxels, box_text(pair.fixed.geometry, start), box_text(pair.moving.geometry, {}));
}

double loss_of(const LevelImages& images, const Domain& domain, const Field& field, const Matrix4& start,
               DeformableMetric metric, double window_mm) {
  Warped warped;
  SplineWarp(field.grid, domain, images.moving, start).warp(field.coefficients, warped);
  std::vector<std::vector<float>> derivatives(images.moving.channels.size(),
                                              std::vector<float>(images.fixed.values.size()));
  return similarity_of(images, domain, metric, window_mm)(warped, derivatives);
}

Field no_field(const VolumeGeometry& image, double control_mm) {
  Field field{spline_grid(image, control_mm), {}};
  field.coefficients.assign(3 * field.grid.points(), 0.0);
  return field;
}

/// LC2 where the moving image's gradient explains much that its values do not, else the local correlation.
/// Asked of images that are aligned coarsely (by LC2): before that, neither explains what it could.
DeformableMetric chosen_metric(LevelImages images, const Field& field, const Matrix4& start, double window_mm,
                               Monitor& monitor) {
  constexpr double much =
      1.3;  // between same-modality pairs and ultrasound to MR: deformable-registration.md
  const Domain domain =
      SplineWarp(field.grid, images.domain, images.moving, start).reached(field.coefficients);
  const double both = 1 - loss_of(images, domain, field, start, DeformableMetric::lc2, window_mm);
  images.moving.channels.resize(1);
  const double alone =
      1 - loss_of(images, domain, field, start, DeformableMetric::local_correlation, window_mm);
  monitor.detail(fmt::format("explained by values {:.3f}, with the gradient {:.3f}", alone, both));
  return both > much * alone ? DeformableMetric::lc2 : DeformableMetric::local_correlation;
}

/// Refines the field at one resolution.
LevelOutcome refine(const LevelImages& images, const Domain& domain, const DeformableLevel& level,
                    const DeformablePlan& plan, DeformableMetric metric, const Matrix4& start, Field& field) {
  const SplineWarp warp(field.grid, domain, images.moving, start);
  const BendingEnergy bending(field.grid);
  const Similarity similarity = similarity_of(images, domain, metric, plan.window_mm);
  Warped warped;
  std::vector<std::vector<float>> derivatives(images.moving.channels.size(),
                                              std::vector<float>(images.fixed.values.size()));
  double energy = 0;
  const auto objective = [&](const std::vector<double>& x, std::vector<double>& gradient) {
    warp.warp(x, warped);
    const double loss = similarity(warped, derivatives);
    warp.pull_back(warped, derivatives, gradient);
    energy = bending.evaluate(x, plan.bending_mm2, gradient);
    return loss + plan.bending_mm2 * energy;
  };
  std::vector<double> unused;
  const double before = objective(field.coefficients, unused) - plan.bending_mm2 * energy;
  LbfgsSettings settings;
  settings.iterations = level.iterations;
  settings.first_step = 0.5 * level.voxel_mm;
  settings.largest_step = 2 * level.voxel_mm;
  const LbfgsResult result = minimize(objective, settings, field.coefficients);
  const double bent = bending.evaluate(field.coefficients, 0, unused);
  return {level, field.grid.size(), domain.voxels,         before, result.value - plan.bending_mm2 * bent,
          bent,  result.iterations, result.evaluations + 1};
}

/// Refines the coarsest level from no displacement and from the discrete search's, and keeps the better.
void begin(const ImagePair& pair, const LevelImages& images, const Matrix4& start, Field& field,
           DeformableOutcome& outcome, Monitor& monitor) {
  const DeformableLevel& level = outcome.plan.levels[0];
  const auto refined = [&](Field& from) {
    const Domain domain =
        SplineWarp(from.grid, images.domain, images.moving, start).reached(from.coefficients);
    refuse_no_overlap(pair, start, images.domain, domain);
    LevelOutcome done = refine(images, domain, level, outcome.plan, outcome.metric, start, from);
    outcome.reached_share = domain.voxels / images.domain.voxels;
    return done;
  };
  field = no_field(images.fixed.geometry, level.control_mm);
  Field searched = field;
  outcome.levels = {refined(field)};
  if (outcome.plan.search_mm <= 0) return;
  const double voxel = level.voxel_mm;
  const auto reach = static_cast<std::size_t>(std::lround(outcome.plan.search_mm / voxel));
  const DiscreteField found =
      discrete_field(pair, start, {{voxel, 5, reach}, {0.5 * voxel, 5, reach / 2}}, 0.5);
  outcome.has_searched = true;
  outcome.inconsistency_mm = found.inconsistency_mm;
  searched.coefficients = on_spline_grid(found.grid, found.coefficients_mm, searched.grid);
  const LevelOutcome other = refined(searched);
  const auto total = [&](const LevelOutcome& o) {
    return o.loss_after + outcome.plan.bending_mm2 * o.bending;
  };
  monitor.detail(fmt::format("coarsest level: {:.5f} from no displacement, {:.5f} from the discrete search",
                             total(outcome.levels[0]), total(other)));
  if (total(other) >= total(outcome.levels[0])) return;
  outcome.began_by_search = true;
  outcome.levels = {other};
  field = std::move(searched);
}

/// Where the field folds space or nearly does (or is not proved one-to-one, if that is wanted), the finest
/// level is refined again with more and more bending weight.
void unfold(const ImagePair& pair, const Matrix4& start, bool is_diffeomorphic, Field& field,
            DeformableOutcome& outcome, Monitor& monitor) {
  constexpr double least_jacobian = 0.05;
  constexpr int rounds = 8;
  for (int round = 0;; ++round) {
    outcome.field = field_statistics(field.grid, field.coefficients);
    outcome.strain_bound = strain_bound(field.grid, field.coefficients);
    const bool is_fine =
        outcome.field.smallest_jacobian >= least_jacobian && (!is_diffeomorphic || outcome.strain_bound < 1);
    if (is_fine || round == rounds) break;
    outcome.plan.bending_mm2 *= 4;
    monitor.inform(
        fmt::format("the field may fold space (smallest Jacobian {:.3g}, strain up to {:.3g}): refined with "
                    "bending weight {:.4g} mm^2",
                    outcome.field.smallest_jacobian, outcome.strain_bound, outcome.plan.bending_mm2));
    const DeformableLevel level = outcome.plan.levels.back();
    const LevelImages images = level_images(pair, level.voxel_mm, outcome.metric);
    const Domain domain =
        SplineWarp(field.grid, images.domain, images.moving, start).reached(field.coefficients);
    outcome.levels.push_back(refine(images, domain, level, outcome.plan, outcome.metric, start, field));
  }
  if (is_diffeomorphic && outcome.strain_bound >= 1)
    throw ComputationError(
        "no diffeomorphic map found: the field's strain is up to {:.3g}; expected below 1 (give a larger "
        "bending "
        "weight, or do without the guarantee)",
        outcome.strain_bound);
}

}  // namespace

DeformableRegistration register_deformable(const ImagePair& pair, const Matrix4& start,
                                           const DeformableSettings& settings, Monitor& monitor) {
  DeformableOutcome outcome;
  outcome.plan = deformable_plan(pair.fixed.geometry, pair.moving.geometry, settings);
  constexpr std::size_t alignment_levels = 2;  // before the metric is chosen
  const bool is_automatic = settings.metric == DeformableMetric::automatic;
  outcome.metric = is_automatic ? DeformableMetric::lc2 : settings.metric;
  Field field;
  for (std::size_t l = 0; l < outcome.plan.levels.size(); ++l) {
    const DeformableLevel& level = outcome.plan.levels[l];
    monitor.progress("deformable", static_cast<double>(l), static_cast<double>(outcome.plan.levels.size()));
    if (is_automatic && l == alignment_levels)
      outcome.metric = chosen_metric(level_images(pair, level.voxel_mm, DeformableMetric::lc2), field, start,
                                     outcome.plan.window_mm, monitor);
    const LevelImages images = level_images(pair, level.voxel_mm, outcome.metric);
    Domain domain;
    if (l == 0) {
      begin(pair, images, start, field, outcome, monitor);
    } else {
      Field next = no_field(images.fixed.geometry, level.control_mm);
      next.coefficients = on_spline_grid(field.grid, field.coefficients, next.grid);
      field = std::move(next);
      domain = SplineWarp(field.grid, images.domain, images.moving, start).reached(field.coefficients);
      outcome.reached_share = domain.voxels / std::max(images.domain.voxels, 1.0);
      outcome.levels.push_back(refine(images, domain, level, outcome.plan, outcome.metric, start, field));
    }
    if (l + 1 == outcome.plan.levels.size())
      outcome.loss_start = loss_of(images, domain, no_field(images.fixed.geometry, level.control_mm), start,
                                   outcome.metric, outcome.plan.window_mm);
    const LevelOutcome& done = outcome.levels.back();
    monitor.detail(
        fmt::format("voxels {:.3g} mm, control points {:.3g} mm apart: metric {:.5f} to {:.5f} in {} steps",
                    level.voxel_mm, level.control_mm, done.loss_before, done.loss_after, done.iterations));
  }
  unfold(pair, start, settings.is_diffeomorphic, field, outcome, monitor);
  return {{spline_step(field.grid, field.coefficients), LinearStep{start}}, deformable_record(outcome)};
}

}  // namespace snitt::image_registration
