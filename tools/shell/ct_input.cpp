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

CtInput read_series(const std::string& path, const CtInputSettings& s, Monitor& monitor) {
  const formats::DicomSeriesOptions dicom{
      s.series, s.tilted_gantry == "keep" ? formats::TiltedGantry::keep : formats::TiltedGantry::refuse};
  if (!formats::is_volume(path))
    throw InputError("{}: is no volume; expected a CT series of DICOM files, an archive of one, or a volume",
                     path);
  CtInput series{formats::read_volume(path, monitor, dicom), {}};
  if (series.ct.quantity == "attenuation") series.exposures = formats::read_ct_exposures(path, s.series);
  for (const auto& [name, value] : series.ct.metadata)
    if (name == "Modality" && value != "CT")
      throw InputError("{}: is a series of modality {}; expected CT", path, value);
  return series;
}

CtInput read_archive(const std::string& path, const std::string& output, const CtInputSettings& s,
                     Monitor& monitor) {
  // Never committed: it goes away.
  const AtomicFolder folder(output + ".unpacked", IfExists::refuse, [](const std::string&) { return false; });
  NamesArchive renaming(monitor, folder.temporary(), path);
  formats::unpack_dicom(path, folder.temporary());
  try {
    return read_series(folder.temporary(), s, renaming);
  } catch (const InputError& error) {
    throw InputError("{}", renaming.renamed(error.what()));
  }
}

}  // namespace

void declare_ct_input(Options& options, CtInputSettings& s) {
  options.section("DICOM series");
  options.text("--series", s.series, "UID", "SeriesInstanceUID to take from a folder that holds several");
  options.choice("--tilted-gantry", s.tilted_gantry,
                 {{"refuse", "name the angle and stop"}, {"keep", "measure the slices as they lie"}},
                 "what becomes of slices that are not at right angles to the table");
}

CtInput read_ct_input(const std::string& path, const std::string& output, const CtInputSettings& s,
                      Monitor& monitor) {
  if (store::is_snitt_file(path)) return {store::read_volume(path), {}};
  const bool is_file = fs::is_regular_file(path);
  if (is_file && !formats::is_volume(path) && formats::is_archive(path))
    return read_archive(path, output, s, monitor);
  return read_series(path, s, monitor);
}

}  // namespace snitt::shell
