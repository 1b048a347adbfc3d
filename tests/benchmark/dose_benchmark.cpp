// The limit for reading dose reports: parsing and loading the files of a folder with DCMTK in this process,
// and nothing else. Prints files per second of processor time; compare_dose.py runs it beside snitt-dose and
// its peers.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <vector>

#include "formats/dicom_toolkit.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: benchmark_dose FOLDER\n");
    return 2;
  }
  snitt::formats::prepare_dicom_toolkit();
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1]))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  const std::clock_t begin = std::clock();
  std::size_t good = 0;
  for (const std::string& path : files) {
    DcmFileFormat file;
    if (file.loadFile(path.c_str()).good() && file.loadAllDataIntoMemory().good()) ++good;
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  fmt::print("{:.1f} {}\n", static_cast<double>(good) / seconds, good);
}
