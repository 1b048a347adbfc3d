#pragma once
#include <optional>

#include "calibration/target_model.hpp"

namespace snitt::calibration {

/// Where a calibration with a point begins. In each frame ProbeToReference (a u + b v + t) = p: linear in the
/// image axes a and b, the place t of the pixel (0, 0) and the point p (12 unknowns, 3 equations a frame;
/// Detmer et al. 1994, doi:10.1016/0301-5629(94)90052-3, had the target but solved iteratively). Which of a
/// frame's candidates is the point, and in which frames none is, is found by seeded sampling (Fischler and
/// Bolles 1981; truncated squares). With `expected_mm` only solutions within `expected_error_mm` of one of
/// these places count. Nothing when no solution has two thirds of the sampled frames or 12 frames on its
/// side.
std::optional<TargetStart> start_point(std::span<const TargetFrame> frames,
                                       std::span<const Vec3> expected_mm = {}, double expected_error_mm = 20);

}  // namespace snitt::calibration
