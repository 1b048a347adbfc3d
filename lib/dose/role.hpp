#pragma once
#include <string>

#include "data/dose.hpp"

namespace snitt::dose {

/// What an irradiation event is for.
enum class Role { examination, localizer, bolus_tracking, projection };

const char* name_of(Role role);

/// Localizers by acquisition type (113805) or by name (topogram, scout, surview, …); bolus tracking and
/// timing by name, and only of scans that do not move (premonitoring, SmartPrep, SureStart, locator, tracker,
/// test bolus, …).
Role role_of(const DoseEvent& event, DoseSource source, const std::string& series_description);

}  // namespace snitt::dose
