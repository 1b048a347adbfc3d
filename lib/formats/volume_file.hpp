#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/volume.hpp"
#include "formats/dicom_series.hpp"

/// Volumes in other people's formats. One page each: metaimage_volume.hpp, nrrd_volume.hpp, nifti_volume.hpp,
/// dicom_series.hpp.
namespace snitt::formats {

/// Whether `path` holds an image that read_volume understands: MetaImage, NRRD or NIfTI by its first bytes
/// (gzip-wrapped MetaImage and NRRD too), a DICOM file that is not ultrasound, or a folder with at least one
/// such DICOM file. A MetaImage or NRRD file with poses per frame is a recording (igs_sequence.hpp), not a
/// volume.
bool is_volume(const std::string& path);

/// Reads the whole image. Every format comes out in LPS millimetres: NIfTI's and NRRD's other spaces are
/// turned. `dicom` matters for DICOM alone. Throws InputError naming the file, what is wrong and, where there
/// is one, the way out.
Volume read_volume(const std::string& path, Monitor& monitor, const DicomSeriesOptions& dicom = {});

enum class Compression { on, off };

/// Writes by extension: .mha, .mhd (+ .raw or .zraw), .nrrd, .nhdr (+ .raw or .raw.gz), .nii (never
/// compressed), .nii.gz (always compressed). Whole or absent; of two files the data come first, so that a
/// header never stands alone. Frame, quantity, units and metadata are kept where the format has room; what it
/// has no room for is said to `monitor`. Throws UsageError for an extension it does not know, OutputError
/// when writing fails.
void write_volume(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                  Compression compression = Compression::on);
/// Whether write_volume knows the extension of `path`.
bool is_volume_extension(const std::string& path);

}  // namespace snitt::formats
