#pragma once
#include <cstdint>

namespace snitt::statistics {

/// The smallest count whose distribution function exceeds `u` (in [0, 1)): one draw of Poisson's distribution
/// per uniform number, by inversion from where the normal distribution puts it. 0 for an expectation of 0.
std::int64_t poisson_draw(double expected, double u);

}  // namespace snitt::statistics
