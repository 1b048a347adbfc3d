#pragma once
#include "quality/noise_power.hpp"

namespace snitt::quality {

/// Mean over rings of `step` (0: the larger step of the spectrum). `information` is the number of independent
/// values behind each point of the spectrum: regions, less where it is padded.
RadialSpectrum radial_mean(const NoisePower& noise, double step_per_mm, double information);

/// Radial mean, variance and characteristic frequencies of the 2-D spectrum in `noise`.
void summarize(NoisePower& noise, const NoisePowerOptions& options, double information);

}  // namespace snitt::quality
