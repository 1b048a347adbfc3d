#pragma once
#include <string>

#include "calibration/target_calibration.hpp"

/// Whether a motion determines a calibration with a point or a wall, and what to do when it does not; used by
/// the files of that calibration only.
namespace snitt::calibration {

/// Spread of the probe's position and angle and of where the target was seen.
TargetMotion motion_of(std::span<const TargetFrame> frames);

/// Standard deviations of the probe's turns about the image's rows, columns and normal, degrees.
Vec3 turns_about_image(std::span<const TargetFrame> frames, const Matrix4& image_to_probe);

/// Throws ComputationError for a probe that did not move, and for images that are all alike although it did.
void refuse_rest(const TargetMotion& motion, std::size_t frames);

/// Throws ComputationError for a probe that was shifted and hardly turned about any axis.
void refuse_unturned(const TargetMotion& motion);

/// What the weakest direction mostly is: "the place of the image along its depth".
std::string describe(const WeakDirection& weakest, TargetKind kind);
/// The motion that would determine it.
std::string advice(const TargetMotion& motion, const WeakDirection& weakest, TargetKind kind);

/// Throws ComputationError where the weakest direction is open by more than `most_mm`.
void refuse_open_direction(const TargetRefinement& refinement, const TargetMotion& motion, TargetKind kind,
                           double most_mm);

}  // namespace snitt::calibration
