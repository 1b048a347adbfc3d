#pragma once
#include <string>
#include <vector>

namespace snitt::store {

struct Finding {
  std::string object;
  std::string problem;  ///< "has units 'px'; expected 'mm'"
};

/// Every reason why the file is not a whole, undamaged file of its layout, bulk data included. Throws InputError when it
/// is no complete Snitt file at all.
std::vector<Finding> check_file(const std::string& path);

}  // namespace snitt::store
