#pragma once
#include <string>
#include <string_view>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/volume.hpp"

/// NIfTI-1 and -2 (.nii, .nii.gz, .hdr + .img): nifti.nimh.nih.gov, nifti1.h and nifti2.h.
namespace snitt::formats {

/// How our writer starts `descrip`: quantity, units and frame follow.
inline constexpr std::string_view nifti_own_description = "snitt: ";

/// By name: .nii, .nii.gz, .hdr or .hdr.gz.
bool is_nifti(const std::string& path);

/// Orientation by sform if its code is set, else qform, else none (pixdim alone, warned about); turned from
/// RAS to LPS. Scaled files (scl_slope, scl_inter) become integers again when that is exact, else float32
/// (float64 from float64). Warns where sform and qform contradict each other.
Volume read_nifti(const std::string& path, Monitor& monitor);

/// NIfTI-1 with sform and qform. Its header keeps geometry as float32, so positions come back to seven
/// digits; quantity, units and frame go into `descrip`, other metadata are left out (said to `monitor`).
void write_nifti(const std::string& path, const Volume& volume, IfExists if_exists, Monitor& monitor,
                 bool compressed);

/// What a header says of vectors, for those who read them as more than numbers.
struct NiftiIntent {
  int code = 0;
  double p1 = 0;
  std::string name;
};
/// A five-dimensional image of vectors (dim[5] of up to 4, one time point) as components; nothing else of it
/// is turned. Throws InputError for any other NIfTI.
Volume read_nifti_vectors(const std::string& path, NiftiIntent& intent, Monitor& monitor);
/// Whether the header announces such an image; false for what is no NIfTI.
bool has_nifti_vectors(const std::string& path);
/// Vectors of float32 as NIfTI-1 with five dimensions and this intent.
void write_nifti_vectors(const std::string& path, const Volume& volume, const NiftiIntent& intent,
                         IfExists if_exists, Monitor& monitor, bool compressed);

}  // namespace snitt::formats
