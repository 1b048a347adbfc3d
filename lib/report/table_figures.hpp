#pragma once
#include <string>

#include "data/calibration.hpp"
#include "report/figure.hpp"
#include "report/wording.hpp"

/// Plots of tables by what their columns are, for results of any tool. Every rule says nothing for a table
/// that it does not fit; a table that fits none is a table on the page all the same.
namespace snitt::report {

/// The figures of the first rule that fits: calibrations' (calibration_figures.hpp), a funnel, a series in
/// time, curves, estimates with intervals, counts. `record` is the one that the table is of, if it is of one.
Figures table_figures(const std::string& name, const Table& table, const CalibrationRecord* record,
                      const Wording& wording);

/// Columns of limits (low_95, high_95, low_998, high_998) around a share or ratio, and what it grows precise
/// with.
Figures funnel_figures(const std::string& name, const Table& table, const Wording& wording);
/// A column of times (month, year, …) and counts, or estimates with intervals, over it.
Figures series_figures(const std::string& name, const Table& table, const Wording& wording);
/// Numbers over a frequency, size, time …, with bands for intervals: spectra, transfer functions, survival.
Figures spectrum_figures(const std::string& name, const Table& table, const Wording& wording);
/// Estimates with intervals by the words in their rows.
Figures interval_figures(const std::string& name, const Table& table, const Wording& wording);
/// Counts by the words in their rows.
Figures count_figures(const std::string& name, const Table& table, const Wording& wording);

}  // namespace snitt::report
