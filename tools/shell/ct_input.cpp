#include "shell/ct_input.hpp"

#include <filesystem>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "formats/archive.hpp"
#include "formats/volume_file.hpp"
#include "store/layouts.hpp"

namespace fs = std::filesystem;

namespace snitt::shell {
namespace {

/// What is said about an unpacked folder is said about the archive.
class NamesArchive : public Monitor {
 public:
  NamesArchive(Monitor& to, std::string folder, std::string archive)
      : to_(to), folder_(std::move(folder)), archive_(std::move(archive)) {}
  std::string renamed(std::string_view message) const {
    std::string text(message);
    for (std::size_t at = text.find(folder_); at != std::string::npos; at = text.find(folder_, at))
      text.replace(at, folder_.size(), archive_);
    return text;
  }
  void warn(std::string_view message) override { to_.warn(renamed(message)); }
  void inform(std::string_view message) override { to_.inform(renamed(message)); }
  void detail(std::string_view message) override { to_.detail(renamed(message)); }
  void progress(std::string_view stage, double done, double total) override {
    to_.progress(stage, done, total);
  }

 private:
  Monitor& to_;
  std::string folder_;
  std::string archive_;
};

CtSeries read_series(const std::string& path, const CtInput& input, Monitor& monitor) {
  const formats::DicomSeriesOptions dicom{input.series, input.tilted_gantry == "keep"
                                                            ? formats::TiltedGantry::keep
                                                            : formats::TiltedGantry::refuse};
  if (!formats::is_volume(path))
    throw InputError("{}: is no volume; expected a CT series of DICOM files, an archive of one, or a volume",
                     path);
  CtSeries series{formats::read_volume(path, monitor, dicom), {}};
  if (series.ct.quantity == "attenuation") series.exposures = formats::read_ct_exposures(path, input.series);
  for (const auto& [name, value] : series.ct.metadata)
    if (name == "Modality" && value != "CT")
      throw InputError("{}: is a series of modality {}; expected CT", path, value);
  return series;
}

CtSeries read_archive(const CtInput& input, const std::string& output, Monitor& monitor) {
  // Never committed: it goes away.
  const AtomicFolder folder(output + ".unpacked", IfExists::refuse, [](const std::string&) { return false; });
  NamesArchive renaming(monitor, folder.temporary(), input.path);
  formats::unpack_dicom(input.path, folder.temporary());
  try {
    return read_series(folder.temporary(), input, renaming);
  } catch (const InputError& error) {
    throw InputError("{}", renaming.renamed(error.what()));
  }
}

}  // namespace

void declare_ct_series(Options& options, CtInput& input) {
  options.section("DICOM series");
  options.text("--series", input.series, "UID", "SeriesInstanceUID to take from a folder that holds several");
  options.choice("--tilted-gantry", input.tilted_gantry,
                 {{"refuse", "name the angle and stop"}, {"keep", "measure the slices as they lie"}},
                 "what becomes of slices that are not at right angles to the table");
}

CtSeries read_ct(const CtInput& input, const std::string& output, Monitor& monitor) {
  if (store::is_snitt_file(input.path)) return {store::read_volume(input.path), {}};
  const bool is_file = fs::is_regular_file(input.path);
  if (is_file && !formats::is_volume(input.path) && formats::is_archive(input.path))
    return read_archive(input, output, monitor);
  return read_series(input.path, input, monitor);
}

}  // namespace snitt::shell
