#include <limits>

#include "reconstruction/voxel_block.hpp"

namespace snitt::reconstruction {

template <typename T>
void VoxelBlock<T>::compute(const VoxelBox& box, std::span<const NearPlane> near, const PixelsOf& pixels_of) {
  sums_.resize(job_.shape.format.components);
  for (std::size_t k = box.first[2]; k < box.end[2]; ++k)
    for (std::size_t j = box.first[1]; j < box.end[1]; ++j)
      for (std::size_t i = box.first[0]; i < box.end[0]; i += row_voxels) {
        const std::size_t count = find_feet({double(i), double(j), double(k)}, near);
        if (count == 0) continue;
        choose_nearest(feet_.data(), count, job_.options->maximum_planes);
        sum_row(count, near, pixels_of);
        store_row((k * job_.size[1] + j) * job_.size[0] + i, std::min(row_voxels, box.end[0] - i));
      }
}

template <typename T>
std::size_t VoxelBlock<T>::find_feet(RowStart start, std::span<const NearPlane> near) {
  if (feet_.size() < near.size()) feet_.resize(near.size());
  std::size_t count = 0;
  for (std::size_t n = 0; n < near.size(); ++n) {
    RowFeet& feet = feet_[count];
    const FramePlane& plane = job_.planes[near[n].plane];
    if (!may_be_near(plane, start, job_.limits.radius_mm)) continue;
    if (!project_row(plane, start, job_.limits, feet)) continue;
    if (!near[n].always_inside) drop_feet_outside(feet);
    feet.near = std::uint32_t(n);
    ++count;
  }
  return count;
}

template <typename T>
void VoxelBlock<T>::drop_feet_outside(RowFeet& feet) const {
  for (std::size_t l = 0; l < row_voxels; ++l)
    if (!job_.cells->counts(feet.u[l], feet.v[l])) feet.distance[l] = std::numeric_limits<double>::infinity();
}

template <typename T>
void VoxelBlock<T>::sample(const RowFeet& feet, const std::byte* pixels, std::size_t component,
                           RowOfNumbers& out) const {
  const T* values = reinterpret_cast<const T*>(pixels);
  const std::size_t components = job_.shape.format.components;
  if (job_.options->sampling == PixelSampling::nearest) {
    fetch_nearest(values, job_.shape.columns, components, component, feet, out);
  } else {
    alignas(64) CornersOf<T> corners;
    fetch_corners(values, job_.shape.columns, components, component, feet, corners);
    interpolate_row(feet, corners, out);
  }
}

template <typename T>
void VoxelBlock<T>::sum_row(std::size_t count, std::span<const NearPlane> near, const PixelsOf& pixels_of) {
  const std::size_t components = sums_.size();
  const bool adaptive = job_.options->method == VoxelMethod::adaptive_gaussian;
  const bool by_distance = job_.options->method == VoxelMethod::distance_weighted;
  for (RowSums& sums : sums_) sums = {};
  if (adaptive) {
    samples_.resize(components * count);
    frame_numbers_.resize(count);
  }
  for (std::size_t f = 0; f < count; ++f) {
    const RowFeet& feet = feet_[f];
    const std::byte* pixels = pixels_of(feet.near);
    alignas(64) RowOfNumbers deciding;
    for (std::size_t c = 0; c < components; ++c) {
      alignas(64) RowOfNumbers out;
      sample(feet, pixels, c, out);
      if (c == 0) deciding = out;
      if (adaptive)
        samples_[c * count + f] = out;
      else
        add_weighted(feet, out, deciding, job_.reject_below, by_distance, sums_[c]);
    }
    if (adaptive) frame_numbers_[f] = job_.planes[near[feet.near].plane].frame;
  }
  if (!adaptive) return;
  for (std::size_t c = 0; c < components; ++c)
    add_adaptive(feet_.data(), samples_.data() + c * count, samples_.data(), frame_numbers_.data(), count,
                 job_.adaptive, job_.reject_below, sums_[c]);
}

template <typename T>
void VoxelBlock<T>::store_row(std::size_t voxel, std::size_t voxels) {
  const std::size_t components = sums_.size();
  for (std::size_t l = 0; l < voxels; ++l) {
    const double count = sums_[0].count[l];
    if (count == 0) continue;
    accumulation_[voxel + l] = std::uint16_t(std::min(256 * count, 65535.0));
    for (std::size_t c = 0; c < components; ++c)
      values_[(voxel + l) * components + c] = to_pixel<T>(sums_[c].value[l] / sums_[c].weight[l]);
  }
}

template class VoxelBlock<std::uint8_t>;
template class VoxelBlock<std::int8_t>;
template class VoxelBlock<std::uint16_t>;
template class VoxelBlock<std::int16_t>;
template class VoxelBlock<std::uint32_t>;
template class VoxelBlock<std::int32_t>;
template class VoxelBlock<float>;
template class VoxelBlock<double>;

}  // namespace snitt::reconstruction
