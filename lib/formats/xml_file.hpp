#pragma once
#include <pugixml.hpp>
#include <string>

namespace snitt::formats {

/// Parses a file; throws InputError with the line of a fault. Included by .cpp files alone.
pugi::xml_document read_xml(const std::string& path);

}  // namespace snitt::formats
