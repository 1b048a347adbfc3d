#pragma once
#include <optional>

#include "calibration/target_model.hpp"

namespace snitt::calibration {

/// Where a calibration with a wall begins (Prager, Rohling, Gee and Berman 1998,
/// doi:10.1016/S0301-5629(98)00044-1, gave the target and iterated from a guess; here none is needed).
/// 1. For a supposed rotation of the image the directions of all lines must lie in one plane of Reference:
///    its normal and how badly they do come from a 3x3 eigenvalue problem. A fixed set of rotations, spread
///    evenly (Shoemake 1992), is tried.
/// 2. For the best of them the pixel size, the translation and the wall's distance are linear.
/// 3. The best few are refined on some frames; the one with the smallest cost is taken.
/// `nominal_pixel_mm` gives the shape of a pixel (else it is square), and solutions whose pixels differ from
/// it by more than half are taken only when there is no other. Wrong lines lose their pull. Nothing when no
/// solution was found.
std::optional<TargetStart> start_wall(std::span<const TargetFrame> frames,
                                      const std::optional<std::array<double, 2>>& nominal_pixel_mm);

}  // namespace snitt::calibration
