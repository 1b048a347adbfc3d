#pragma once
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "reconstruction/voxel_row.hpp"

namespace snitt::reconstruction {

/// Where the pixels of a type wait to be converted.
template <typename T>
using CornersOf = std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, std::uint32_t>,
                                     RowWholeCorners, RowCorners>;

/// The pixels around the feet of a row, of one component.
template <typename T>
void fetch_corners(const T* pixels, std::size_t columns, std::size_t components, std::size_t component,
                   const RowFeet& feet, CornersOf<T>& corners) {
  using Number = typename CornersOf<T>::value_type::value_type;
  const std::ptrdiff_t right = std::ptrdiff_t(components);
  const std::ptrdiff_t below = std::ptrdiff_t(columns * components);
  for (std::size_t l = 0; l < row_voxels; ++l) {
    const T* at = pixels + std::ptrdiff_t(feet.v[l]) * below + std::ptrdiff_t(feet.u[l]) * right + component;
    corners[0][l] = Number(at[0]);
    corners[1][l] = Number(at[right]);
    corners[2][l] = Number(at[below]);
    corners[3][l] = Number(at[below + right]);
  }
}

template <typename T>
void fetch_nearest(const T* pixels, std::size_t columns, std::size_t components, std::size_t component,
                   const RowFeet& feet, RowOfNumbers& sample) {
  for (std::size_t l = 0; l < row_voxels; ++l)
    sample[l] =
        double(pixels[(std::size_t(feet.v[l]) * columns + std::size_t(feet.u[l])) * components + component]);
}

/// `value` is a weighted mean of pixels, so it lies within the type's range up to rounding.
template <typename T>
T to_pixel(double value) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(value);
  else
    return static_cast<T>(std::clamp(std::floor(value + 0.5), double(std::numeric_limits<T>::lowest()),
                                     double(std::numeric_limits<T>::max())));
}

}  // namespace snitt::reconstruction
