#pragma once
#include <string>
#include <vector>

#include "report/columns.hpp"
#include "report/wording.hpp"

namespace snitt::report {

/// One unit of a funnel.
struct FunnelPoint {
  std::string name;
  double size = 0;  ///< examinations, expected cases: what precision grows with
  double value = 0;
  int outside = 0;  ///< 1 beyond the inner limits, 2 beyond the outer
};

/// Limits at sizes, any order.
struct FunnelLimit {
  std::string name;  ///< "95 %"
  std::vector<double> size;
  std::vector<double> low;
  std::vector<double> high;
};

/// Units against their size with limits within which chance alone leaves them (Spiegelhalter 2005). Units
/// inside are discs; those outside triangles and diamonds with their names.
struct FunnelPlot {
  std::string title;
  std::string x_label;
  std::string y_label;
  double target = 0;
  std::vector<FunnelPoint> points;
  std::vector<FunnelLimit> limits;  ///< drawn dashed, dotted, …
  bool from_zero = true;
};

/// 0, 1 or 2 (FunnelPoint) of a row with limits low_95 to high_998: what its column by_chance says, for drawn
/// limits run between counts; without that column by the limits.
int outside_of(const Rows& rows, std::size_t row, double value);

std::string svg(const FunnelPlot& plot, const Wording& wording);

}  // namespace snitt::report
