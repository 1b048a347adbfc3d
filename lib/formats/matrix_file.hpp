#pragma once
#include <string>

#include "data/transform.hpp"
#include "data/volume.hpp"

/// Plain text files of one 4x4 matrix, which do not say what it is.
namespace snitt::formats {

/// Whether the file is text of 16 numbers.
bool is_matrix_file(const std::string& path);

/// Matrix of FSL's FLIRT (-in moving -ref fixed -omat): scaled voxels of the moving image to those of the
/// fixed one, x running backwards in an image whose voxel axes are right-handed in RAS. Gives fixed to moving
/// in LPS mm, its inverse. Throws InputError.
StaticTransform read_flirt(const std::string& path, const TransformName& name, const VolumeGeometry& fixed,
                           const VolumeGeometry& moving);
std::string flirt_text(const Matrix4& fixed_to_moving, const VolumeGeometry& fixed,
                       const VolumeGeometry& moving);

/// Matrix of NiftyReg (reg_aladin -ref fixed -flo moving -aff): fixed to moving in RAS mm.
StaticTransform read_niftyreg_affine(const std::string& path, const TransformName& name);
std::string niftyreg_text(const Matrix4& fixed_to_moving);

/// Voxel indices to the scaled voxels of FSL.
Matrix4 index_to_fsl(const VolumeGeometry& geometry);

}  // namespace snitt::formats
