#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quality/noise_power.hpp"
#include "quality/uniform_patches.hpp"

/// How noise looks, whatever its level: its spectrum within slices and its correlation from slice to slice;
/// and more noise that looks so.
namespace snitt::quality {

struct NoiseTexture {
  std::string origin;                        ///< "measured", "table" or "ramp"
  std::vector<double> frequency_per_mm;      ///< from 0, rising; the same in all directions
  std::vector<double> power;                 ///< up to a factor; 0 beyond the last
  std::vector<double> slice_correlation{1};  ///< [slices apart], of equal places
  double at(double frequency_per_mm) const;
};

/// Ramp times a cosine window that ends at `cutoff_per_mm`: what filtered back-projection with a soft kernel
/// makes of white noise in the projections.
NoiseTexture ramp_texture(double cutoff_per_mm);

/// From a radial spectrum. `trend_size` > 0: it was measured in regions of that many pixels a side without
/// their quadratic trend, in bins as wide as its points are apart; the smoothing by the small region and the
/// low frequencies that went with the trend are undone (the latter as for white noise), and frequency 0 is
/// extrapolated. Throws InputError for a spectrum without positive values.
NoiseTexture texture_of(const RadialSpectrum& radial, std::size_t trend_size = 0);

/// What `noise`, measured in unpadded regions without their quadratic trend, would be without the loss of low
/// frequencies: the radial mean as texture_of() restores it, frequency 0 included, and the 2-D spectrum and
/// its variance in proportion. Noise without variance is returned as it is. Below one cycle per region the
/// values are continued from above, not measured.
NoisePower without_trend_loss(const NoisePower& noise);

constexpr std::size_t furthest_slices = 8;  ///< apart, that are compared

/// Correlation of the detrended patches of neighbouring slices at equal places, while it is above 0.02 and
/// three standard errors; [0] is 1. `planes` are the slices of the volume. `structure_share` of the patches'
/// variance is structure that all slices share, and is taken out.
std::vector<double> slice_correlation(std::span<const ImagePlane> planes,
                                      std::span<const UniformPatch> patches, std::size_t size,
                                      const NoisePower& noise, double structure_share = 0);

/// What patches share with those at equal places several slices away: the noise of overlapping slices has
/// faded there, anatomy has not.
struct SharedStructure {
  std::size_t apart = 0;  ///< slices, 3 to 8, as many as there are patches for; 0: too few
  double share = 0;       ///< of the patches' variance: their correlation that far apart
  double error = 0;       ///< its standard error
  double third = 0;       ///< correlation three slices apart; 0 where too few patches
  double third_error = 0;
};
/// From 8 pairs of patches and a standard error of 0.05.
SharedStructure shared_structure(std::span<const ImagePlane> planes, std::span<const UniformPatch> patches,
                                 std::size_t size, const NoisePower& noise);

/// Independent values behind one region: (sum of the spectrum)^2 over the sum of its squares.
double independent_values(const NoisePower& noise);

/// Noise of unit variance on slices of one grid: a pure function of (seed, slice).
class TextureNoise {
 public:
  TextureNoise(const NoiseTexture& texture, std::size_t rows, std::size_t columns, double row_spacing_mm,
               double column_spacing_mm, std::uint64_t seed);
  /// Slices [first, first + count), each [row, column], made in parallel.
  std::vector<std::vector<float>> slices(std::size_t first, std::size_t count) const;
  /// Weights of independent slices, the middle one being the slice's own.
  const std::vector<double>& slice_weights() const { return weights_; }

 private:
  void draw_pair(std::uint64_t pair, std::vector<float>& even, std::vector<float>& odd) const;
  std::size_t rows_;
  std::size_t columns_;
  std::uint64_t seed_;
  std::vector<double> amplitude_;  ///< [v, u], frequency 0 first
  std::vector<double> weights_;
};

}  // namespace snitt::quality
