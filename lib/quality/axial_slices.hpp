#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "data/volume.hpp"

/// Slices of a CT volume as the measures of patients take them.
namespace snitt::quality {

/// Throws InputError, naming `path`, the number of values that are no finite numbers (NaN, infinite) and the
/// first of them. A measure that passed over them would look sound.
void check_finite(const Volume& ct, const std::string& path);

/// Throws InputError, naming `path`, for colours, several time points, slices of fewer than 8 x 8 pixels,
/// slices that are not axial, and values that are not finite.
void check_axial_ct(const Volume& ct, const std::string& path);

/// Whether rows of pixels run from front to back, as in patients on their side with the couch kept level.
bool is_turned(const VolumeGeometry& geometry);

/// Of the centre of the slice's first pixel.
Vec3 position_of(const VolumeGeometry& geometry, std::size_t slice);

/// Values of one slice [row, column] as floats; what is no number, or below -1024 HU, becomes -1024.
std::vector<float> slice_values(const Volume& ct, std::size_t slice);

}  // namespace snitt::quality
