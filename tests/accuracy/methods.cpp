#include "accuracy/study.hpp"
#include "base/monitor.hpp"
#include "data/transform_graph.hpp"
#include "reconstruction/hole_filling.hpp"
#include "reconstruction/insertion.hpp"
#include "reconstruction/voxel_based.hpp"

namespace snitt::accuracy {
namespace {

namespace rec = snitt::reconstruction;

FramePoses poses_of(const FrameSource& source) {
  return evaluate(source.frames(), find_path(source.frames(), "Image", "Reference"), {});
}

Reconstruction as_floats(const VolumeGeometry& grid, const std::vector<std::byte>& values,
                         const std::vector<std::uint16_t>& accumulation) {
  Reconstruction result{grid, std::vector<float>(grid.voxels()), std::vector<std::uint8_t>(grid.voxels())};
  const auto* numbers = reinterpret_cast<const float*>(values.data());
  std::copy(numbers, numbers + grid.voxels(), result.values.begin());
  for (std::size_t n = 0; n < grid.voxels(); ++n)
    result.known[n] = accumulation[n] > 0 || result.values[n] != 0;
  return result;
}

/// Insertion, then holes by sticks and what they leave by the nearest cube, as people use it.
Reconstruction insert_and_fill(FrameSource& source, const VolumeGeometry& grid,
                               rec::Interpolation interpolation, rec::Compounding compounding) {
  const Frames& frames = source.frames();
  const FramePoses poses = poses_of(source);
  const rec::ImageRegion region(frames.shape.rows, frames.shape.columns);
  rec::InsertionOptions options;
  options.interpolation = interpolation;
  options.compounding = compounding;
  rec::Inserter inserter(grid, frames.shape, region, options);
  std::vector<std::byte> pixels(frames.shape.bytes());
  for (std::size_t k = 0; k < frames.count; ++k) {
    source.read(k, 1, pixels);
    const rec::PosedFrame frame{pixels, poses.matrix[k], k};
    inserter.insert({&frame, 1});
  }
  rec::InsertedVoxels voxels = inserter.finish(PixelType::f32);
  const std::vector<rec::HoleFillingElement> elements{rec::FillStick{9, 1}, rec::FillNearest{{9, 0}}};
  Monitor silent;
  rec::fill_holes(voxels.values, voxels.format, voxels.accumulation, grid.size, elements,
                  rec::FillArithmetic::rounded, silent);
  return as_floats(grid, voxels.values, voxels.accumulation);
}

/// The radius holds two frames on each side of a voxel at the mean distance of frames.
Reconstruction gather(FrameSource& source, const VolumeGeometry& grid, const Sampling& sampling,
                      const rec::VoxelBasedOptions& defaults) {
  const Frames& frames = source.frames();
  rec::VoxelBasedOptions options = defaults;
  options.radius_mm = 2 * sampling.frame_per_voxel * sampling.spacing_mm;
  const rec::ImageRegion region(frames.shape.rows, frames.shape.columns);
  Monitor silent;
  const rec::VoxelBasedVolume volume =
      rec::reconstruct_voxel_based(source, poses_of(source), region, grid, options, silent);
  return as_floats(grid, volume.values, volume.accumulation);
}

Method pixel_based(const std::string& name, rec::Interpolation interpolation, rec::Compounding compounding) {
  return {name, [=](FrameSource& source, const VolumeGeometry& grid, const Sampling&) {
            return insert_and_fill(source, grid, interpolation, compounding);
          }};
}

Method voxel_based(const std::string& name, rec::VoxelMethod method, double brightness_weight = 0) {
  rec::VoxelBasedOptions options;
  options.method = method;
  options.brightness_weight = brightness_weight;
  return {name, [=](FrameSource& source, const VolumeGeometry& grid, const Sampling& sampling) {
            return gather(source, grid, sampling, options);
          }};
}

}  // namespace

std::vector<Method> all_methods() {
  using enum rec::Interpolation;
  using enum rec::Compounding;
  return {pixel_based("nearest, mean", nearest, mean),
          pixel_based("nearest, maximum", nearest, maximum),
          pixel_based("nearest, latest", nearest, latest),
          pixel_based("trilinear, mean", trilinear, mean),
          voxel_based("voxel nearest neighbour", rec::VoxelMethod::nearest_plane),
          voxel_based("distance-weighted", rec::VoxelMethod::distance_weighted),
          voxel_based("adaptive Gaussian", rec::VoxelMethod::adaptive_gaussian),
          voxel_based("adaptive Gaussian, brightness weight 1", rec::VoxelMethod::adaptive_gaussian, 1)};
}

}  // namespace snitt::accuracy
