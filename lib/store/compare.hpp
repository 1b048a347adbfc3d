#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace snitt::store {

/// What two files of one layout do not agree about.
struct Difference {
  std::string object;      ///< "/voxels", "/spacing", "/@frame"
  std::string problem;     ///< "12 of 1 635 690 values differ, by at most 3 …"
  std::size_t values = 0;  ///< how many values differ by more than the tolerance (0: not a matter of values)
  double largest = 0;      ///< largest absolute difference
  double rms = 0;          ///< over all values of the array
};

struct CompareOptions {
  double tolerance = 0;    ///< numbers may differ by this much
  bool data_only = false;  ///< arrays of numbers alone: names, texts and attributes may differ
};

/// Everything in which two Snitt files differ but their provenance, free metadata and digests. Arrays are
/// read in blocks. Two NaNs are equal. Throws InputError for unreadable files and for different layouts.
std::vector<Difference> compare_files(const std::string& a, const std::string& b,
                                      const CompareOptions& options);

}  // namespace snitt::store
