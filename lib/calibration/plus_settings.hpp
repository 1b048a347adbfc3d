#pragma once
#include <string>
#include <utility>
#include <vector>

#include "calibration/wire_labelling.hpp"

namespace snitt::calibration {

/// Takes over the attributes of the element Segmentation of a PLUS device-set configuration. Throws
/// InputError naming the attribute for values that are no numbers or out of range. `origin` begins the
/// message.
void apply_plus_segmentation(const std::vector<std::pair<std::string, std::string>>& attributes,
                             const std::string& origin, DotSettings& dots, LabellingSettings& labelling);

}  // namespace snitt::calibration
