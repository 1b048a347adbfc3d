#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "dose/extraction.hpp"
#include "fuzz/corpus.hpp"

namespace snitt::fuzz {

void add_dose(std::vector<Specimen>& all, const std::string& folder, const std::string& sample_data) {
  if (sample_data.empty()) return;
  const std::filesystem::path samples = std::filesystem::path(sample_data) / ".." / "dose-reports";
  const std::string mapping = (samples / "other-system.json").string();
  const auto read = [mapping](const std::string& path) {
    Monitor monitor;
    dose::Extraction what;
    what.paths = {path};
    what.csv_mapping = mapping;
    dose::extract(what, monitor);
  };
  for (const char* name :
       {"abdomen-2.dcm", "head.dcm", "mammography.dcm", "philips.dcm", "other-system.csv"}) {
    std::ifstream file(samples / name, std::ios::binary);
    if (!file) throw std::runtime_error((samples / name).string() + " cannot be opened");
    all.push_back({folder + "/" + name, {std::istreambuf_iterator<char>(file), {}}, read});
  }
}

}  // namespace snitt::fuzz
