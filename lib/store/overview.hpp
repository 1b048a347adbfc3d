#pragma once
#include <string>
#include <vector>

namespace snitt::store {

struct Fact {
  std::string name;  ///< "size", "spacing_mm", "ProbeToTracker"
  std::string text;
};

/// What a person wants to know of a Snitt file before using it. Reads no bulk data but poses. Throws
/// InputError.
std::vector<Fact> overview(const std::string& path);

}  // namespace snitt::store
