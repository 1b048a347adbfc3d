#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "phantom/ct_blur.hpp"
#include "phantom/ct_render.hpp"

namespace snitt::phantom {

enum class NoiseTexture {
  white,      ///< flat in frequency
  projection  ///< as filtered back-projection makes it: f MTF(f)^2, rolled off by a raised cosine
};

struct CtNoise {
  double sigma_hu = 0;
  NoiseTexture texture = NoiseTexture::projection;
  double cutoff_per_mm = 0;  ///< frequency at which the raised cosine is 0; 0: half the sampling frequency
  double z_fwhm_mm = 0;      ///< white noise along z is smoothed by a Gaussian of this width; 0: independent
  std::uint64_t seed = 1;
};

/// Noise power at a frequency of the plane, HU^2 mm^2, so scaled that its sum over the frequencies of the
/// grid is the variance: what an analysis should find.
class CtNoisePower {
 public:
  CtNoisePower(const CtNoise& noise, const CtBlur& blur, const CtPixels& pixels);
  double at(double frequency_per_mm) const { return scale_ * shape(frequency_per_mm); }
  double mean_frequency_per_mm() const { return mean_; }  ///< sum of f NPS over sum of NPS along a radius
  double peak_frequency_per_mm() const { return peak_; }
  /// Root of the power of each frequency of the grid, [v, u], frequency 0 first.
  std::vector<double> amplitude() const;

 private:
  double shape(double frequency_per_mm) const;
  CtNoise noise_;
  CtBlur blur_;
  CtPixels pixels_;
  double cutoff_ = 1, scale_ = 0, mean_ = 0, peak_ = 0;
};

/// Weights of the smoothing along z, of root mean square 1: [-n, n].
std::vector<double> noise_z_weights(const CtNoise& noise, double increment_mm);
/// Correlation of the noise of neighbouring slices.
double noise_z_correlation(const std::vector<double>& weights);

/// [slice, row, column], HU, stationary, periodic in the plane. Pure function of the seed: the same for any
/// number of threads.
std::vector<float> ct_noise(const CtNoise& noise, const CtBlur& blur, const CtPixels& pixels,
                            std::size_t slices, double increment_mm);

}  // namespace snitt::phantom
