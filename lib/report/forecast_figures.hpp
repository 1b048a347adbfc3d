#pragma once
#include <string>

#include "data/calibration.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// Of snitt-activity-forecast: each series with its forecast and bands (the table of forecasts), and the
/// errors of the methods that were tried (methods). None for other tables.
Figures forecast_figures(const std::string& name, const Table& table, const CalibrationRecord& record,
                         const Wording& wording);

}  // namespace snitt::report
