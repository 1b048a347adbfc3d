#pragma once
#include <functional>
#include <string>
#include <vector>

namespace snitt::fuzz {

/// A whole file that one parser reads without complaint, and that parser.
struct Specimen {
  std::string path;     ///< beside its companions
  std::string content;  ///< whole and right
  /// Reads everything the file promises.
  std::function<void(const std::string& path)> read;
};

/// Specimens of every foreign format, most of them small enough for thousands of rounds, written below
/// `folder`; `sample_data` has real recordings.
std::vector<Specimen> specimens(const std::string& folder, const std::string& sample_data);

/// Those of dose, on the whole way to studies: reports, captures, tables.
void add_dose(std::vector<Specimen>& all, const std::string& folder, const std::string& sample_data);
/// Transforms of other programs, as files and with the words that say what they are, made in `folder`.
void add_transforms(std::vector<Specimen>& all, const std::string& folder);

}  // namespace snitt::fuzz
