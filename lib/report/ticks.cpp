#include "report/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace snitt::report {
namespace {

std::string label(double value, double step) {
  const int decimals = static_cast<int>(std::max(0.0, -std::floor(std::log10(step) + 1e-9)));
  constexpr int most_decimals = 6;
  if (decimals > most_decimals || std::abs(value) >= 1e7) return fmt::format("{:.6g}", value);
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.front() == '-') text.replace(0, 1, "\u2212");
  return text;
}

void fill_ticks(Axis& axis) {
  // Whole multiples, so that 0.3 is 3 * 0.1 and no sum of rounding errors; a hair of slack at the ends.
  constexpr double slack = 1e-9;
  const double first = std::ceil(axis.low / axis.step - slack);
  const double last = std::floor(axis.high / axis.step + slack);
  for (double i = first; i <= last; ++i) {
    const double value = i == 0 ? 0 : i * axis.step;
    axis.ticks.push_back(value);
    axis.labels.push_back(label(value, axis.step));
  }
}

Axis plain_axis(double low, double high, std::size_t most) {
  constexpr double largest = 1e300;  // so that no span overflows
  constexpr double smallest = 1e-290;
  low = std::clamp(low, -largest, largest);
  high = std::clamp(high, -largest, largest);
  if (high - low < 1e-9 * std::max(std::abs(low), std::abs(high)) + smallest) {
    const double middle = std::abs(low) < smallest ? 0 : low;
    low = high = middle;  // apart by rounding only: one value
  }
  if (!(high > low)) {  // one value: as much room as it is large
    const double room = low == 0 ? 1 : 0.1 * std::abs(low);
    low -= room;
    high += room;
  }
  Axis axis;
  axis.low = low;
  axis.high = high;
  axis.step = round_step(high - low, most);
  return axis;
}

}  // namespace

double round_step(double span, std::size_t most) {
  const double rough = span / static_cast<double>(most);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  constexpr double slack = 1 + 1e-9;  // 0.2 / 2 may be a hair more than 0.1
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power * slack >= rough) return factor * power;
  return 10 * power;
}

Axis axis_of(double low, double high, std::size_t most) {
  Axis axis = plain_axis(low, high, most);
  fill_ticks(axis);
  return axis;
}

Axis widened_axis(double low, double high, std::size_t most) {
  Axis axis = plain_axis(low, high, most);
  constexpr double slack = 1e-9;
  axis.low = axis.step * std::floor(axis.low / axis.step + slack);
  axis.high = axis.step * std::ceil(axis.high / axis.step - slack);
  fill_ticks(axis);
  return axis;
}

}  // namespace snitt::report
