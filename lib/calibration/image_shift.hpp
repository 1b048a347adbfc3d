#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "calibration/grey_region.hpp"

/// How far an image has moved along its columns since another one was taken.
namespace snitt::calibration {

struct ImageShiftOptions {
  std::optional<PixelRectangle> clip;
  std::size_t band_px = 9;           ///< columns in the middle of the region that are averaged to one profile
  double smoothing_px = 1.5;         ///< standard deviation of the Gaussian that smooths a profile
  double minimum_correlation = 0.5;  ///< of the best shift; less is no match
  double minimum_overlap = 0.4;      ///< share of the profile that both images must show
};

/// Mean of the columns in the middle of the region, smoothed. [row]
std::vector<double> depth_profile(const GreyRegion& region, const ImageShiftOptions& options);

struct ProfileShift {
  double shift_px = 0;     ///< `moved` at row v + shift shows what `reference` shows at v
  double correlation = 0;  ///< normalised, of the part that both show
};

/// Shift of the highest normalised cross-correlation, between pixels by a parabola through the peak. Nothing
/// when a profile is flat or no shift correlates well enough. About 0.1 px for smoothed profiles.
std::optional<ProfileShift> profile_shift(std::span<const double> reference, std::span<const double> moved,
                                          const ImageShiftOptions& options);

/// Shifts of all profiles against the one in the middle of the motion (that whose shift against the first is
/// the median), so that as much as possible overlaps; [profile], empty profiles have none.
std::vector<std::optional<ProfileShift>> profile_shifts(const std::vector<std::vector<double>>& profiles,
                                                        const ImageShiftOptions& options);

}  // namespace snitt::calibration
