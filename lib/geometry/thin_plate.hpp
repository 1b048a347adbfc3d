#pragma once
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// p -> M p + sum of w_i |p - p_i|.
struct ThinPlate {
  Matrix4 matrix;
  std::vector<Vec3> weights;  ///< [landmark]
};

/// The thin-plate spline of three dimensions that maps from_mm[i] to to_mm[i], exactly for smoothing 0
/// (Bookstein 1989; the smoothing lambda is added to the diagonal, Wahba 1990, in mm). Throws InputError for
/// lists of different lengths, a number that is not finite, fewer than four landmarks, landmarks in one plane
/// and two landmarks in one place.
ThinPlate thin_plate_through(const std::vector<Vec3>& from_mm, const std::vector<Vec3>& to_mm,
                             double smoothing_mm = 0);

}  // namespace snitt
