#pragma once
#include "report/row_chart.hpp"

namespace snitt::report {

struct ScatterPoint {
  std::string name;
  double x = 0;
  double y = 0;
};

/// Named points, a curve through them, and lines with intervals across both axes, as for dose against
/// quality.
struct ScatterPlot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<ScatterPoint> points;
  std::vector<double> curve_x;
  std::vector<double> curve_y;
  std::vector<ReferenceLine> x_lines;  ///< upright, at a value of x
  std::vector<ReferenceLine> y_lines;
  bool from_zero = false;
};

std::string svg(const ScatterPlot& plot, const Wording& wording);

}  // namespace snitt::report
