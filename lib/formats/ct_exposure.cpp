#include "formats/ct_exposure.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "formats/archive.hpp"
#include "formats/dose_file.hpp"
#include "formats/file_stream.hpp"

namespace fs = std::filesystem;

namespace snitt::formats {
namespace {

constexpr std::size_t header_bytes = std::size_t{16} << 10;  // more than the header of most images

std::optional<DoseDocument> document_of(const std::string& path) {
  for (const std::size_t most : {header_bytes, header_bytes << 4U, std::size_t{longest_member}}) {
    const FileStart start = read_start(path, most);
    DoseFile file = read_dose_file(start.bytes, start.whole);
    if (!wants_more(file)) return std::move(file.document);
  }
  return std::nullopt;
}

std::vector<std::string> files_of(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

bool is_wanted(const std::optional<DoseDocument>& document, const std::string& series) {
  return document && document->source == DoseSource::ct_image && !document->events.empty() &&
         document->events.front().acquisition != CtAcquisition::constant_angle &&
         (series.empty() || document->series_uid == series);
}

}  // namespace

CtExposures read_ct_exposures(const std::string& path, const std::string& series) {
  const std::vector<std::string> files = files_of(path);
  std::vector<std::optional<DoseDocument>> documents(files.size());
  tbb::parallel_for(std::size_t{0}, files.size(),
                    [&](std::size_t i) { documents[i] = document_of(files[i]); });
  CtExposures found;
  bool first = true;
  for (const auto& document : documents) {
    if (!is_wanted(document, series)) continue;
    const DosePhantom phantom = document->events.front().phantom;
    found.phantom = first || found.phantom == phantom ? phantom : DosePhantom::unknown;
    first = false;
    if (document->slices.empty()) found.slices.push_back(document->slice);
    found.slices.insert(found.slices.end(), document->slices.begin(), document->slices.end());
  }
  return found;
}

std::size_t unpack_dicom(const std::string& archive, const std::string& folder) {
  std::size_t count = 0;
  stream_archive(archive, [&](StreamedFile&& member) {
    if (!member.problem.empty()) throw InputError("{}: {}", member.name, member.problem);
    if (!starts_as_dicom(member.bytes)) return;
    if (!member.whole)
      throw InputError("{}: is longer than {} MB; unpack the archive", member.name, longest_member >> 20U);
    const std::string name = fs::path(member.name).filename().string();
    if (name == "DICOMDIR") return;
    const std::string path = fmt::format("{}/{:06}-{}", folder, count++, name);
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(member.bytes.data()),
               static_cast<std::streamsize>(member.bytes.size()));
    if (!file.flush()) throw OutputError("{}: cannot be written", path);
  });
  if (count == 0) throw InputError("{}: is an archive without DICOM files; expected a CT series", archive);
  return count;
}

}  // namespace snitt::formats
