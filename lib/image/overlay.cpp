#include "image/overlay.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"

namespace snitt::image {
namespace {

void refuse(const Volume& fixed, const Volume& moving) {
  if (!(fixed.geometry == moving.geometry))
    throw InputError("the two images of a picture have different grids; expected the same");
  for (const Volume* volume : {&fixed, &moving})
    if (volume->format.components != 1 || volume->time_points != 1)
      throw InputError("an image of a picture has colors or time points; expected one number per voxel");
}

std::vector<double> values_of(const Volume& volume) {
  std::vector<double> result(volume.geometry.voxels());
  visit_pixel_type(volume.format.type, [&](auto tag) {
    const auto values = volume.values<typename decltype(tag)::type>();
    std::transform(values.begin(), values.end(), result.begin(),
                   [](auto value) { return static_cast<double>(value); });
  });
  return result;
}

std::uint8_t grey(double value, Window window) {
  const double scaled = 255 * (value - window.low) / (window.high - window.low);
  return static_cast<std::uint8_t>(std::clamp(std::isfinite(scaled) ? scaled + 0.5 : 0.0, 0.0, 255.0));
}

Volume picture_volume(const Volume& like, std::size_t components) {
  Volume volume;
  volume.geometry = like.geometry;
  volume.format = {PixelType::u8, components};
  volume.frame = like.frame;
  volume.voxels.resize(like.geometry.voxels() * components);
  return volume;
}

std::array<std::size_t, 3> place(const std::array<std::size_t, 3>& size, std::size_t voxel) {
  return {voxel % size[0], voxel / size[0] % size[1], voxel / size[0] / size[1]};
}

}  // namespace

Picture checkerboard(const Volume& fixed, Window fixed_window, const Volume& moving, Window moving_window,
                     std::size_t squares) {
  refuse(fixed, moving);
  const std::vector<double> a = values_of(fixed);
  const std::vector<double> b = values_of(moving);
  const VolumeGeometry& g = fixed.geometry;
  double longest = 0;
  for (std::size_t axis = 0; axis < 3; ++axis)
    longest = std::max(longest, static_cast<double>(g.size[axis]) * g.spacing_mm[axis]);
  const double side = longest / static_cast<double>(squares);
  Volume board = picture_volume(fixed, 1);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto at = place(g.size, i);
    std::size_t number = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      number += static_cast<std::size_t>(static_cast<double>(at[axis]) * g.spacing_mm[axis] / side);
    board.values<std::uint8_t>()[i] = number % 2 == 0 ? grey(a[i], fixed_window) : grey(b[i], moving_window);
  }
  return orthogonal_views(board, {0, 255});
}

double otsu_threshold(const Volume& volume, Window window) {
  constexpr std::size_t bins = 256;
  std::array<double, bins> count{};
  double total = 0;
  double sum = 0;
  for (const double value : values_of(volume)) {
    const std::size_t bin = grey(value, window);
    ++count[bin];
    ++total;
    sum += static_cast<double>(bin);
  }
  double below = 0;
  double sum_below = 0;
  double best = -1;
  std::size_t threshold = 0;
  for (std::size_t bin = 0; bin + 1 < bins; ++bin) {
    below += count[bin];
    sum_below += static_cast<double>(bin) * count[bin];
    if (below == 0 || below == total) continue;
    const double difference = sum_below / below - (sum - sum_below) / (total - below);
    const double between = below * (total - below) * difference * difference;
    if (between > best) {
      best = between;
      threshold = bin;
    }
  }
  return window.low + (static_cast<double>(threshold) + 0.5) / 255 * (window.high - window.low);
}

Picture contour_overlay(const Volume& fixed, Window fixed_window, const Volume& moving, bool is_label) {
  refuse(fixed, moving);
  const std::vector<double> a = values_of(fixed);
  std::vector<double> b = values_of(moving);
  if (!is_label && moving.quantity != "label") {
    const double threshold = otsu_threshold(moving, default_window(moving));
    for (double& value : b) value = value > threshold ? 1 : 0;
  }
  const auto& size = fixed.geometry.size;
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  Volume overlay = picture_volume(fixed, 3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::array<std::uint8_t, 3> color{};
    color.fill(grey(a[i], fixed_window));
    const auto at = place(size, i);
    // Outlines within the three planes that are shown; across a plane every voxel of a flat face would be
    // one.
    for (std::size_t across = 0; across < 3 && b[i] != 0; ++across) {
      if (at[across] != size[across] / 2) continue;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        if (axis == across) continue;
        const bool edge = (at[axis] > 0 && b[i - stride[axis]] != b[i]) ||
                          (at[axis] + 1 < size[axis] && b[i + stride[axis]] != b[i]);
        if (edge) color = {255, 160, 0};
      }
    }
    std::copy(color.begin(), color.end(),
              overlay.values<std::uint8_t>().begin() + static_cast<std::ptrdiff_t>(3 * i));
  }
  return orthogonal_views(overlay, {0, 255});
}

}  // namespace snitt::image
