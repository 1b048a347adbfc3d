#pragma once
#include "registration/landmarks.hpp"

namespace snitt::registration {

/// Fills in the record: quantities with 95 % intervals, tables "residuals" and "targets", reasons and
/// verdict. `variance_mm2` is that of a coordinate of weight 1 with `degrees` of freedom; 0 degrees: not
/// known.
void write_record(const LandmarkPairs& pairs, const LandmarkUncertainty& uncertainty, double degrees,
                  LandmarkRegistration& r);

/// Why the result may be wrong, each with what to do.
std::vector<std::string> doubts(const LandmarkPairs& pairs, const LandmarkRegistration& r);

}  // namespace snitt::registration
