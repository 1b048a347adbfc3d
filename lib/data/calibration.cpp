#include "data/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace snitt {
namespace {

/// So many that half the interval's width shows two digits.
int decimals_of(const Quantity& quantity) {
  const double half_width = 0.5 * (quantity.high - quantity.low);
  if (!(half_width > 0) || !std::isfinite(half_width)) return -1;
  return static_cast<int>(1 - std::floor(std::log10(half_width)));
}

/// Four digits tell all that a number without an interval can be trusted for; counts are exact.
std::string plain_text(double value) {
  const bool whole = std::abs(value) < 1e15 && value == std::round(value);
  return whole || (std::abs(value) >= 1e4 && std::abs(value) < 1e15) ? fmt::format("{:.0f}", value)
                                                                     : fmt::format("{:.4g}", value);
}

std::string number_text(double value, int decimals) {
  constexpr int most = 9;  // beyond that, and left of the point, powers of ten read better
  return decimals < 0 || decimals > most ? fmt::format("{:.6g}", value)
                                         : fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

Quantity plain(std::string name, double value, std::string units, std::string description) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {std::move(name), value, none, none, std::move(units), std::move(description)};
}

Quantity within(std::string name, double value, double half_width, std::string units,
                std::string description) {
  return {std::move(name),       value, value - half_width, value + half_width, std::move(units),
          std::move(description)};
}

std::string value_text(const Quantity& quantity) {
  const bool has_interval = !std::isnan(quantity.low) && !std::isnan(quantity.high);
  const int decimals = decimals_of(quantity);
  std::string text = has_interval ? number_text(quantity.value, decimals) : plain_text(quantity.value);
  if (!quantity.units.empty() && quantity.units != "1") text += " " + quantity.units;
  if (has_interval)
    text += fmt::format(" (95 %: {} to {})", number_text(quantity.low, decimals),
                        number_text(quantity.high, decimals));
  return text;
}

const Quantity* CalibrationRecord::find(const std::string& name) const {
  const auto found =
      std::find_if(summary.begin(), summary.end(), [&](const Quantity& q) { return q.name == name; });
  return found == summary.end() ? nullptr : &*found;
}

const Table* CalibrationRecord::table(const std::string& name) const {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const auto& t) { return t.first == name; });
  return found == tables.end() ? nullptr : &found->second;
}

Table summary_table(const CalibrationRecord& record) {
  std::vector<std::string> names;
  std::vector<std::string> units;
  std::vector<std::string> descriptions;
  std::vector<double> values;
  std::vector<double> lows;
  std::vector<double> highs;
  for (const Quantity& quantity : record.summary) {
    names.push_back(quantity.name);
    values.push_back(quantity.value);
    lows.push_back(quantity.low);
    highs.push_back(quantity.high);
    units.push_back(quantity.units);
    descriptions.push_back(quantity.description);
  }
  // The unit changes from row to row, so the columns of numbers have none of their own.
  return {{{"quantity", "", "what was found", names},
           {"value", "", "estimate, in units", values},
           {"low", "", "lower end of its 95 % confidence interval, in units", lows},
           {"high", "", "upper end of its 95 % confidence interval, in units", highs},
           {"units", "", "unit of value, low and high", units},
           {"description", "", "meaning of the quantity", descriptions}}};
}

}  // namespace snitt
