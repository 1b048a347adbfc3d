#pragma once
#include <span>
#include <string>

#include "base/atomic_file.hpp"

namespace snitt::formats {

/// Whether an HDF5 file has ITK's /TransformGroup and is not one of ours.
bool has_itk_transform(const std::string& path);

/// An AffineTransform_double_3_3 about the origin as ITK's HDF5TransformIO lays it out: nine matrix elements
/// row by row, then the translation. The same bytes for the same numbers. Throws OutputError.
void write_itk_affine_hdf5(const AtomicFile& target, std::span<const double> parameters);

}  // namespace snitt::formats
