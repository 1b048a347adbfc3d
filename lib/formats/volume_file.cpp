#include "formats/volume_file.hpp"

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "formats/element_data.hpp"
#include "formats/metaimage_volume.hpp"
#include "formats/nifti_volume.hpp"
#include "formats/nrrd_volume.hpp"
#include "formats/volume_header.hpp"

namespace fs = std::filesystem;

namespace snitt::formats {
namespace {

enum class Format { none, metaimage, nrrd, nifti, dicom };

/// Long enough for any hand-written header and for the first frames' fields of a recording.
constexpr std::size_t enough_of_a_header = 64U << 10U;

/// The start of a file, unpacked if it is gzip-wrapped.
std::string head_of(const std::string& path) {
  if (starts_as_gzip(path)) return ByteSource(path, true).head(enough_of_a_header);
  return ByteSource(path, false).head(enough_of_a_header);
}

Format format_of(const std::string& path) {
  if (fs::is_directory(path)) return Format::dicom;
  if (is_nifti(path)) return Format::nifti;
  const std::string head = head_of(path);
  if (is_metaimage(head)) return Format::metaimage;
  if (is_nrrd(head)) return Format::nrrd;
  return Format::none;
}

}  // namespace

bool is_volume(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return is_dicom_series(path);
  if (!fs::is_regular_file(path, error)) return false;
  switch (format_of(path)) {
    case Format::metaimage:
    case Format::nrrd:
      return !has_frame_poses(head_of(path));
    case Format::nifti:
      return true;
    default:
      return is_dicom_series(path);
  }
}

Volume read_volume(const std::string& path, Monitor& monitor, const DicomSeriesOptions& dicom) {
  if (!fs::exists(path)) throw InputError("{}: does not exist", path);
  switch (format_of(path)) {
    case Format::metaimage:
      return read_metaimage(path, monitor);
    case Format::nrrd:
      return read_nrrd(path, monitor);
    case Format::nifti:
      return read_nifti(path, monitor);
    default:
      break;
  }
  if (fs::is_directory(path) || is_dicom_series(path)) return read_dicom_series(path, monitor, dicom);
  throw InputError("{}: is no MetaImage, NRRD, NIfTI or DICOM image", path);
}

bool is_volume_extension(const std::string& path) {
  for (const std::string_view ending : {".mha", ".mhd", ".nrrd", ".nhdr", ".nii", ".nii.gz"})
    if (ends_with_any_case(path, ending)) return true;
  return false;
}

void write_volume(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                  Compression compression) {
  const bool compressed = compression == Compression::on;
  if (ends_with_any_case(path, ".mha") || ends_with_any_case(path, ".mhd"))
    return write_metaimage(path, volume, if_exists, monitor, compressed);
  if (ends_with_any_case(path, ".nrrd") || ends_with_any_case(path, ".nhdr"))
    return write_nrrd(path, volume, if_exists, monitor, compressed);
  if (ends_with_any_case(path, ".nii")) return write_nifti(path, volume, if_exists, monitor, false);
  if (ends_with_any_case(path, ".nii.gz")) return write_nifti(path, volume, if_exists, monitor, true);
  throw UsageError("{}: extension is '{}'; expected .mha, .mhd, .nrrd, .nhdr, .nii or .nii.gz", path,
                   fs::path(path).extension().string());
}

}  // namespace snitt::formats
