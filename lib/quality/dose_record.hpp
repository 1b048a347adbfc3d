#pragma once
#include "data/calibration.hpp"
#include "quality/dose_simulation.hpp"
#include "quality/noise_source.hpp"

namespace snitt::quality {

/// Gathered while noise is added, over pixels of the body.
struct DoseSums {
  double shift = 0;  ///< sum of what was added
  double level_squares = 0;
  double body = 0;
  double scale = 1;  ///< of the map of levels, to agree with the patches
};

/// What the record is made of: the series before and after.
struct DoseEvidence {
  const DoseSimulationOptions& options;
  const NoiseTexture& texture;
  const PatchNoise& patches;
  const SliceStack& before;
  const SliceStack after;
  const std::vector<NoiseRegions>& regions;
  const LocalKernel& kernel;
  const DoseSums& sums;
};

/// Measures the noise of the result against what was wished for, with verdict.
CalibrationRecord dose_record(const DoseEvidence& evidence);

}  // namespace snitt::quality
