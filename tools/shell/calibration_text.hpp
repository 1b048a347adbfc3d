#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/calibration.hpp"

/// How every calibration tool says what it found.
namespace snitt::shell {

/// One aligned line per quantity with unit and interval, then the verdict, then one line per reason:
///
///     tip_x_mm         194.84 mm (95 %: 194.71 to 194.97)
///     residual_rms_mm  0.45 mm
///     verdict          doubtful
///       The stylus was swivelled by 12 deg only; …
std::string calibration_text(const CalibrationRecord& record);

/// {"method": …, "verdict": …, "reasons": […], "summary": {"tip_x_mm": {"value": …, "low": …, "high": …,
/// "units": "mm"}}}; what is not finite (no interval) is null. The further tables are left out.
nlohmann::json calibration_json(const CalibrationRecord& record);

}  // namespace snitt::shell
