#pragma once
#include "report/row_chart.hpp"

namespace snitt::report {

/// A curve with the band of its interval, where it has one.
struct Curve {
  enum class Kind { line, steps, dots, line_and_dots };
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> low;  ///< empty without a band
  std::vector<double> high;
  Kind kind = Kind::line;
};

/// Curves over one axis: spectra and transfer functions, series in time with their forecasts, survival. Up to
/// six are told apart by colour, dash and their names at their ends.
struct CurvePlot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;
  std::vector<ReferenceLine> x_lines;
  std::vector<ReferenceLine> y_lines;
  bool from_zero = false;
  /// Where x is no plain number: places and their texts, as of months. Empty: round numbers.
  std::vector<std::pair<double, std::string>> x_ticks;
};

std::string svg(const CurvePlot& plot, const Wording& wording);

}  // namespace snitt::report
