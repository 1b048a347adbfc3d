#pragma once
#include <span>

#include "calibration/target_calibration.hpp"
#include "data/picture.hpp"

namespace snitt::calibration {

/// A frame with what was found in it, for the eye (RGB). A point: yellow circles around all dots, a green one
/// around that taken for the target. A wall: the line found, yellow, or green where it was taken for the
/// wall. Red: where the result expects the target (a cross, or the line through two crosses).
Picture target_overlay(std::span<const std::byte> pixels, const FrameShape& shape, TargetKind kind,
                       const TargetRecording& recording, std::size_t frame);

}  // namespace snitt::calibration
