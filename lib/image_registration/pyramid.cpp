#include "image_registration/pyramid.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::image_registration {
namespace {

constexpr double least_length = 20;
constexpr std::size_t least_voxels = 8;
constexpr std::size_t most_levels = 4;

double finest(const VolumeGeometry& g) { return std::min({g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z}); }

double longest(const VolumeGeometry& g) {
  double length = 0;
  for (std::size_t axis = 0; axis < 3; ++axis)
    length = std::max(length, static_cast<double>(g.size[axis]) * g.spacing_mm[axis]);
  return length;
}

}  // namespace

std::vector<double> level_spacings(const VolumeGeometry& fixed, const VolumeGeometry& moving) {
  const double extent = std::min(longest(fixed), longest(moving));
  std::vector<double> spacings{std::max(finest(fixed), finest(moving))};
  while (spacings.size() < most_levels && extent / (2 * spacings.front()) >= least_length)
    spacings.insert(spacings.begin(), 2 * spacings.front());
  return spacings;
}

std::optional<image::ScalarVolume> at_resolution(const image::ScalarVolume& volume, double spacing_mm) {
  std::array<std::size_t, 3> factors{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double fit = std::floor(spacing_mm / volume.geometry.spacing_mm[axis] + 1e-3);
    const std::size_t most = std::max<std::size_t>(1, volume.geometry.size[axis] / least_voxels);
    factors[axis] = static_cast<std::size_t>(std::clamp(fit, 1.0, static_cast<double>(most)));
  }
  if (factors == std::array<std::size_t, 3>{1, 1, 1}) return std::nullopt;
  return image::shrunk(volume, factors);
}

}  // namespace snitt::image_registration
