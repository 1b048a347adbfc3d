#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "data/image_plane.hpp"

/// Noise power spectrum of a uniform region (AAPM report 233, ICRU report 87).
namespace snitt::quality {

enum class Detrend {
  mean,       ///< the region's mean is taken away
  plane,      ///< a first-order polynomial
  quadratic,  ///< the six terms of second order (report 233)
  /// The difference to the same region of the next plane over the root of 2, less its mean: removes all
  /// structure that both share. Noise that they share too, as in overlapping slices, is lost with it. A
  /// region of the last plane has no next one and is left out.
  neighbour
};

/// At which frequency a bin of the radial mean stands when peak and mean frequency are computed.
enum class BinFrequency {
  mean,      ///< mean distance of its points from frequency 0
  left_edge  ///< where it begins, half a bin lower: the definition of ImQuest
};

struct NoisePowerOptions {
  Detrend detrend = Detrend::quadratic;
  std::size_t padded_size = 0;  ///< zeros are appended to this side for a finer spectrum; 0: none
  double radial_step_per_mm =
      0;  ///< width of a bin of the radial mean; 0: the larger frequency step of the spectrum
  std::size_t smoothed_bins = 5;  ///< moving average before the peak is looked for
  BinFrequency bin_frequency = BinFrequency::mean;
};

/// Bins of 2/127 /mm by left edges, spectrum of 128 points, moving average of 5, quadratic trend: peak and
/// mean frequency as ImQuest computes them.
NoisePowerOptions imquest_noise_power();

/// Radial mean; bin k covers [frequency k, frequency k + step) by left edges.
struct RadialSpectrum {
  std::vector<double> frequency_per_mm;       ///< left edge of the bin
  std::vector<double> mean_frequency_per_mm;  ///< of the points in the bin; NaN where no point falls
  std::vector<double> power_hu2_mm2;  ///< mean of the 2-D spectrum over the bin; NaN where no point falls
  /// Relative standard error: each region gives a point and its mirror image one exponentially distributed
  /// value, and padding adds points but no information. For regions whose noise is independent.
  std::vector<double> relative_error;
  /// Linear between the bins' mean frequencies, the first value below the first bin; 0 beyond the last.
  double at(double frequency_per_mm) const;
};

struct NoisePower {
  std::size_t size = 0;               ///< side of the spectrum, in points
  double column_step_per_mm = 0;      ///< distance of its points in u
  double row_step_per_mm = 0;         ///< and in v
  std::vector<double> power_hu2_mm2;  ///< [v, u], frequency 0 at index size / 2 on both axes
  RadialSpectrum radial;
  double variance_hu2 = 0;  ///< of the detrended regions: the sum of the spectrum times its steps (Parseval)
  double noise_hu = 0;      ///< its root
  double region_noise_hu = 0;   ///< mean standard deviation of the detrended regions
  double inhomogeneity_hu = 0;  ///< standard deviation of the regions' standard deviations; 0 for one region
  double peak_frequency_per_mm = 0;    ///< of the smoothed radial mean, smoothed without frequency 0
  double mean_frequency_per_mm = 0;    ///< sum of f NPS over the sum of NPS, along the radial mean
  double median_frequency_per_mm = 0;  ///< half of the sum of the radial mean lies below
  std::size_t regions = 0;             ///< that were used

  /// Bilinear in the 2-D spectrum, 0 outside of it.
  double at(double u_per_mm, double v_per_mm) const;
};

/// The mean over `regions`, all of one size, of |DFT2(region - trend)|^2 * dx * dy / N^2. A polynomial trend
/// of m terms takes the share m / N^2 of white noise with it, all at low frequencies; it is not put back, as
/// in the reports. Throws InputError for no region, regions of different size, smaller than 8 pixels or
/// outside of their plane, planes of different size or spacing, values that are not finite, and `neighbour`
/// without a next plane.
NoisePower noise_power(std::span<const ImagePlane> planes, std::span<const SquareRegion> regions,
                       const NoisePowerOptions& options = {});

/// Spectrum whose 2-D values are given by `power_hu2_mm2` [v, u] as in NoisePower, with the numbers that
/// follow from it; region_noise_hu is its noise.
NoisePower noise_power_of(std::span<const double> power_hu2_mm2, std::size_t size, double column_step_per_mm,
                          double row_step_per_mm, const NoisePowerOptions& options = {});

/// Square regions whose centres lie on a circle of `radius_mm` around `centre`, `count` of them, the first at
/// `start_deg` from the direction of the columns towards that of the rows. Those that do not fit are left
/// out. Radius 0: one region at the centre, whatever the count.
std::vector<SquareRegion> regions_on_circle(const ImagePlane& plane, std::size_t plane_index,
                                            PlanePoint centre, double radius_mm, std::size_t size,
                                            std::size_t count, double start_deg = 0);

}  // namespace snitt::quality
