#pragma once
#include "report/row_chart.hpp"

namespace snitt::report {

/// One bar of parts that lie end to end.
struct Bar {
  std::string name;
  std::vector<double> parts;  ///< [series]
};

/// Counts by name, their sums beside them. Parts are told apart by their shade and, where there is room, by
/// their number; the legend names them.
struct BarPlot {
  std::string title;
  std::string x_label;
  std::vector<Bar> bars;
  std::vector<std::string> series;  ///< names of the parts, shown when there is more than one
};

std::string svg(const BarPlot& plot, const Wording& wording);

}  // namespace snitt::report
