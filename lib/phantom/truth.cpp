#include "phantom/truth.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "phantom/scene_kernel.hpp"

namespace snitt::phantom {
namespace {

/// One row of voxels, each the mean over n x n x n points.
void sample_voxel_row(const Scene& scene, std::span<const PreparedObject> objects, const VolumeGeometry& g,
                      std::size_t row, std::size_t slice, int n, std::vector<double>& fine,
                      std::span<float> out) {
  const auto points = static_cast<std::size_t>(n);
  const Matrix4 to_space = index_to_space(g);
  const double step = 1.0 / n;
  const double first = 0.5 * step - 0.5;
  std::vector<double> sums(out.size(), 0.0);
  fine.resize(out.size() * points);
  for (int c = 0; c < n; ++c)
    for (int b = 0; b < n; ++b) {
      const Vec3 start = transform_point(to_space, {first, static_cast<double>(row) + first + b * step,
                                                    static_cast<double>(slice) + first + c * step});
      sample_row(scene, objects, start, transform_vector(to_space, {step, 0, 0}), fine);
      for (std::size_t i = 0; i < fine.size(); ++i) sums[i / points] += fine[i];
    }
  const double count = static_cast<double>(n) * n * n;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(sums[i] / count);
}

}  // namespace

Volume truth_volume(const Scene& scene, const VolumeGeometry& geometry, int samples_per_axis) {
  if (samples_per_axis < 1 || samples_per_axis > 64)
    throw UsageError("{} samples along each axis of a voxel; expected 1 to 64", samples_per_axis);
  Volume volume;
  volume.geometry = geometry;
  volume.format = {PixelType::f32, 1};
  volume.frame = "Reference";
  volume.quantity = "echo amplitude";
  volume.voxels.resize(geometry.voxels() * sizeof(float));
  const std::vector<PreparedObject> objects = prepare(scene.objects);
  const std::span<float> values = volume.values<float>();
  const std::size_t columns = geometry.size[0];
  const std::size_t rows = geometry.size[1];
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, rows * geometry.size[2], 4), [&](const auto& range) {
    std::vector<double> fine;
    for (std::size_t line = range.begin(); line != range.end(); ++line)
      sample_voxel_row(scene, objects, geometry, line % rows, line / rows, samples_per_axis, fine,
                       values.subspan(line * columns, columns));
  });
  return volume;
}

VolumeGeometry region_geometry(const Scene& scene, double spacing_mm) {
  if (!(spacing_mm > 0) || !std::isfinite(spacing_mm))
    throw UsageError("spacing {} mm; expected more than 0", spacing_mm);
  VolumeGeometry geometry;
  geometry.spacing_mm = {spacing_mm, spacing_mm, spacing_mm};
  for (std::size_t a = 0; a < 3; ++a) {
    const double count = std::max(1.0, std::round(scene.size_mm[a] / spacing_mm));
    if (count > 1e5)
      throw UsageError("spacing {} mm makes {} voxels along a region of {} mm; expected at most 100000",
                       spacing_mm, count, scene.size_mm[a]);
    geometry.size[a] = static_cast<std::size_t>(count);
    geometry.origin_mm[a] = scene.center_mm[a] - 0.5 * (count - 1) * spacing_mm;
  }
  return geometry;
}

}  // namespace snitt::phantom
