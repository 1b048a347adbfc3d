#include "report/table_figures.hpp"

#include "report/calibration_figures.hpp"
#include "report/column_roles.hpp"

namespace snitt::report {

Figures table_figures(const std::string& name, const Table& table, const CalibrationRecord* record,
                      const Wording& wording) {
  if (table.rows() == 0) return {};
  // A column "error" beside an interval is a standard error, no residual.
  if (record != nullptr && estimates_of(table).empty() && has_calibration_columns(name, table)) {
    Figures figures = calibration_figures(name, table, *record, std::nullopt, wording);
    if (!figures.empty()) return figures;
  }
  for (const auto& rule :
       {funnel_figures, series_figures, spectrum_figures, interval_figures, count_figures}) {
    Figures figures = rule(name, table, wording);
    if (!figures.empty()) return figures;
  }
  return {};
}

}  // namespace snitt::report
