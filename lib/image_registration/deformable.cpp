#include "image_registration/deformable.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "image_registration/bending_energy.hpp"
#include "image_registration/lbfgs.hpp"
#include "image_registration/similarity.hpp"

namespace snitt::image_registration {
namespace {

std::array<std::size_t, 3> factors_for(const VolumeGeometry& geometry, double voxel_mm) {
  std::array<std::size_t, 3> factors{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    factors[axis] =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(voxel_mm / geometry.spacing_mm[axis])));
  return factors;
}

struct Spread {
  double mean = 0;
  double deviation = 1;
};
Spread spread_of(const std::vector<float>& values) {
  double sum = 0;
  double squares = 0;
  for (const float v : values) {
    sum += static_cast<double>(v);
    squares += static_cast<double>(v) * static_cast<double>(v);
  }
  const double n = static_cast<double>(values.size());
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(squares / n - mean * mean, 1e-30))};
}
void normalise(std::vector<float>& values, const Spread& spread) {
  for (float& v : values)
    v = static_cast<float>((static_cast<double>(v) - spread.mean) / spread.deviation);
}

}  // namespace

DeformableRegistration register_deformable(const ImagePair& pair, const Matrix4& start,
                                           const DeformableSettings& settings, Monitor& monitor) {
  Coefficients coefficients;
  SplineGrid previous;
  for (const DeformableLevel& level : settings.levels) {
    const auto ff = factors_for(pair.fixed.geometry, level.voxel_mm);
    const auto mf = factors_for(pair.moving.geometry, level.voxel_mm);
    image::ScalarVolume fixed = image::shrunk(pair.fixed, ff);
    image::ScalarVolume moving_image = image::shrunk(pair.moving, mf);
    const Spread fs = spread_of(fixed.values);
    const Spread ms = spread_of(moving_image.values);
    normalise(fixed.values, fs);
    normalise(moving_image.values, settings.metric == DeformableMetric::squared_difference ? fs : ms);
    MovingImages moving{moving_image.geometry, {std::move(moving_image.values)}, {}};
    const Domain domain =
        pair.fixed_mask ? masked_domain(image::on_grid(*pair.fixed_mask, fixed.geometry)) : whole_domain(fixed.geometry);
    SplineGrid grid{fixed.geometry, {}};
    for (std::size_t axis = 0; axis < 3; ++axis)
      grid.tile[axis] = std::max<std::size_t>(
          2, static_cast<std::size_t>(std::lround(level.control_mm / fixed.geometry.spacing_mm[axis])));
    if (coefficients.empty())
      coefficients.assign(3 * grid.points(), 0.0);
    else
      coefficients = on_spline_grid(previous, coefficients, grid);
    previous = grid;
    Similarity similarity;
    if (settings.metric == DeformableMetric::squared_difference) {
      similarity = squared_difference(fixed.values, domain);
    } else {
      LocalRegressionSettings lr;
      const std::size_t block = domain.voxels > 1.5e6 ? 2 : 1;
      lr.block = {block, block, block};
      lr.sigma_blocks = std::max(1.0, settings.window_mm / (static_cast<double>(block) * fixed.geometry.spacing_mm[0]));
      lr.fixed_noise = 1e-2;
      lr.moving_noise = {1e-2, 1e-2};
      similarity = local_regression(fixed.values, domain, lr);
    }
    const SplineWarp warp(grid, domain, moving, start);
    const BendingEnergy bending(grid);
    Warped warped;
    std::vector<std::vector<float>> derivatives(moving.channels.size());
    for (auto& d : derivatives) d.resize(fixed.values.size());
    const auto objective = [&](const std::vector<double>& x, std::vector<double>& gradient) {
      warp.warp(x, warped);
      const double loss = similarity(warped, derivatives);
      warp.pull_back(warped, derivatives, gradient);
      return loss + settings.bending_mm2 * bending.evaluate(x, settings.bending_mm2, gradient);
    };
    LbfgsSettings lbfgs;
    lbfgs.iterations = level.iterations;
    lbfgs.first_step = 0.5 * level.voxel_mm;
    lbfgs.largest_step = 2 * level.voxel_mm;
    const LbfgsResult result = minimize(objective, lbfgs, coefficients);
    monitor.detail(fmt::format("{} mm, control {} mm: {} -> {} in {} iterations, {} evaluations", level.voxel_mm,
                               level.control_mm, result.first_value, result.value, result.iterations,
                               result.evaluations));
  }
  DeformableRegistration out;
  out.steps = {spline_step(previous, coefficients), LinearStep{start}};
  return out;
}

}  // namespace snitt::image_registration
