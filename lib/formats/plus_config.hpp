#pragma once
#include <string>
#include <vector>

#include "data/transform.hpp"

namespace snitt::formats {

/// Whether the file is XML whose root is PlusConfiguration or that has CoordinateDefinitions.
bool is_plus_config(const std::string& path);

/// CoordinateDefinitions/Transform (From, To, Matrix: 16 numbers, row by row) of a PLUS device-set
/// configuration, in order. Throws InputError for broken XML (with line), no transform at all, a name or
/// matrix that is missing or wrong, and a transform that is there twice.
std::vector<StaticTransform> read_plus_transforms(const std::string& path);

}  // namespace snitt::formats
