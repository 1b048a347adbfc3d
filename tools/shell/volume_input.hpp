#pragma once
#include <string>

#include "base/monitor.hpp"
#include "data/volume.hpp"

namespace snitt::shell {

/// A volume of a Snitt file, or of anything that formats::read_volume reads. Throws InputError.
Volume read_volume(const std::string& path, Monitor& monitor);

}  // namespace snitt::shell
