#include "quality/axial_slices.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/error.hpp"

namespace snitt::quality {

void check_finite(const Volume& ct, const std::string& path) {
  visit_pixel_type(ct.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      const auto values = ct.values<T>();
      const auto is_bad = [](T value) { return !std::isfinite(value); };
      const auto first = std::ranges::find_if(values, is_bad);
      if (first == values.end()) return;
      const auto at = static_cast<std::size_t>(first - values.begin()) / ct.format.components;
      const auto& [columns, rows, slices] = ct.geometry.size;
      throw InputError(
          "{}: {} of its {} values are not finite, the first ({}) at column {}, row {}, slice {} (counted "
          "from "
          "0); expected HU everywhere (if it is padding beyond the circle of reconstruction, set it to -1024 "
          "HU; else take the scanner's own images)",
          path, std::ranges::count_if(values, is_bad), values.size(), *first, at % columns,
          at / columns % rows, at / (columns * rows) % slices);
    }
  });
}

void check_axial_ct(const Volume& ct, const std::string& path) {
  if (ct.format.components != 1)
    throw InputError("{}: has {} components per voxel; expected CT values in HU", path, ct.format.components);
  if (ct.time_points != 1)
    throw InputError("{}: has {} time points; expected one (snitt-export writes single ones)", path,
                     ct.time_points);
  if (ct.geometry.size[0] < 8 || ct.geometry.size[1] < 8)
    throw InputError("{}: slices have {} x {} pixels; expected 8 x 8 or more", path, ct.geometry.size[0],
                     ct.geometry.size[1]);
  const Vec3& x = ct.geometry.axis_directions[0];
  const Vec3& y = ct.geometry.axis_directions[1];
  constexpr double steepest = 0.71;  // 45 degrees
  if (std::abs(cross(x, y).z) < steepest)
    throw InputError(
        "{}: its slices are not axial (normal {:.2f} {:.2f} {:.2f}); expected slices across the body (take "
        "the axial reconstruction, or resample it)",
        path, cross(x, y).x, cross(x, y).y, cross(x, y).z);
  check_finite(ct, path);
}

bool is_turned(const VolumeGeometry& g) {
  return std::abs(g.axis_directions[0].x) < std::abs(g.axis_directions[1].x);
}

Vec3 position_of(const VolumeGeometry& g, std::size_t slice) {
  return g.origin_mm + (static_cast<double>(slice) * g.spacing_mm.z) * g.axis_directions[2];
}

std::vector<float> slice_values(const Volume& ct, std::size_t slice) {
  const std::size_t pixels = ct.geometry.size[0] * ct.geometry.size[1];
  std::vector<float> values(pixels);
  visit_pixel_type(ct.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* from = ct.values<T>().data() + slice * pixels;
    for (std::size_t i = 0; i < pixels; ++i) {
      const auto value = static_cast<float>(from[i]);
      values[i] = value >= -1024.0F ? value : -1024.0F;
    }
  });
  return values;
}

}  // namespace snitt::quality
