#pragma once
#include <vector>

#include "quality/patient_size.hpp"

namespace snitt::quality {

/// Means over the slices with a body, the middle one of them, and what is doubtful.
CalibrationRecord size_summary(const std::vector<SliceSize>& slices, const SizeOptions& options);

}  // namespace snitt::quality
