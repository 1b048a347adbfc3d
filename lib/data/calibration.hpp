#pragma once
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "data/table.hpp"

namespace snitt {

/// One number that a calibration found, with its 95 % confidence interval where there is one.
struct Quantity {
  std::string name;  ///< "tip_x_mm", "residual_rms_mm", "time_offset_s": lower case, units at the end
  double value = 0;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::string units;  ///< "mm", "deg", "s", "1"
  std::string description;
};

/// Value, interval and unit for a person: "12.35 mm (95 %: 12.30 to 12.39)", with two digits of the
/// interval's half width; without an interval four digits, whole numbers in full.
std::string value_text(const Quantity& quantity);

/// A number without an interval.
Quantity plain(std::string name, double value, std::string units, std::string description);
/// A number with the interval of this half width around it.
Quantity within(std::string name, double value, double half_width, std::string units,
                std::string description);

/// What a calibration says about itself, beside its transform or curve.
struct CalibrationRecord {
  std::string method;                ///< "pivot", "n-wire", …
  std::string verdict;               ///< "good" or "doubtful"; a bad one is refused instead
  std::vector<std::string> reasons;  ///< why it is doubtful, each a sentence that says what to do
  std::vector<Quantity> summary;     ///< in the order in which it is printed
  std::vector<std::pair<std::string, Table>> tables;  ///< "residuals", "frames", "curve", "covariance"
  const Quantity* find(const std::string& name) const;
  const Table* table(const std::string& name) const;
};

/// The summary as a table: quantity, value, low, high, units, description, one row per quantity.
Table summary_table(const CalibrationRecord& record);

}  // namespace snitt
