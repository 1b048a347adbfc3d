#include "data/calibration.hpp"

#include <algorithm>

namespace snitt {

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

}  // namespace snitt
