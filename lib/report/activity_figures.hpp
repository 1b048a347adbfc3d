#pragma once
#include <optional>
#include <string>

#include "data/calibration.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// The plots of one table of an activity result (rates, turnaround times, forecasts, use of scanners,
/// capacity); none for tables that are better read than drawn. Nothing at all for a result of another kind.
std::optional<Figures> activity_figures(const std::string& name, const Table& table,
                                        const CalibrationRecord& record, const Wording& wording);

}  // namespace snitt::report
