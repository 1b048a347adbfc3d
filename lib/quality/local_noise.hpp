#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/image_plane.hpp"

/// Standard deviations of small neighbourhoods, and the value most of them have.
namespace snitt::quality {

enum class KernelShape { square, disk };

/// Pixels around a pixel: rows -row_reach to row_reach, each as wide as 2 * half_width + 1.
struct LocalKernel {
  std::size_t row_reach = 0;
  std::size_t column_reach = 0;
  std::vector<std::size_t> half_width;  ///< [row + row_reach]
  std::size_t pixels = 0;
};

/// As many pixels wide as the odd number nearest to size_mm / spacing, 3 at least.
LocalKernel local_kernel(KernelShape shape, double size_mm, double row_spacing_mm, double column_spacing_mm);

enum class DeviationOf {
  sample,     ///< divided by n - 1
  population  ///< divided by n, as most published programs have it
};

/// [row, column]; NaN where the kernel leaves the image.
struct LocalStatistics {
  std::vector<float> mean_hu;
  std::vector<float> deviation_hu;
};

/// Sums run in double, exact for whole HU. Values that are no numbers, or below -1024 HU, must not occur
/// (slice_values clips them).
LocalStatistics local_statistics(const ImagePlane& plane, const LocalKernel& kernel,
                                 DeviationOf deviation = DeviationOf::sample);

/// Keeps the pixels whose neighbours, row_reach rows and column_reach columns around, are all in the mask;
/// beyond the image nothing is.
std::vector<std::uint8_t> eroded(std::span<const std::uint8_t> mask, std::size_t columns,
                                 std::size_t row_reach, std::size_t column_reach);

enum class ModeEstimate {
  /// Peak, between the bins, of the histogram smoothed with a Gaussian of a third of its own width: moves
  /// smoothly with the data and does not depend on the bins.
  smooth,
  fullest_bin  ///< centre of the bin with most values, as published
};

struct NoiseMode {
  double mode_hu = 0;   ///< NaN when nothing is in the mask
  double width_hu = 0;  ///< standard deviation of the values around it, from the lower side of the peak
  std::size_t pixels = 0;
};

/// Most frequent of the values in the mask.
NoiseMode noise_mode(std::span<const float> values, std::span<const std::uint8_t> mask, double bin_hu,
                     ModeEstimate estimate = ModeEstimate::smooth);

}  // namespace snitt::quality
