#pragma once
#include "report/row_chart.hpp"

namespace snitt::report {

/// One estimate with its interval.
struct Dot {
  std::string name;
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::size_t shape = 0;  ///< series
  std::string note;
};

/// Estimates with intervals over one another, as of rates, ratios and areas.
struct DotPlot {
  std::string title;
  std::string x_label;
  std::vector<Dot> dots;
  std::vector<ReferenceLine> lines;
  std::vector<std::string> series;  ///< names by shape, shown when there is more than one
  bool from_zero = false;
};

std::string svg(const DotPlot& plot, const Wording& wording);

}  // namespace snitt::report
