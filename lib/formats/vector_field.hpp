#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/spatial_transform.hpp"
#include "formats/point_file.hpp"

/// Displacement fields as images of vectors: moving = x + u(x) on the grid of the fixed image.
namespace snitt::formats {

/// Whether the image has three numbers of floating point per voxel, in three dimensions.
bool is_vector_field(const std::string& path);

/// MetaImage (ITK, elastix, plastimatch: LPS), NRRD and NIfTI (intent 1007). The vectors of an NRRD file are
/// in its space (LPS, RAS, LAS) like its grid; where it names none or another, `coordinates` has to say which
/// for both. NIfTI of NiftyReg says by its intent_p1 that it holds displacements or positions, in RAS. Other
/// NIfTI files do not say whether their vectors are in LPS (ANTs, ITK) or RAS: `coordinates` has to.
/// Positions become displacements. Throws InputError naming file, value and expectation: velocity fields,
/// control points, numbers that are not finite.
SpatialTransform read_vector_field(const std::string& path, const TransformName& name,
                                   Coordinates coordinates, Monitor& monitor);

enum class VectorConvention { lps, niftyreg };

/// A single displacement field by extension: .nii, .nii.gz with intent 1007 (LPS as ANTs, or displacements of
/// NiftyReg in RAS), .mha, .mhd, .nrrd (LPS). Throws UsageError for other transforms and extensions.
void write_vector_field(const std::string& path, const SpatialTransform& transform,
                        VectorConvention convention, IfExists if_exists, Monitor& monitor);

}  // namespace snitt::formats
