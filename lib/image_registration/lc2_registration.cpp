#include "image_registration/lc2_registration.hpp"

#include <algorithm>
#include <cmath>
#include <nlopt.hpp>
#include <numbers>
#include <optional>

#include "base/error.hpp"
#include "image_registration/lc2.hpp"
#include "image_registration/pyramid.hpp"
#include "image_registration/starts.hpp"

namespace snitt::image_registration {
namespace {

constexpr double radians = std::numbers::pi / 180;
constexpr std::size_t largest_half_side = 4;  // patches of 8 voxels: Fuerst et al. took 7 to 9
constexpr std::size_t smallest_half_side = 2;
constexpr std::size_t fewest_patches = 20;
constexpr std::size_t enough_patches = 60;

struct Climb {
  Matrix4 matrix;
  double likeness = 0;
  int evaluations = 0;
  bool is_at_bound = false;
};

/// The box within which a climb stays, and how it starts and ends, in the parameters of linear_model.hpp.
struct Box {
  std::vector<double> reach;
  double first_step_mm;
  double tolerance_mm;
  int most;
};

Climb climb(const Lc2& metric, LinearModel model, const Matrix4& from, const Box& box, Lc2::Patches patches) {
  const std::size_t n = parameter_count(model);
  const Vec3 center = transform_point(from, metric.center_mm());
  Climb result;
  const auto at = [&](const std::vector<double>& x) {
    return moved(from, model, center, metric.radius_mm(), x);
  };
  struct Context {
    const decltype(at)& matrix_at;
    const Lc2& metric;
    Lc2::Patches patches;
    int count;
  } context{at, metric, patches, 0};
  nlopt::opt bobyqa(nlopt::LN_BOBYQA, static_cast<unsigned>(n));
  std::vector<double> low(n);
  for (std::size_t p = 0; p < n; ++p) low[p] = -box.reach[p];
  bobyqa.set_lower_bounds(low);
  bobyqa.set_upper_bounds(box.reach);
  bobyqa.set_initial_step(box.first_step_mm);
  bobyqa.set_xtol_abs(box.tolerance_mm);
  bobyqa.set_maxeval(box.most);
  bobyqa.set_max_objective(
      [](const std::vector<double>& x, std::vector<double>& /*gradient*/, void* data) {
        Context& c = *static_cast<Context*>(data);
        ++c.count;
        const Lc2::Value value = c.metric.value(c.matrix_at(x), c.patches);
        return value.overlap < 0.2 ? 0.0 : value.likeness;
      },
      &context);
  std::vector<double> x(n);
  try {
    bobyqa.optimize(x, result.likeness);
  } catch (const nlopt::roundoff_limited&) {  // x is the best there is
  }
  result.matrix = at(x);
  result.likeness = metric.value(result.matrix, patches).likeness;
  result.evaluations = context.count;
  for (std::size_t p = 0; p < n; ++p)
    result.is_at_bound = result.is_at_bound || std::abs(x[p]) > 0.98 * box.reach[p];
  return result;
}

/// `count`-th point of a sequence that fills the six-dimensional cube from -1 to 1 evenly (additive
/// recurrence with the powers of the root of x^7 = x + 1: Roberts 2018).
std::array<double, 6> strewn(std::size_t count) {
  constexpr double root = 1.1127756842787055;
  std::array<double, 6> point{};
  double power = 1;
  for (double& p : point) {
    power /= root;
    double whole = 0;
    p = 2 * std::modf(0.5 + power * static_cast<double>(count), &whole) - 1;
  }
  return point;
}

Box box_for(const Lc2& metric, LinearModel model, double reach_mm, double reach_deg, double step_mm,
            double tolerance_mm, int most) {
  Box box{std::vector<double>(parameter_count(model), reach_deg * radians * metric.radius_mm()), step_mm,
          tolerance_mm, most};
  std::fill_n(box.reach.begin(), 3, reach_mm);
  // BOBYQA wants room for its first points between the bounds.
  box.first_step_mm = std::min(step_mm, 0.4 * *std::min_element(box.reach.begin(), box.reach.end()));
  return box;
}

struct Stage {
  double spacing_mm;
  std::unique_ptr<Lc2> metric;
};

Stage stage_at(const ImagePair& pair, const image::VoxelMask& sector, double spacing_mm) {
  std::array<std::size_t, 3> factors{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    factors[axis] = static_cast<std::size_t>(
        std::max(1.0, std::floor(spacing_mm / pair.fixed.geometry.spacing_mm[axis] + 0.5)));
  const auto small = at_resolution(pair.moving, spacing_mm);
  const MaskedVolume ultrasound = shrunk(pair.fixed, sector, factors);
  Stage stage{spacing_mm, nullptr};
  // Smaller patches where few large ones fit, as at coarse resolution.
  for (std::size_t half = largest_half_side; half >= smallest_half_side; --half) {
    stage.metric = std::make_unique<Lc2>(ultrasound, small ? *small : pair.moving, pair.moving_mask, half);
    if (stage.metric->patches() >= enough_patches) break;
  }
  return stage;
}

/// Resolutions that are worth a look: 4, 2 and 1 times the coarser image's finest spacing, as long as enough
/// patches are left.
std::vector<Stage> stages_of(const ImagePair& pair) {
  const image::VoxelMask sector = ultrasound_sector(pair.fixed, pair.fixed_mask);
  const double finest = level_spacings(pair.fixed.geometry, pair.moving.geometry).back();
  std::vector<Stage> stages;
  for (const double factor : {4.0, 2.0, 1.0}) {
    Stage stage = stage_at(pair, sector, factor * finest);
    if (stage.metric->patches() >= fewest_patches) stages.push_back(std::move(stage));
  }
  if (stages.empty())
    throw ComputationError(
        "the ultrasound image has fewer than {} patches of {} voxels that vary; expected more (is it the "
        "fixed "
        "image, and does its mask leave enough?)",
        fewest_patches, 2 * smallest_half_side);
  return stages;
}

Climb look_around(const Stage& stage, const Matrix4& start, const Lc2Options& options, LinearResult& result) {
  const Lc2& metric = *stage.metric;
  const Vec3 center = transform_point(start, metric.center_mm());
  const double turn_mm = options.reach_deg * radians * metric.radius_mm();
  std::vector<std::pair<double, Matrix4>> places;
  for (std::size_t i = 1; i <= options.starts; ++i) {
    std::array<double, 6> step = strewn(i);
    for (std::size_t p = 0; p < 6; ++p) step[p] *= 0.75 * (p < 3 ? options.reach_mm : turn_mm);
    const Matrix4 place = moved(start, LinearModel::rigid, center, metric.radius_mm(), step);
    const Lc2::Value value = metric.value(place);
    if (value.overlap >= 0.5) places.emplace_back(value.likeness, place);
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  places.insert(places.begin(), {0, start});
  places.resize(std::min(places.size(), options.climbs));
  const Box box = box_for(metric, options.model, options.reach_mm, options.reach_deg, 1.5 * stage.spacing_mm,
                          0.02 * stage.spacing_mm, 300);
  std::vector<Climb> climbs;
  for (const auto& [likeness, place] : places)
    climbs.push_back(climb(metric, options.model, place, box, Lc2::Patches::all));
  const Climb best = *std::max_element(
      climbs.begin(), climbs.end(), [](const Climb& a, const Climb& b) { return a.likeness < b.likeness; });
  const auto agree = std::count_if(climbs.begin(), climbs.end(), [&](const Climb& c) {
    return distance_mm(c.matrix, best.matrix, metric.center_mm(), metric.radius_mm()) < stage.spacing_mm;
  });
  result.agreeing_starts = static_cast<double>(agree) / static_cast<double>(climbs.size());
  return best;
}

}  // namespace

LinearResult register_lc2(const ImagePair& pair, const Matrix4& start, const Lc2Options& options,
                          Monitor& monitor) {
  const std::vector<Stage> stages = stages_of(pair);
  LinearResult result;
  result.fixed_to_moving = nearest(start, options.model, stages.back().metric->center_mm());
  const Lc2::Value first = stages.front().metric->value(result.fixed_to_moving);
  if (first.overlap < 0.1)
    throw ComputationError(
        "{:.1f} % of the ultrasound image's patches fall on the moving image; expected at least 10 % (give a "
        "better start or larger masks)",
        100 * first.overlap);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Stage& stage = stages[i];
    const Lc2& metric = *stage.metric;
    monitor.progress("registering", static_cast<double>(i), static_cast<double>(stages.size()));
    const double before = metric.value(result.fixed_to_moving).likeness;
    const bool is_last = i + 1 == stages.size();
    const Box box = box_for(metric, options.model, 4 * stage.spacing_mm, 8, stage.spacing_mm,
                            is_last ? 0.01 : 0.02 * stage.spacing_mm, 300);
    const Climb found = i == 0 ? look_around(stage, result.fixed_to_moving, options, result)
                               : climb(metric, options.model, result.fixed_to_moving, box, Lc2::Patches::all);
    result.fixed_to_moving = found.matrix;
    result.levels.push_back({stage.spacing_mm, metric.patches(), metric.value(found.matrix).overlap, before,
                             found.likeness, found.evaluations, true});
    result.is_at_border = result.is_at_border || (i == 0 && found.is_at_bound);
    const LinearLevel& level = result.levels.back();
    monitor.detail(
        fmt::format("{:.3g} mm: {} patches, {:.1f} % on the moving image, {} {:.6f} to {:.6f} in {} values",
                    level.spacing_mm, level.samples, 100 * level.overlap, name_of(Metric::lc2), level.start,
                    level.end, level.iterations));
    if (!is_last) continue;
    result.center_mm = metric.center_mm();
    result.radius_mm = metric.radius_mm();
    result.at_start = metric.value(nearest(start, options.model, result.center_mm)).likeness;
    const Box near =
        box_for(metric, options.model, 2 * stage.spacing_mm, 4, 0.5 * stage.spacing_mm, 0.02, 100);
    result.repeatability_mm =
        0.5 * distance_mm(climb(metric, options.model, found.matrix, near, Lc2::Patches::even).matrix,
                          climb(metric, options.model, found.matrix, near, Lc2::Patches::odd).matrix,
                          result.center_mm, result.radius_mm);
  }
  result.elsewhere = result.fixed_to_moving;
  return result;
}

}  // namespace snitt::image_registration
