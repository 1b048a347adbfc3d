#pragma once
#include <string>
#include <vector>

#include "activity/count.hpp"

/// Counts of shares of the work, as one.
namespace snitt::activity {

/// A file of counts as it stands.
struct CountFile {
  std::string path;
  Table table;  ///< the first table of counts
  CalibrationRecord record;
};

/// Adds all tables cell by cell, and the reconciliations step by step. Shards must be of one set, each there
/// once. Files that are no shards are taken to share no examination, which the verdict says; persons can then
/// not be added and are left out. Throws InputError for tables with other dimensions, another counting rule
/// or code list, shards that are missing or there twice.
CountResult merge_counts(const std::vector<CountFile>& files);

}  // namespace snitt::activity
