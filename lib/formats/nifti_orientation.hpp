#pragma once
#include <array>
#include <string>

#include "base/monitor.hpp"
#include "data/volume.hpp"

namespace snitt::formats {

/// The orientation fields of a NIfTI header, in its RAS space (nifti1.h, "3D IMAGE (VOLUME) ORIENTATION").
struct NiftiOrientation {
  int qform_code = 0;
  int sform_code = 0;
  std::array<double, 3> quaternion{};  ///< b, c, d
  std::array<double, 3> offset{};      ///< qoffset
  std::array<double, 12> sform{};      ///< three rows
  double handedness = 1;               ///< qfac, stored as pixdim[0]; 1 or -1
};

/// Our geometry from sform, qform or pixdim, in this order. `pixdim` as in the header (element 0 is qfac),
/// times `scale_mm` per unit. Sizes are left alone.
void set_geometry(const std::string& path, const NiftiOrientation& orientation,
                  const std::array<double, 8>& pixdim, double scale_mm, VolumeGeometry& geometry,
                  Monitor& monitor);

/// Both forms from our geometry. Sheared axes have no qform: its code is 0 then, with a warning; else both
/// codes are 1.
NiftiOrientation nifti_orientation(const std::string& path, const VolumeGeometry& geometry, Monitor& monitor);

}  // namespace snitt::formats
