#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::image {

/// Squared distance in mm² from every voxel's center to the nearest one that is set, [slice, row, column];
/// infinite if none is (Felzenszwalb and Huttenlocher 2012: lower envelopes of parabolas, axis by axis). Axes
/// at right angles.
std::vector<double> squared_distances(const std::vector<std::uint8_t>& set,
                                      const std::array<std::size_t, 3>& size, Vec3 spacing_mm);

}  // namespace snitt::image
