#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "phantom/image_scene.hpp"

namespace snitt::phantom {
namespace {

/// Linear interpolation at a continuous index; 0 outside.
double interpolated(const image::ScalarVolume& volume, Vec3 at) {
  std::array<std::size_t, 3> low{};
  std::array<double, 3> f{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto last = static_cast<double>(volume.geometry.size[axis] - 1);
    if (!(at[axis] >= 0 && at[axis] <= last)) return 0;
    low[axis] = std::min(static_cast<std::size_t>(at[axis]), volume.geometry.size[axis] - 2);
    f[axis] = at[axis] - static_cast<double>(low[axis]);
  }
  const std::size_t row = volume.geometry.size[0];
  const std::size_t slice = row * volume.geometry.size[1];
  const float* v = volume.values.data() + low[2] * slice + low[1] * row + low[0];
  const auto along_x = [&](const float* p) {
    return static_cast<double>(p[0]) + f[0] * (static_cast<double>(p[1]) - static_cast<double>(p[0]));
  };
  const auto along_y = [&](const float* p) { return (1 - f[1]) * along_x(p) + f[1] * along_x(p + row); };
  return (1 - f[2]) * along_y(v) + f[2] * along_y(v + slice);
}

struct Range {
  float low;
  float high;
};

Range percentiles(std::vector<float> values) {
  const auto at = [&](double share) {
    const auto place =
        values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  const float low = at(0.01);
  return {low, at(0.99)};
}

image::ScalarVolume echoes_of(const image::ScalarVolume& volume) {
  const Range range = percentiles(volume.values);
  if (!(range.high > range.low))
    throw InputError("the image is {} almost everywhere; expected tissue that differs", range.low);
  image::ScalarVolume tissue{volume.geometry, std::vector<float>(volume.values.size())};
  for (std::size_t i = 0; i < tissue.values.size(); ++i)
    tissue.values[i] = std::clamp((volume.values[i] - range.low) / (range.high - range.low), 0.0F, 1.0F);
  image::ScalarVolume echoes = tissue;
  const auto [nx, ny, nz] = volume.geometry.size;
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny, nz = nz](std::size_t k) {
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i) {
        // Axes are at right angles in every image that is read, so squares add up.
        const auto slope = [&](float below, float above, std::size_t steps, double spacing) {
          return steps == 0 ? 0.0
                            : static_cast<double>(above - below) / (static_cast<double>(steps) * spacing);
        };
        const std::size_t i0 = i > 0 ? i - 1 : i;
        const std::size_t i1 = std::min(i + 1, nx - 1);
        const std::size_t j0 = j > 0 ? j - 1 : j;
        const std::size_t j1 = std::min(j + 1, ny - 1);
        const std::size_t k0 = k > 0 ? k - 1 : k;
        const std::size_t k1 = std::min(k + 1, nz - 1);
        const Vec3 spacing = volume.geometry.spacing_mm;
        const Vec3 gradient{slope(tissue.at(i0, j, k), tissue.at(i1, j, k), i1 - i0, spacing.x),
                            slope(tissue.at(i, j0, k), tissue.at(i, j1, k), j1 - j0, spacing.y),
                            slope(tissue.at(i, j, k0), tissue.at(i, j, k1), k1 - k0, spacing.z)};
        echoes.values[(k * ny + j) * nx + i] = static_cast<float>(
            70.0 * static_cast<double>(tissue.at(i, j, k)) + 130.0 * std::min(1.0, 2.0 * norm(gradient)));
      }
  });
  return echoes;
}

}  // namespace

void add_image_row(const PlacedImage& image, Vec3 start, Vec3 step, std::span<double> out) {
  const Vec3 first = transform_point(image.reference_to_index, start);
  const Vec3 along = transform_vector(image.reference_to_index, step);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] += interpolated(image.volume, first + static_cast<double>(i) * along);
}

Scene scene_of_image(const image::ScalarVolume& volume, const Matrix4& volume_to_reference, Tissue tissue) {
  auto placed = std::make_shared<PlacedImage>();
  placed->volume = tissue == Tissue::echoes ? echoes_of(volume) : volume;
  placed->reference_to_index = image::space_to_index(volume.geometry) * inverse(volume_to_reference);
  Scene scene;
  scene.name = "image";
  const Matrix4 to_reference = volume_to_reference * index_to_space(volume.geometry);
  Vec3 low = transform_point(to_reference, {0, 0, 0});
  Vec3 high = low;
  for (int corner = 1; corner < 8; ++corner) {
    Vec3 index;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (((corner >> axis) & 1) != 0) index[axis] = static_cast<double>(volume.geometry.size[axis] - 1);
    const Vec3 p = transform_point(to_reference, index);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], p[axis]);
      high[axis] = std::max(high[axis], p[axis]);
    }
  }
  scene.center_mm = 0.5 * (low + high);
  scene.size_mm = high - low;
  scene.image = std::move(placed);
  return scene;
}

}  // namespace snitt::phantom
