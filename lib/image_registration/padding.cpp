#include "image_registration/padding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "image/distance_transform.hpp"

namespace snitt::image_registration {
namespace {

constexpr float air_hu = -1000;
constexpr float least_measured_hu = -1024;  // where many scanners cut off

/// The value that most of the image's eight corners have; of equals the least.
float commonest_corner(const image::ScalarVolume& volume) {
  std::map<float, int> count;
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](std::size_t axis) {
      return ((corner >> axis) & 1) != 0 ? volume.geometry.size[axis] - 1 : 0;
    };
    ++count[volume.at(end(0), end(1), end(2))];
  }
  return std::max_element(count.begin(), count.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void leave_out(image::ScalarVolume& volume, std::optional<image::VoxelMask>& mask, const char* which,
               Monitor& monitor) {
  const std::optional<image::VoxelMask> measured = measured_part(volume);
  if (!measured) return;
  const float padding = commonest_corner(volume);
  for (std::size_t i = 0; i < volume.values.size(); ++i)
    if (measured->inside[i] == 0) volume.values[i] = air_hu;
  const double share =
      1 - static_cast<double>(measured->count()) / static_cast<double>(measured->inside.size());
  monitor.inform(fmt::format("{:.1f} % of the {} image are padding of {:g}, and are left out", 100 * share,
                             which, padding));
  if (!mask) {
    mask = *measured;
    return;
  }
  for (std::size_t i = 0; i < mask->inside.size(); ++i)
    mask->inside[i] = static_cast<std::uint8_t>(mask->inside[i] & measured->inside[i]);
}

/// Whether nearly all that is marked is marked in every slice: a scanner's field of view is, the air around a
/// patient is not.
bool is_alike_in_all_slices(const image::VoxelMask& marked) {
  const std::size_t slice = marked.geometry.size[0] * marked.geometry.size[1];
  const std::size_t slices = marked.geometry.size[2];
  std::size_t in_all = 0;
  for (std::size_t pixel = 0; pixel < slice; ++pixel) {
    std::size_t k = 0;
    while (k < slices && marked.inside[k * slice + pixel] != 0) ++k;
    if (k == slices) in_all += slices;
  }
  return static_cast<double>(in_all) > 0.99 * static_cast<double>(marked.count());
}

}  // namespace

std::vector<std::uint8_t> reaching_from_rim(const image::ScalarVolume& volume, float value) {
  const auto [nx, ny, nz] = volume.geometry.size;
  std::vector<std::uint8_t> outside(volume.values.size());
  std::vector<std::size_t> waiting;
  const auto visit = [&](std::size_t voxel) {
    if (outside[voxel] != 0 || volume.values[voxel] != value) return;
    outside[voxel] = 1;
    waiting.push_back(voxel);
  };
  for (std::size_t k = 0; k < nz; ++k)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx; ++i)
        if (i == 0 || j == 0 || k == 0 || i + 1 == nx || j + 1 == ny || k + 1 == nz)
          visit((k * ny + j) * nx + i);
  while (!waiting.empty()) {
    const std::size_t voxel = waiting.back();
    waiting.pop_back();
    const std::size_t i = voxel % nx;
    const std::size_t j = voxel / nx % ny;
    const std::size_t k = voxel / (nx * ny);
    if (i > 0) visit(voxel - 1);
    if (i + 1 < nx) visit(voxel + 1);
    if (j > 0) visit(voxel - nx);
    if (j + 1 < ny) visit(voxel + nx);
    if (k > 0) visit(voxel - nx * ny);
    if (k + 1 < nz) visit(voxel + nx * ny);
  }
  return outside;
}

std::optional<image::VoxelMask> measured_part(const image::ScalarVolume& volume) {
  const float corner = commonest_corner(volume);
  if (corner > air_hu) return std::nullopt;
  image::VoxelMask measured{volume.geometry, reaching_from_rim(volume, corner)};
  if (corner >= least_measured_hu && !is_alike_in_all_slices(measured)) return std::nullopt;
  for (std::uint8_t& voxel : measured.inside) voxel = voxel == 0 ? 1 : 0;
  const std::size_t padding = measured.inside.size() - measured.count();
  if (100 * padding < measured.inside.size() || measured.count() == 0) return std::nullopt;
  return measured;
}

void leave_padding_out(ImagePair& pair, Monitor& monitor) {
  leave_out(pair.fixed, pair.fixed_mask, "fixed", monitor);
  leave_out(pair.moving, pair.moving_mask, "moving", monitor);
}

MaskWithMargin::MaskWithMargin(const image::VoxelMask& mask) : mask_(mask) {
  std::vector<std::uint8_t> outside(mask.inside.size());
  std::transform(mask.inside.begin(), mask.inside.end(), outside.begin(),
                 [](std::uint8_t inside) { return static_cast<std::uint8_t>(inside == 0); });
  squared_mm2_ = image::squared_distances(outside, mask.geometry.size, mask.geometry.spacing_mm);
}

image::VoxelMask MaskWithMargin::without_margin(double margin_mm) const {
  const std::size_t before = mask_.count();
  for (double margin = margin_mm; margin > 0.1 * margin_mm; margin /= 2) {
    image::VoxelMask left{mask_.geometry, std::vector<std::uint8_t>(mask_.inside.size())};
    for (std::size_t i = 0; i < squared_mm2_.size(); ++i)
      left.inside[i] = squared_mm2_[i] > margin * margin ? 1 : 0;
    if (4 * left.count() >= before) return left;
  }
  return mask_;
}

}  // namespace snitt::image_registration
