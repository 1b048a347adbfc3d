#pragma once
#include <string>

#include "data/picture.hpp"
#include "quality/phantom_result.hpp"

namespace snitt::quality {

/// The middle slice of a found module with the axis, the phantom's upward direction, the edge of the body,
/// and the regions that were measured in it.
Picture module_overlay(const PhantomScan& scan, const FoundModule& found, const PhantomFindings& findings);

/// "CTP404.png" for a module of that name, letters and digits kept, in the order of the modules.
std::string overlay_name(const PhantomScan& scan, std::size_t found);

}  // namespace snitt::quality
