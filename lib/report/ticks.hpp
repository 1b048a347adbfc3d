#pragma once
#include <string>
#include <vector>

namespace snitt::report {

/// An axis with marks at whole multiples of 1, 2 or 5 times a power of ten.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 0.2;
  std::vector<double> ticks;        ///< within low … high, rising
  std::vector<std::string> labels;  ///< of the ticks, all with the decimals that the step needs
};

/// The smallest of 1, 2 and 5 times a power of ten that divides `span` into at most `most` steps.
double round_step(double span, std::size_t most);

/// An axis over the values from `low` to `high` as they are; a span of nothing is widened. `most` steps.
Axis axis_of(double low, double high, std::size_t most);
/// The same, widened to whole steps.
Axis widened_axis(double low, double high, std::size_t most);

}  // namespace snitt::report
