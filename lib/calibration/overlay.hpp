#pragma once
#include <span>

#include "calibration/probe_calibration.hpp"
#include "data/picture.hpp"

namespace snitt::calibration {

/// A frame with what was seen in it, for the eye (RGB): yellow circles around dots, green circles joined by
/// lines where they were taken for wires, red crosses where the result expects the wires. A grey frame is
/// shown as it is, other types over their range.
Picture overlay(std::span<const std::byte> pixels, const FrameShape& shape, const Dots& dots,
                const Labelling& labelling, std::span<const ImagePoint> expected);

/// Where the result expects each wire in a frame with a pose; empty for frames without one and before there
/// is a result.
std::vector<ImagePoint> expected_points(const NWireCalibration& result, const NWireRecording& recording,
                                        std::size_t frame);

}  // namespace snitt::calibration
