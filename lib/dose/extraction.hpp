#pragma once
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "dose/collection.hpp"
#include "dose/deidentify.hpp"

namespace snitt::dose {

struct Extraction {
  std::vector<std::string> paths;  ///< files, folders, archives
  std::vector<std::string> lists;  ///< of paths
  std::string csv_mapping;         ///< how to read .csv files; "" to leave them out
  Deidentification deidentification;
  bool keep_paths = false;  ///< name files by their paths, which may hold names of patients
};

/// Reads everything, files in parallel, and collects it in the order of the files: the result does not depend
/// on the number of threads. Memory grows with what is found, not with the files. With no key, pseudonyms are
/// numbers in the order of appearance.
DoseCollection extract(const Extraction& what, Monitor& monitor);

}  // namespace snitt::dose
