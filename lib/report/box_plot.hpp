#pragma once
#include "report/row_chart.hpp"

namespace snitt::report {

/// The distribution of one group. What is NaN is not drawn.
struct Box {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::string name;
  double low = none;  ///< whiskers
  double lower_quartile = none;
  double median = none;
  double upper_quartile = none;
  double high = none;
  double median_low = none;  ///< interval of the median
  double median_high = none;
  std::string note;      ///< "n = 34"
  bool flagged = false;  ///< drawn open: not to be trusted, as of too few
};

/// Distributions over one another. The box is between the quartiles, the dot the median with its interval.
struct BoxPlot {
  std::string title;
  std::string x_label;
  std::vector<Box> boxes;
  std::vector<ReferenceLine> lines;
};

std::string svg(const BoxPlot& plot, const Wording& wording);

/// Quartiles by type 7 of Hyndman and Fan (1996), whiskers to the 5th and 95th percentile; values that are
/// not finite are left out. The number of values is the note.
Box box_of(const std::string& name, const std::vector<double>& values, const Wording& wording);

}  // namespace snitt::report
