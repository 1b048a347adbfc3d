#pragma once
#include <string>
#include <vector>

namespace snitt {

struct LibraryVersion {
  std::string name;
  std::string version;
};

/// The libraries that shape results, as they are loaded now where the library tells, else as compiled.
std::vector<LibraryVersion> library_versions();

}  // namespace snitt
