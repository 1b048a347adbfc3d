#pragma once
#include <map>
#include <string>
#include <vector>

#include "activity/variation.hpp"
#include "activity/variation_measures.hpp"

namespace snitt::activity {

/// The areas of one group of other dimensions.
struct VariationGroup {
  std::vector<std::string> key;    ///< [dimension]
  std::vector<std::string> names;  ///< [area]
  AreaRates areas;
};
struct LeftOutArea {
  std::vector<std::string> key;
  std::string area;
  double observed = 0;
  std::string reason;
};
struct VariationInput {
  std::vector<std::string> dimensions;
  std::vector<VariationGroup> groups;  ///< with three areas at least, sorted
  std::vector<LeftOutArea> left_out;
  std::vector<std::string> notes;  ///< what was not there and what was taken instead
};
VariationInput variation_input(const Table& rates, const VariationColumns& columns, double least_count,
                               const std::string& where);

}  // namespace snitt::activity
