#pragma once
#include <string>

#include "data/phantom_definition.hpp"

namespace snitt::formats {

/// Throws InputError that begins with `origin` (the file's name) for a definition that is no phantom: see
/// read_phantom.
void check_phantom(const PhantomDefinition& phantom, const std::string& origin);

}  // namespace snitt::formats
