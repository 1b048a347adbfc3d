#include "formats/dicom_series.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <type_traits>

#include "base/error.hpp"
#include "formats/dicom_slice.hpp"
#include "formats/dicom_stack.hpp"
#include "formats/dicom_toolkit.hpp"

namespace fs = std::filesystem;

namespace snitt::formats {
namespace {

std::vector<std::string> files_of(const std::string& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file() && entry.path().filename() != "DICOMDIR")
      files.push_back(entry.path().string());
  std::ranges::sort(files);
  if (files.empty()) throw InputError("{}: folder holds no files; expected DICOM images", path);
  return files;
}

std::string name_of_file(const std::string& path) { return fs::path(path).filename().string(); }

/// "a.txt, b.txt, c.txt and 4 more".
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 3; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > 3 ? fmt::format("{} and {} more", text, names.size() - 3) : text;
}

std::vector<DicomFile> read_headers(const std::string& path, Monitor& monitor) {
  const std::vector<std::string> names = files_of(path);
  std::vector<DicomFile> files(names.size());
  prepare_dicom_toolkit();
  tbb::parallel_for(std::size_t{0}, names.size(),
                    [&](std::size_t i) { files[i] = read_dicom_header(names[i]); });
  std::vector<std::string> others;
  for (const DicomFile& file : files)
    if (!file.is_image) others.push_back(name_of_file(file.path));
  std::erase_if(files, [](const DicomFile& file) { return !file.is_image; });
  if (files.empty()) throw InputError("{}: holds no DICOM image ({})", path, listed(others));
  if (!others.empty())
    monitor.warn(fmt::format("{}: {} of {} files are no DICOM images and are not read: {}", path,
                             others.size(), names.size(), listed(others)));
  return files;
}

std::string series_list(const std::vector<DicomFile>& files) {
  std::map<std::string, std::pair<std::size_t, const DicomFile*>> series;
  for (const DicomFile& file : files) {
    auto& [count, example] = series[file.series_uid];
    ++count;
    example = &file;
  }
  std::string text;
  for (const auto& [uid, entry] : series) {
    text += fmt::format("\n  {}  {} files, {}", uid.empty() ? "(no SeriesInstanceUID)" : uid, entry.first,
                        entry.second->modality);
    if (entry.second->slices.empty()) continue;
    // Not the description: it may name a person, and messages end in logs.
    for (const auto& [name, value] : entry.second->slices.front().technical)
      if (name == "SliceThickness" || name == "ConvolutionKernel" || name == "EchoTime")
        text += fmt::format(", {} {}", name, value);
  }
  return text;
}

/// The files of one series: the wanted one, or the only one.
std::vector<DicomFile> choose_series(const std::string& path, std::vector<DicomFile> files,
                                     const std::string& wanted) {
  // A damaged file that no longer says where it belongs may be a slice of any series.
  for (const DicomFile& file : files)
    if (file.series_uid.empty() && !file.problem.empty()) throw InputError("{}: {}", file.path, file.problem);
  const auto is_wanted = [&](const DicomFile& file) { return file.series_uid == wanted; };
  if (!wanted.empty() && std::ranges::none_of(files, is_wanted))
    throw InputError("{}: holds no series '{}'; there are:{}", path, wanted, series_list(files));
  const std::string uid = wanted.empty() ? files.front().series_uid : wanted;
  const auto other = [&](const DicomFile& file) { return file.series_uid != uid; };
  if (wanted.empty() && std::ranges::any_of(files, other))
    throw InputError("{}: holds several series (choose one: --series UID):{}", path, series_list(files));
  std::erase_if(files, other);
  return files;
}

void check_usable(const std::vector<DicomFile>& files) {
  for (const DicomFile& file : files)
    if (!file.problem.empty()) throw InputError("{}: {}", file.path, file.problem);
}

/// A scout view often travels in the folder of the slices it was made for; it is no part of the volume.
void leave_out_localizers(const std::string& path, std::vector<DicomFile>& files, Monitor& monitor) {
  const auto is_localizer = [](const DicomFile& file) { return file.slices.front().localizer; };
  std::vector<std::string> names;
  for (const DicomFile& file : files)
    if (is_localizer(file)) names.push_back(name_of_file(file.path));
  if (names.empty() || names.size() == files.size()) return;
  std::erase_if(files, is_localizer);
  monitor.warn(fmt::format("{}: {} localizer images are left out: {}", path, names.size(), listed(names)));
}

/// Attributes that all slices say in the same words.
NamedValues common_attributes(const std::vector<DicomSlice>& slices) {
  NamedValues common = slices.front().technical;
  for (const DicomSlice& slice : slices)
    std::erase_if(common, [&](const auto& entry) {
      return std::ranges::find(slice.technical, entry) == slice.technical.end();
    });
  return common;
}

/// Units of PET are one word of capitals and digits (PS3.3 C.8.9.1); anything else is free text, which does
/// not come out.
bool is_unit_word(const std::string& text) {
  return !text.empty() && text.size() <= 9 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

void name_quantity(const std::string& path, const DicomFile& file, Volume& volume, Monitor& monitor) {
  if (file.modality == "CT") {
    volume.quantity = "attenuation";
    if (!file.has_rescale)
      monitor.warn(
          fmt::format("{}: {} has no RescaleSlope and RescaleIntercept: values are as stored, not HU", path,
                      name_of_file(file.path)));
    else if (!file.units.empty() && file.units != "HU")
      monitor.warn(fmt::format("{}: RescaleType (0028,1054) is not HU: units are left open", path));
    else
      volume.units = "HU";
  } else if (file.modality == "PT") {
    volume.quantity = "activity concentration";
    volume.units = !is_unit_word(file.units) ? "1" : file.units == "BQML" ? "Bq/ml" : file.units;
  } else if (file.modality == "MR") {
    volume.quantity = "signal";
  }
  if (file.photometric == "MONOCHROME1") {
    volume.metadata.emplace_back("PhotometricInterpretation", "MONOCHROME1");
    monitor.warn(
        fmt::format("{}: MONOCHROME1: large values are meant to be dark; values are kept as they are", path));
  }
}

/// Fills a volume from files that are decoded one after another by every thread, so that no more of them are
/// in memory than there are threads. The narrowest type that holds all values is known only when all have
/// been seen: the first file's is taken for it, and all are read once more in the rare case that it was not.
class VoxelReader {
 public:
  VoxelReader(const std::vector<DicomFile>& files, const std::vector<DicomSlice>& slices,
              const SliceStack& stack, Volume& volume)
      : files_(files),
        slices_(slices),
        volume_(volume),
        pixels_(slices.front().rows * slices.front().columns) {
    std::map<std::string, std::size_t> file_of;
    for (std::size_t i = 0; i < files.size(); ++i) file_of[files[i].path] = i;
    slices_of_.resize(files.size());
    for (std::size_t i = 0; i < slices.size(); ++i) slices_of_[file_of.at(slices[i].file)].push_back(i);
    place_of_.resize(slices.size());
    for (std::size_t k = 0; k < stack.order.size(); ++k) place_of_[stack.order[k]] = k;
    needs_.resize(slices.size());
    types_.resize(files.size());
  }

  void read() {
    const bool unchanged =
        std::ranges::all_of(slices_, [](const DicomSlice& slice) { return slice.rescale == Rescale{}; });
    const Elements first = read_dicom_pixels(files_.front().path);
    PixelType type = first.type;
    if (!unchanged) {
      for (const std::size_t i : slices_of_.front()) note(first, i);
      type = narrowest_type(needs_of(slices_of_.front()));
    }
    fill(type, &first);
    if (const PixelType found = needed_type(unchanged); found != type) fill(found, nullptr);
  }

 private:
  std::span<const std::byte> part_of(const Elements& all, std::size_t slice) const {
    const std::size_t bytes = pixels_ * size_of(all.type);
    return std::span(all.bytes).subspan(slices_[slice].frame * bytes, bytes);
  }

  void note(const Elements& stored, std::size_t slice) {
    needs_[slice] = formats::needs_of(part_of(stored, slice), stored.type, slices_[slice].rescale);
  }

  ValueNeeds needs_of(const std::vector<std::size_t>& slices) const {
    ValueNeeds all = needs_[slices.front()];
    for (const std::size_t i : slices) all = combined(all, needs_[i]);
    return all;
  }

  PixelType needed_type(bool unchanged) const {
    if (unchanged && std::ranges::all_of(types_, [&](PixelType type) { return type == types_.front(); }))
      return types_.front();
    ValueNeeds all = needs_.front();
    for (const ValueNeeds& one : needs_) all = combined(all, one);
    return narrowest_type(all);
  }

  /// Of values that `type` does not hold, nothing is written: all will be read again.
  void fill(PixelType type, const Elements* first) {
    volume_.format = {type, 1};
    volume_.voxels.resize(pixels_ * size_of(type) * slices_.size());
    tbb::parallel_for(std::size_t{0}, files_.size(), [&](std::size_t file) {
      Elements own;
      if (file > 0 || first == nullptr) own = read_dicom_pixels(files_[file].path);
      const Elements& stored = file > 0 || first == nullptr ? own : *first;
      types_[file] = stored.type;
      const std::vector<std::size_t>& slices = slices_of_[file];
      const auto place = [&](std::size_t at) { place_slice(stored, slices[at], type); };
      if (slices.size() == 1) return place(0);
      // Isolated, lest a thread that waits for frames begins with another file.
      tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::size_t{0}, slices.size(), place); });
    });
  }

  void place_slice(const Elements& stored, std::size_t slice, PixelType type) {
    const DicomSlice& from = slices_[slice];
    note(stored, slice);
    if (!holds(type, needs_[slice])) return;
    const std::size_t slice_bytes = pixels_ * size_of(type);
    rescale_into(std::span(volume_.voxels).subspan(place_of_[slice] * slice_bytes, slice_bytes), type,
                 part_of(stored, slice), stored.type, from.rescale);
  }

  static bool holds(PixelType type, const ValueNeeds& needs) {
    return visit_pixel_type(type, [&](auto tag) {
      using T = typename decltype(tag)::type;
      return !std::is_integral_v<T> || (needs.low >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
                                        needs.high <= static_cast<double>(std::numeric_limits<T>::max()));
    });
  }

  const std::vector<DicomFile>& files_;
  const std::vector<DicomSlice>& slices_;
  Volume& volume_;
  std::size_t pixels_;                               ///< of a slice
  std::vector<std::vector<std::size_t>> slices_of_;  ///< [file]
  std::vector<std::size_t> place_of_;                ///< in the volume [slice]
  std::vector<ValueNeeds> needs_;                    ///< [slice]
  std::vector<PixelType> types_;                     ///< stored ones [file]
};

}  // namespace

bool is_dicom_series(const std::string& path) {
  std::error_code error;
  const auto usable = [](const std::string& file) {
    if (!looks_like_dicom(file)) return false;
    const DicomFile header = read_dicom_header(file);
    return header.is_image && header.modality != "US" && header.modality != "IVUS";
  };
  if (!fs::is_directory(path, error)) return fs::is_regular_file(path, error) && usable(path);
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.is_regular_file() && usable(entry.path().string())) return true;
  return false;
}

Volume read_dicom_series(const std::string& path, Monitor& monitor, const DicomSeriesOptions& options) {
  if (!fs::exists(path)) throw InputError("{}: does not exist", path);
  std::vector<DicomFile> files = choose_series(path, read_headers(path, monitor), options.series);
  check_usable(files);
  leave_out_localizers(path, files, monitor);
  std::vector<DicomSlice> slices;
  for (const DicomFile& file : files) slices.insert(slices.end(), file.slices.begin(), file.slices.end());
  const SliceStack stack = stack_slices(path, slices, options.tilted_gantry, monitor);

  Volume volume;
  volume.geometry = stack.geometry;
  name_quantity(path, files.front(), volume, monitor);
  for (auto& entry : common_attributes(slices)) volume.metadata.push_back(std::move(entry));
  VoxelReader(files, slices, stack, volume).read();
  monitor.detail(
      fmt::format("{}: {} slices, {} voxels", path, slices.size(), snitt::name_of(volume.format.type)));
  return volume;
}

}  // namespace snitt::formats
