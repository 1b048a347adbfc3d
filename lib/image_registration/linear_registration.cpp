#include "image_registration/linear_registration.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "geometry/rotation.hpp"
#include "image_registration/linear_optimizer.hpp"
#include "image_registration/padding.hpp"
#include "image_registration/pyramid.hpp"
#include "image_registration/starts.hpp"

namespace snitt::image_registration {
namespace {

constexpr std::size_t coarse_samples = 50'000;
constexpr std::size_t fewest_samples = 500;
constexpr double least_overlap = 0.1;

double coarsest(const VolumeGeometry& g) {
  return std::max({g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z});
}

/// Both images at one resolution, ready to be compared.
struct Stage {
  double spacing_mm;
  FixedSamples samples;
  BSplineImage moving;
  ValueRange fixed_range;
  ValueRange moving_range;
  std::optional<image::VoxelMask> moving_mask;
};

/// The masks of a pair, made narrower as the resolution asks.
class Masks {
 public:
  explicit Masks(const ImagePair& pair) {
    if (pair.fixed_mask) fixed_.emplace(*pair.fixed_mask);
    if (pair.moving_mask) moving_.emplace(*pair.moving_mask);
  }
  std::optional<image::VoxelMask> fixed(double spacing_mm) const { return narrowed(fixed_, spacing_mm); }
  std::optional<image::VoxelMask> moving(double spacing_mm) const { return narrowed(moving_, spacing_mm); }

 private:
  /// A voxel of the level reaches half its width to either side, and interpolation one voxel farther.
  static std::optional<image::VoxelMask> narrowed(const std::optional<MaskWithMargin>& mask,
                                                  double spacing_mm) {
    if (!mask) return std::nullopt;
    return mask->without_margin(1.5 * spacing_mm);
  }
  std::optional<MaskWithMargin> fixed_;
  std::optional<MaskWithMargin> moving_;
};

/// The image itself where nothing is to be shrunk: a copy of the finest resolution would be large.
BSplineImage spline_at(const image::ScalarVolume& volume, double spacing_mm, ValueRange* range) {
  const std::optional<image::ScalarVolume> small = at_resolution(volume, spacing_mm);
  const image::ScalarVolume& level = small ? *small : volume;
  if (range != nullptr) *range = robust_range(level.values);
  return BSplineImage(level);
}

Stage stage_at(const ImagePair& pair, const Masks& masks, double spacing_mm, std::size_t wanted) {
  ValueRange moving_range;
  const double rim_mm =
      2 * std::max({spacing_mm, coarsest(pair.fixed.geometry), coarsest(pair.moving.geometry)});
  FixedSamples samples =
      fixed_samples(spline_at(pair.fixed, spacing_mm, nullptr), masks.fixed(spacing_mm), wanted, rim_mm);
  BSplineImage moving = spline_at(pair.moving, spacing_mm, &moving_range);
  const ValueRange fixed_range = robust_range(samples.value);
  return {spacing_mm,  std::move(samples), std::move(moving),
          fixed_range, moving_range,       masks.moving(spacing_mm)};
}

OptimizerLimits limits_at(const Stage& stage, double tolerance_mm) {
  OptimizerLimits limits;
  limits.tolerance_mm = tolerance_mm;
  limits.largest_step_mm = 2 * stage.spacing_mm;
  limits.least_overlap = least_overlap;
  return limits;
}

/// Twelve starts around `start`: shifted and turned to either side along and about each axis.
std::vector<Matrix4> around(const Matrix4& start, const Stage& stage) {
  constexpr double turn = 20 * std::numbers::pi / 180;
  const double shift_mm = std::min(20.0, 0.3 * stage.samples.radius_mm);
  const Vec3 center = transform_point(start, stage.samples.center_mm);
  std::vector<Matrix4> starts;
  for (std::size_t parameter = 0; parameter < 6; ++parameter)
    for (const double sign : {1.0, -1.0}) {
      std::array<double, 6> step{};
      step[parameter] = sign * (parameter < 3 ? shift_mm : turn * stage.samples.radius_mm);
      starts.push_back(moved(start, LinearModel::rigid, center, stage.samples.radius_mm, step));
    }
  return starts;
}

/// A start may only win where it compares as much of the images.
bool is_better(const Optimum& a, const Optimum& b) {
  return a.value.score > b.value.score &&
         static_cast<double>(a.value.count) >= 0.8 * static_cast<double>(b.value.count);
}

Optimum begin(const Stage& stage, LinearMetric& metric, const Matrix4& start, const LinearOptions& options,
              LinearResult& result) {
  const OptimizerLimits limits = limits_at(stage, 0.02 * stage.spacing_mm);
  const std::size_t n = stage.samples.size();
  Optimum best = optimize(metric, options.model, start, n, limits);
  const double at_start = best.start.value;
  if (!options.looks_around) return best;
  std::vector<Matrix4> ends{best.matrix};
  for (const Matrix4& other : around(start, stage)) {
    const Optimum found = optimize(metric, options.model, other, n, limits);
    ends.push_back(found.matrix);
    if (is_better(found, best)) best = found;
  }
  const auto agree = std::count_if(ends.begin(), ends.end(), [&](const Matrix4& end) {
    return distance_mm(end, best.matrix, stage.samples.center_mm, stage.samples.radius_mm) < stage.spacing_mm;
  });
  result.agreeing_starts = static_cast<double>(agree) / static_cast<double>(ends.size());
  best.start.value = at_start;
  return best;
}

/// The 23 turns that lay the axes of space on each other, about the middle of the fixed samples.
std::vector<Matrix4> axis_turns(const Matrix4& start, Vec3 center_mm) {
  std::vector<Matrix4> turns;
  constexpr std::array<std::array<std::size_t, 3>, 6> orders{
      {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}}};
  Matrix4 there;
  Matrix4 back;
  for (std::size_t a = 0; a < 3; ++a) {
    there(a, 3) = -center_mm[a];
    back(a, 3) = center_mm[a];
  }
  for (const auto& order : orders)
    for (int signs = 0; signs < 8; ++signs) {
      Matrix4 turn;
      for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t column = 0; column < 3; ++column) turn(row, column) = 0;
        turn(row, order[row]) = ((signs >> row) & 1) != 0 ? -1 : 1;
      }
      const bool is_identity = order == orders[0] && signs == 0;
      if (!is_identity && determinant3(turn) > 0) turns.push_back(start * back * turn * there);
    }
  return turns;
}

/// The best of the axis turns, climbed from: a patient who lies otherwise, an image stored otherwise.
Optimum best_turned(const Stage& stage, LinearMetric& metric, const Matrix4& start,
                    const LinearOptions& options) {
  std::vector<std::pair<double, Matrix4>> scores;
  for (const Matrix4& turn : axis_turns(start, stage.samples.center_mm)) {
    const MetricValue value = metric.value(turn);
    if (static_cast<double>(value.count) > 0.5 * static_cast<double>(stage.samples.size()))
      scores.emplace_back(value.score, turn);
  }
  std::stable_sort(scores.begin(), scores.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  scores.resize(std::min<std::size_t>(scores.size(), 3));
  Optimum best;
  for (const auto& [score, turn] : scores) {
    const Optimum found = optimize(metric, options.model, turn, stage.samples.size(),
                                   limits_at(stage, 0.02 * stage.spacing_mm));
    if (best.value.count == 0 || is_better(found, best)) best = found;
  }
  return best;
}

void look_elsewhere(const ImagePair& pair, const Stage& stage, LinearMetric& metric, const Optimum& own,
                    const LinearOptions& options, LinearResult& result) {
  result.own_score = own.value.score;
  result.elsewhere_score = own.value.score;
  result.elsewhere = own.matrix;
  Optimum best = own;
  for (const Start start : {Start::header, Start::centers, Start::moments}) {
    const Optimum found = optimize(metric, options.model, start_matrix(pair, start), stage.samples.size(),
                                   limits_at(stage, 0.02 * stage.spacing_mm));
    if (is_better(found, best)) best = found;
  }
  if (options.looks_around) {
    const Optimum turned = best_turned(stage, metric, own.matrix, options);
    if (turned.value.count > 0 && is_better(turned, best)) best = turned;
  }
  result.elsewhere = best.matrix;
  result.elsewhere_score = best.value.score;
}

/// Every other sample, from the first or the second.
FixedSamples half_of(const FixedSamples& all, std::size_t first) {
  FixedSamples half{all.center_mm, all.radius_mm, {}, {}, {}, {}};
  for (std::size_t i = first; i < all.size(); i += 2) {
    half.x.push_back(all.x[i]);
    half.y.push_back(all.y[i]);
    half.z.push_back(all.z[i]);
    half.value.push_back(all.value[i]);
  }
  return half;
}

double repeatability(const Stage& stage, const LinearOptions& options, const Matrix4& found) {
  std::array<Matrix4, 2> ends;
  for (std::size_t i = 0; i < 2; ++i) {
    const FixedSamples half = half_of(stage.samples, i);
    LinearMetric metric(options.metric, half, stage.moving, stage.moving_mask, stage.fixed_range,
                        stage.moving_range);
    OptimizerLimits limits = limits_at(stage, 2 * options.tolerance_mm);
    limits.iterations = 10;
    ends[i] = optimize(metric, options.model, found, half.size(), limits).matrix;
  }
  return 0.5 * distance_mm(ends[0], ends[1], stage.samples.center_mm, stage.samples.radius_mm);
}

void note_level(const Stage& stage, const Optimum& found, const LinearOptions& options, LinearResult& result,
                Monitor& monitor) {
  const auto n = static_cast<double>(stage.samples.size());
  result.levels.push_back({stage.spacing_mm, stage.samples.size(), static_cast<double>(found.value.count) / n,
                           found.start.value, found.value.value, found.iterations, found.has_converged});
  const LinearLevel& level = result.levels.back();
  monitor.detail(
      fmt::format("{:.3g} mm: {} samples, {:.1f} % on the moving image, {} {:.6f} to {:.6f} in {} steps",
                  level.spacing_mm, level.samples, 100 * level.overlap, name_of(options.metric), level.start,
                  level.end, level.iterations));
}

void refuse_too_few(const Stage& stage, const MetricValue& at_start) {
  const auto n = static_cast<double>(stage.samples.size());
  if (at_start.count >= fewest_samples && static_cast<double>(at_start.count) >= least_overlap * n) return;
  throw ComputationError(
      "{} of {} samples of the fixed image fall on the moving one; expected at least {} and {:.0f} % (give a "
      "better start or larger masks)",
      at_start.count, stage.samples.size(), fewest_samples, 100 * least_overlap);
}

}  // namespace

double distance_mm(const Matrix4& a, const Matrix4& b, Vec3 center, double radius_mm) {
  // Over a sphere |D r + d|^2 averages to |D|^2 radius^2 / 3 + |d|^2 (Frobenius norm).
  double turn = 0;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) turn += (a(r, c) - b(r, c)) * (a(r, c) - b(r, c));
  const Vec3 shift = transform_point(a, center) - transform_point(b, center);
  return std::sqrt(turn * radius_mm * radius_mm / 3 + dot(shift, shift));
}

LinearResult register_linear(const ImagePair& pair, const Matrix4& start, const LinearOptions& options,
                             Monitor& monitor) {
  LinearResult result;
  const std::vector<double> spacings = level_spacings(pair.fixed.geometry, pair.moving.geometry);
  const Masks masks(pair);
  for (std::size_t i = 0; i < spacings.size(); ++i) {
    const bool is_last = i + 1 == spacings.size();
    monitor.progress("registering", static_cast<double>(i), static_cast<double>(spacings.size()));
    const Stage stage = stage_at(pair, masks, spacings[i],
                                 is_last ? options.samples : std::min(options.samples, coarse_samples));
    LinearMetric metric(options.metric, stage.samples, stage.moving, stage.moving_mask, stage.fixed_range,
                        stage.moving_range);
    Optimum found;
    if (i == 0) {
      const Matrix4 allowed = nearest(start, options.model, stage.samples.center_mm);
      refuse_too_few(stage, metric.value(allowed));
      found = begin(stage, metric, allowed, options, result);
      look_elsewhere(pair, stage, metric, found, options, result);
    } else {
      found = optimize(metric, options.model, result.fixed_to_moving, stage.samples.size(),
                       limits_at(stage, is_last ? options.tolerance_mm : 0.02 * stage.spacing_mm));
    }
    result.fixed_to_moving = found.matrix;
    note_level(stage, found, options, result, monitor);
    if (!is_last) continue;
    result.center_mm = stage.samples.center_mm;
    result.radius_mm = stage.samples.radius_mm;
    result.at_start = metric.value(nearest(start, options.model, result.center_mm)).value;
    result.repeatability_mm = repeatability(stage, options, found.matrix);
  }
  return result;
}

}  // namespace snitt::image_registration
