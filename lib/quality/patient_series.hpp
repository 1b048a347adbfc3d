#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "quality/patient_quality.hpp"

/// What the slices of a series say together.
namespace snitt::quality {

struct SeriesTexture {
  std::optional<NoisePower> noise_power;
  std::optional<TransferFunction> resolution;
  /// Variance that the kernel of the global noise level sees, over that of a pixel; NaN without spectrum.
  double seen_share;
  std::vector<double> detectability;  ///< [task]; NaN without spectrum, its noise, or resolution
  std::vector<std::string> too_large;  ///< [task], too_large_for_regions() of it; "" when it is not
  SeriesTexture();
};

/// The whole, and the same without every group of neighbouring slices (delete-a-group jackknife).
struct SeriesEstimate {
  SeriesTexture whole;
  std::vector<SeriesTexture> left_out;
};

/// `patches` of the volume, in the order of their slices; `edges` [slice], those without resolution have NaN
/// as f50.
SeriesEstimate series_texture(const Volume& ct, const std::vector<UniformPatch>& patches,
                              const std::vector<TransferFunction>& edges,
                              const PatientQualityOptions& options);

/// Medians over the slices that are not left out, and what is doubtful; pixels are `pixel_mm` wide.
CalibrationRecord quality_summary(const std::vector<SliceQuality>& slices, const SeriesEstimate& series,
                                  const PatientQualityOptions& options, double pixel_mm);

}  // namespace snitt::quality
