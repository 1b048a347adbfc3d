#pragma once
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::calibration {

/// One way to say which point is which: pairs (landmark, point), by landmark.
struct Assignment {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  double rms_mm = 0;  ///< that the rigid fit of the pairs leaves
};

/// All ways, best first (most pairs, then smallest RMS), to place `landmarks` on `points` rigidly so that at
/// least three pairs lie within `tolerance_mm` and no two ways have the same pairs; at most 50 of them.
std::vector<Assignment> match_by_geometry(std::span<const Vec3> landmarks, std::span<const Vec3> points,
                                          double tolerance_mm);

}  // namespace snitt::calibration
