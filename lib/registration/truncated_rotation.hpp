#pragma once
#include <span>

#include "geometry/matrix.hpp"

namespace snitt::registration {

/// The rotation R that minimises sum of min(|b_i - R a_i|², bound²): truncated least squares by graduated
/// non-convexity (Yang, Antonante, Tzoumas and Carlone 2020, IEEE RA-L 5:1127), each step a weighted
/// orthogonal Procrustes problem. Vectors from `a` to `b`, in pairs.
Matrix4 truncated_rotation(std::span<const Vec3> a, std::span<const Vec3> b, double bound);

/// The number t that minimises sum of min((x_i - t)², bound²), exactly: between neighbouring ends of the
/// intervals x_i ± bound the members do not change, and their mean is best (adaptive voting, Yang, Shi and
/// Carlone 2021, IEEE T-RO 37:314, section VI).
double truncated_mean(std::span<const double> values, double bound);

}  // namespace snitt::registration
