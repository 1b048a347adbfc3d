#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "dose/extraction.hpp"

namespace snitt::dose_test {

inline dose::DoseCollection extracted(const std::vector<std::string>& paths, const std::string& key = "",
                                      bool keep_paths = false) {
  Monitor monitor;
  dose::Extraction what;
  what.paths = paths;
  what.deidentification.key = key;
  what.keep_paths = keep_paths;
  return dose::extract(what, monitor);
}

/// The folder of real reports that may not be copied into this repository; "" where it is absent.
inline std::string real_reports() {
  const char* shared = std::getenv("SNITT_SHARED_DATA");
  const std::filesystem::path folder =
      (shared != nullptr ? std::filesystem::path(shared)
                         : std::filesystem::path(SNITT_SOURCE_DIR) / "../shared/data") /
      "dose" / "sr";
  return std::filesystem::is_directory(folder) ? folder.string() : "";
}

}  // namespace snitt::dose_test
