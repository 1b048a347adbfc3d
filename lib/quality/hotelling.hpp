#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quality/channels.hpp"

/// Channelized Hotelling observer: detectability from images themselves, whatever made them.
namespace snitt::quality {

struct HotellingOptions {
  /// Standard deviation of noise in the observer's decision over that of the decision itself; d' is divided
  /// by sqrt(1 + internal_noise²). 2.25 is in use (Yu et al. 2013).
  double internal_noise = 0;
  std::size_t splits = 10;       ///< into halves, one to train and one to test
  std::size_t bootstraps = 200;  ///< of whole images
  std::uint64_t seed = 1;
};

struct HotellingResult {
  /// Root of the unbiased estimate of d'² (0 where that is negative): of two samples of m and n images in p
  /// channels (m + n - p - 3) / (m + n - 2) T² - p (m + n) / (m n), T² = Δ' S⁻¹ Δ; with a known signal
  /// (n - p - 2) / (n - 1) s' S⁻¹ s.
  double detectability = 0;
  double low = 0;  ///< exact 95 % interval for normal channel outputs of independent samples
  double high = 0;
  double resubstitution = 0;  ///< root of T², trained and tested on the same images: too large
  double hold_out = 0;        ///< mean over the splits, trained on a half, tested on the other: too small
  double hold_out_area = 0;   ///< mean area under the ROC curve over the splits
  double deviation = 0;       ///< bootstrap standard deviation of the detectability, images redrawn
  std::size_t channels = 0;
  std::size_t present = 0;  ///< samples; 0 with a known signal
  std::size_t absent = 0;
};

/// From samples with and without the signal, their covariances pooled. Images are split and redrawn whole;
/// what needs more images than there are is NaN. Throws InputError for samples of other channels, fewer than
/// channels + 4 samples together, and channels that are not independent.
HotellingResult hotelling(const ChannelSamples& present, const ChannelSamples& absent,
                          const HotellingOptions& options = {});

/// For a signal whose channel outputs are known, from samples of noise alone. hold_out trains on a half of
/// the samples and tests on the other. Errors as above, from channels + 3 samples.
HotellingResult hotelling_known_signal(std::span<const double> signal, const ChannelSamples& noise,
                                       const HotellingOptions& options = {});

/// sqrt(s' K⁻¹ s) for a covariance [channel, channel] that is known.
double ideal_channelized(std::span<const double> signal, std::span<const double> covariance);

/// Covariance of channel outputs in stationary noise of that spectrum: the sum over frequencies of the
/// channels' transforms times the spectrum.
std::vector<double> channel_covariance(const Channels& channels, const NoisePower& noise,
                                       double row_spacing_mm, double column_spacing_mm);

}  // namespace snitt::quality
