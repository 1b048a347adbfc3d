#pragma once
#include "quality/dose_record.hpp"

namespace snitt::quality {

/// Where in the slices, all of them together, the noise that was added follows the input's least.
struct PlaceDeviation {
  double ratio = 1;  ///< added over wished noise there, relative to that of all uniform patches
  double error = 0;  ///< its standard error
  double column_mm = 0;
  double row_mm = 0;  ///< middle of the place, from the middle of the image
  bool known = false;
};

/// From uniform patches in squares of 60 mm, of those whose ratio is known to 5 %.
PlaceDeviation worst_place(const DoseEvidence& evidence);

}  // namespace snitt::quality
