#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "data/transform.hpp"

/// Linear transforms in ITK's files. Snitt's AToB maps points of A to points of B, and ITK's transform is the
/// same map of points in LPS millimetres, so the matrix needs no inversion. Mind what a registration calls
/// its result: resampling a moving image onto a fixed one asks, for each fixed point, where it lies in the
/// moving image; elastix, ANTs and Slicer therefore store FixedToMoving.
namespace snitt::formats {

/// Whether `path` is an ITK transform (text, HDF5, or MATLAB 4 as ANTs writes it) or an elastix parameter
/// file: by its content, whatever it is called. Snitt's own files are not.
bool is_transform(const std::string& path);

/// Reads affine, matrix-offset, rigid, similarity, versor, Euler, translation and identity transforms, 2-D or
/// 3-D, and composites of those, as one matrix; `name` says between which frames. Throws InputError for
/// deformable transforms, naming the type, for elastix parameter files, and for damaged files.
StaticTransform read_transform(const std::string& path, const TransformName& name);

/// Writes an AffineTransform_double_3_3: .tfm or .txt as text, .h5 or .hdf5 as HDF5. Numbers come back
/// exactly. Throws UsageError for other extensions, OutputError when writing fails.
void write_itk_transform(const std::string& path, const StaticTransform& transform, IfExists if_exists);
/// Whether write_itk_transform knows the extension of `path`.
bool is_transform_extension(const std::string& path);

}  // namespace snitt::formats
