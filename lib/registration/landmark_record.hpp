#pragma once
#include <string>
#include <vector>

#include "registration/landmarks.hpp"

namespace snitt::registration {

/// Fills in the record: quantities with 95 % intervals, tables "residuals" and "targets", reasons and
/// verdict. `variance_mm2` is that of a coordinate of weight 1 with `degrees` of freedom; 0 degrees: not
/// known.
void write_record(const LandmarkPairs& pairs, const LandmarkUncertainty& uncertainty, double degrees,
                  LandmarkRegistration& r);

/// Why the result may be wrong, each with what to do.
std::vector<std::string> doubts(const LandmarkPairs& pairs, const LandmarkRegistration& r);
/// Of these: what is wrong with how the landmarks lie for a map of `model`, whatever was fitted …
std::vector<std::string> doubts_of_layout(const LandmarkPairs& pairs, LandmarkModel model);
/// … and what speaks against which of them belong together.
std::vector<std::string> doubts_of_pairing(const LandmarkPairs& pairs, const LandmarkFit& fit);

/// The table "targets" of a record.
Table target_table(const std::vector<TargetError>& targets);
/// The label of a target, or its number where it has none.
std::string target_label(const PointSet& targets, std::size_t i);

}  // namespace snitt::registration
