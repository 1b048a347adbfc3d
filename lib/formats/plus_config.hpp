#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/transform.hpp"

namespace snitt::formats {

/// Whether the file is XML whose root is PlusConfiguration or that has CoordinateDefinitions.
bool is_plus_config(const std::string& path);

/// CoordinateDefinitions/Transform (From, To, Matrix: 16 numbers, row by row) of a PLUS device-set
/// configuration, in order. Throws InputError for broken XML (with line), no transform at all, a name or
/// matrix that is missing or wrong, and a transform that is there twice.
std::vector<StaticTransform> read_plus_transforms(const std::string& path);

/// Name and text of every attribute of the one element called `element` ("Segmentation"), wherever it stands,
/// in order. Throws InputError for broken XML (with line) and when there is no such element or more than one.
std::vector<std::pair<std::string, std::string>> read_plus_attributes(const std::string& path,
                                                                      const std::string& element);

}  // namespace snitt::formats
