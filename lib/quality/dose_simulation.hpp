#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/volume.hpp"
#include "quality/noise_texture.hpp"

/// A CT series as it would look at less dose: noise added in the image (Yu et al. 2012, Britten et al. 2004).
namespace snitt::quality {

struct DoseSimulationOptions {
  double fraction = 0.5;  ///< of the dose of the series, above 0 and below 1
  std::uint64_t seed = 1;
  std::optional<NoiseTexture> texture;  ///< nothing: measured, or a ramp where that cannot be
  double ramp_cutoff_per_mm = 0.7;
};

struct DoseSimulation {
  Volume low_dose;  ///< geometry, type and metadata of the input, with SimulatedDoseFraction
  /// What was added, and what was found in the result. Table "noise_power": the spectrum of the input, the
  /// wished one, the one found, and the relative standard error; "slice_correlation" by slices apart.
  CalibrationRecord record;
};

/// To `ct` in HU, whose name in messages is `path`: to each pixel noise of variance level² (1 / fraction -
/// 1), because the variance of quantum noise goes with one over the dose. The level is that of the place
/// (noise_level.hpp), scaled so that it agrees with uniform patches; the texture is that of those patches. No
/// noise is added to padding and to air that was set to one value; air that is cut at -1024 HU stays so.
/// Rounding to whole HU is allowed for. A pure function of the input and the options, whatever the number of
/// threads.
///
/// Electronic noise, which matters at very low doses, streaks and the bias of logarithms are not simulated.
/// Throws InputError for what is no axial CT, a fraction outside of (0, 1), and images without noise.
DoseSimulation simulate_dose(const Volume& ct, const std::string& path, const DoseSimulationOptions& options,
                             Monitor& monitor);

}  // namespace snitt::quality
