#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/spatial_transform.hpp"

/// DICOM's Spatial Registration and Deformable Spatial Registration objects (PS3.3 A.39, C.20).
namespace snitt::formats {

bool is_dicom_registration(const std::string& path);

/// From the registered (fixed) frame of reference to another one. A Spatial Registration holds a matrix for
/// each frame of reference that leads into the registered one (C.20.2.1.1): its inverse is the map from fixed
/// to moving. A Deformable Spatial Registration leads from the registered to the source frame: first the pre
/// deformation matrix, then the offsets of a grid that lies in the registered frame, then the post
/// deformation matrix (C.20.3.1.1). Offsets that are not defined (NaN) become 0, with a warning.
/// `frame_of_reference`: UID of the moving frame; "" when the object has one besides the registered. Throws
/// InputError.
SpatialTransform read_dicom_registration(const std::string& path, const TransformName& name,
                                         const std::string& frame_of_reference, Monitor& monitor);

/// Linear transforms as a Spatial Registration; a displacement field with linear steps around it as a
/// Deformable one. Patient, study and frame of reference are those of `fixed_dicom`, the moving frame of
/// reference that of `moving_dicom`; for a name "" they are made up, from the content. Numbers as text have
/// 16 characters. Throws UsageError for transforms it cannot hold.
void write_dicom_registration(const std::string& path, const SpatialTransform& transform,
                              const std::string& fixed_dicom, const std::string& moving_dicom,
                              IfExists if_exists);

/// The number in at most 16 characters (DICOM's DS), as near as these allow.
std::string decimal_string(double value);

}  // namespace snitt::formats
