#pragma once
#include <optional>
#include <string>

#include "data/calibration.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// The plots of one table of image quality, of a phantom (modules, inserts, ttf, mtf, nps_radial, line_pairs,
/// low_contrast, detectability …) or of a patient (slices, noise_power, resolution); none for tables that say
/// where things were found. Nothing at all for a record of another kind.
std::optional<Figures> quality_figures(const std::string& name, const Table& table,
                                       const CalibrationRecord& record, const Wording& wording);

bool is_phantom_quality(const CalibrationRecord& record);

}  // namespace snitt::report
