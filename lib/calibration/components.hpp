#pragma once
#include <cstddef>
#include <vector>

#include "image/opening.hpp"

namespace snitt::calibration {

/// Moments of a connected component. Coordinates are those of the plane.
struct Component {
  double weight = 0;  ///< sum of values
  double weighted_u = 0;
  double weighted_v = 0;
  std::size_t pixels = 0;
  std::size_t first_u = 0;
  std::size_t last_u = 0;
  std::size_t first_v = 0;
  std::size_t last_v = 0;
};

/// Smallest and largest value.
template <typename T>
struct ValueRange {
  T lowest = 0;
  T highest = 0;
};
template <typename T>
ValueRange<T> range_of(image::PlaneView<const T> plane);

/// Components (8 neighbours) of the pixels that are at least `threshold` and not 0, in the order of their
/// first pixel, row by row.
template <typename T>
std::vector<Component> components_of(image::PlaneView<const T> plane, T threshold);

}  // namespace snitt::calibration
