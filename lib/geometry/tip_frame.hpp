#pragma once
#include "geometry/matrix.hpp"

namespace snitt {

/// Vector of length 1 along `vector`; the vector itself when it has no length.
Vec3 unit(Vec3 vector);

/// Angle between two vectors of any length, radians, 0 … pi; accurate for small angles.
double angle_between(Vec3 a, Vec3 b);

/// The frame of a pointer's tip as PLUS makes it: origin at the tip, z along `z_axis` (out of the tip, the
/// shaft is -z), y = z x X of the marker (z x Y where z is within 20 degrees of X), x = y x z. The result is
/// StylusTipToStylus when tip and axis are given in the marker's coordinates.
Matrix4 tip_frame(Vec3 tip_mm, Vec3 z_axis);

}  // namespace snitt
