#pragma once
#include <string>

#include "base/monitor.hpp"
#include "data/volume.hpp"

/// CT, MR and PET series as DICOM files: one file per slice, or one enhanced file with many frames.
namespace snitt::formats {

enum class TiltedGantry {
  refuse,  ///< name the angle and stop: most programs would show the volume sheared without a word
  keep     ///< the third axis runs along the slice positions, not at a right angle to the slices
};

struct DicomSeriesOptions {
  std::string series;  ///< SeriesInstanceUID; needed when a folder holds several
  TiltedGantry tilted_gantry = TiltedGantry::refuse;
};

/// Whether `path` is a DICOM image file other than ultrasound, or a folder that holds one.
bool is_dicom_series(const std::string& path);

/// Slices sorted by where they lie along their normal (DICOM PS3.3 C.7.6.2), whatever the files are called.
/// CT comes out in HU, quantity "attenuation"; other values through RescaleSlope and RescaleIntercept, as
/// int16, uint16, int32 or float32, whichever is the narrowest. MONOCHROME1 values are kept as they are, with
/// a warning. Of the header only technical attributes that all slices share become metadata; never names,
/// identifiers, dates or free text about a person.
///
/// Throws InputError naming the files for: missing, duplicate or unevenly spaced slices, several series or
/// several orientations, a tilted gantry (see options), unequal sizes, missing attributes, unreadable
/// compression. Warns about localizers left out, files that are no DICOM images, and spacing that varies
/// within 10 %.
Volume read_dicom_series(const std::string& path, Monitor& monitor, const DicomSeriesOptions& options = {});

}  // namespace snitt::formats
