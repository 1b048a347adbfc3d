#include "image_registration/level_images.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "image_registration/features.hpp"

namespace snitt::image_registration {
namespace {

Normalisation structure_of(const std::vector<float>& values, const std::vector<float>& weights,
                           const char* which) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low == *high)
    throw ComputationError("the {} image is {} everywhere; expected structure to register by", which, *low);
  return normalisation_of(values, weights);
}

/// Part of a normalised image's variance that is no structure: what keeps windows of noise from counting.
constexpr double noise_share = 0.01;

LocalRegressionSettings windows(const LevelImages& level, const Domain& domain, double window_mm) {
  LocalRegressionSettings settings;
  double edge = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) edge += level.fixed.geometry.spacing_mm[axis] / 3;
  // Sums over blocks of 2^3 voxels cost an eighth; small images keep every voxel's window.
  const std::size_t block = domain.voxels > 1.5e6 ? 2 : 1;
  settings.block = {block, block, block};
  settings.sigma_blocks = std::max(1.0, window_mm / (static_cast<double>(block) * edge));
  settings.fixed_noise = noise_share;
  settings.moving_noise.assign(level.moving.channels.size(), noise_share);
  return settings;
}

/// Mean length of the gradient: what NGF takes for an edge (Haber & Modersitzki 2006).
double mean_slope(const image::ScalarVolume& volume) {
  const std::vector<float> slope = gradient_magnitude(volume);
  double sum = 0;
  for (const float s : slope) sum += static_cast<double>(s);
  return sum / static_cast<double>(slope.size());
}

}  // namespace

std::array<std::size_t, 3> shrink_factors(const VolumeGeometry& geometry, double voxel_mm) {
  std::array<std::size_t, 3> factors{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double wanted = std::round(voxel_mm / geometry.spacing_mm[axis]);
    const double most = std::max(1.0, std::floor(static_cast<double>(geometry.size[axis]) / 8));
    factors[axis] = static_cast<std::size_t>(std::clamp(wanted, 1.0, most));
  }
  return factors;
}

LevelImages level_images(const ImagePair& pair, double voxel_mm, DeformableMetric metric) {
  LevelImages level;
  level.fixed = image::shrunk(pair.fixed, shrink_factors(pair.fixed.geometry, voxel_mm));
  image::ScalarVolume moving = image::shrunk(pair.moving, shrink_factors(pair.moving.geometry, voxel_mm));
  level.moving.geometry = moving.geometry;
  level.domain = pair.fixed_mask ? masked_domain(image::on_grid(*pair.fixed_mask, level.fixed.geometry))
                                 : whole_domain(level.fixed.geometry);
  if (pair.moving_mask) level.moving.inside = image::on_grid(*pair.moving_mask, moving.geometry).inside;
  const std::vector<float> inside(level.moving.inside.begin(), level.moving.inside.end());

  const Normalisation of_fixed = structure_of(level.fixed.values, level.domain.weights, "fixed");
  const Normalisation of_moving = structure_of(moving.values, inside, "moving");
  normalise(level.fixed.values, of_fixed);
  // Squared differences compare the intensities as they are.
  normalise(moving.values, metric == DeformableMetric::squared_difference ? of_fixed : of_moving);
  if (metric == DeformableMetric::lc2) {
    std::vector<float> slope = gradient_magnitude(moving);
    normalise(slope, normalisation_of(slope, inside));
    level.moving.channels.push_back(std::move(slope));
  }
  level.moving.channels.insert(level.moving.channels.begin(), std::move(moving.values));
  return level;
}

SplineGrid spline_grid(const VolumeGeometry& image, double control_mm) {
  SplineGrid grid{image, {}};
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.tile[axis] =
        static_cast<std::size_t>(std::max(1.0, std::round(control_mm / image.spacing_mm[axis])));
  return grid;
}

Similarity similarity_of(const LevelImages& level, const Domain& domain, DeformableMetric metric,
                         double window_mm) {
  constexpr std::size_t bins = 32;
  const std::vector<float>& fixed = level.fixed.values;
  const std::vector<float>& moving = level.moving.channels[0];
  switch (metric) {
    case DeformableMetric::squared_difference:
      return squared_difference(fixed, domain);
    case DeformableMetric::gradient_field:
      return gradient_field(fixed, level.fixed.geometry, domain, mean_slope(level.fixed),
                            mean_slope({level.moving.geometry, moving}));
    case DeformableMetric::mutual_information: {
      const auto [low, high] = std::minmax_element(moving.begin(), moving.end());
      return mutual_information(fixed, domain, {*low, *high}, bins);
    }
    default:
      return local_regression(fixed, domain, windows(level, domain, window_mm));
  }
}

}  // namespace snitt::image_registration
