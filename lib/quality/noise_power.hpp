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
  neighbour   ///< half the difference to the same region of the next plane: removes all structure
};

struct NoisePowerOptions {
  Detrend detrend = Detrend::quadratic;
  std::size_t padded_size = 0;  ///< zeros are appended to this side for a finer spectrum; 0: none
  double radial_step_per_mm =
      0;  ///< width of a bin of the radial mean; 0: the frequency step of the spectrum
  std::size_t smoothed_bins = 5;  ///< moving average before the peak is looked for
};

/// Values along the spatial frequency; bin k covers [frequency k, frequency k + 1) by left edges.
struct RadialSpectrum {
  std::vector<double> frequency_per_mm;  ///< left edge of the bin
  std::vector<double> power_hu2_mm2;     ///< mean of the 2-D spectrum over the bin; NaN where no point falls
};

struct NoisePower {
  std::size_t size = 0;               ///< side of the spectrum, in points
  double column_step_per_mm = 0;      ///< distance of its points in u
  double row_step_per_mm = 0;         ///< and in v
  std::vector<double> power_hu2_mm2;  ///< [v, u], frequency 0 at index size / 2 on both axes
  RadialSpectrum radial;
  double variance_hu2 = 0;  ///< of the detrended regions: the sum of the spectrum times its steps (Parseval)
  double noise_hu = 0;      ///< its root
  double region_noise_hu = 0;   ///< mean standard deviation of the regions
  double inhomogeneity_hu = 0;  ///< standard deviation of the regions' standard deviations
  double peak_frequency_per_mm = 0;
  double mean_frequency_per_mm = 0;
  double median_frequency_per_mm = 0;
  std::size_t regions = 0;
};

/// The mean over `regions`, all of one size, of |DFT2(region - trend)|^2 * dx * dy / N^2. Throws InputError
/// for no region, regions of different size or outside of their plane, planes of different spacing and values
/// that are not finite.
NoisePower noise_power(std::span<const ImagePlane> planes, std::span<const SquareRegion> regions,
                       const NoisePowerOptions& options = {});

/// Square regions whose centres lie on a circle of `radius_mm` around `centre`, `count` of them, the first at
/// `start_deg` from the direction of the columns towards that of the rows. Those that do not fit are left
/// out.
std::vector<SquareRegion> regions_on_circle(const ImagePlane& plane, std::size_t plane_index,
                                            PlanePoint centre, double radius_mm, std::size_t size,
                                            std::size_t count, double start_deg = 0);

}  // namespace snitt::quality
