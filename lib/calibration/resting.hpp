#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::calibration {

/// Consecutive samples during which a point stayed at one place.
struct Rest {
  std::size_t first = 0;  ///< samples first … last, both included
  std::size_t last = 0;
  Vec3 place_mm;                     ///< median of the members
  std::vector<std::size_t> members;  ///< samples within the tolerance of it
};

/// Medians of the coordinates.
Vec3 median_point(std::span<const Vec3> points);

/// Where a path rests: stretches in which the running median of 11 samples stays within `tolerance_mm` of a
/// place, with at least `minimum` members. Single samples far off do not end a rest; a pause on the way of
/// fewer samples is none. Samples at the ends of a stretch, where the point sets off or arrives, are left
/// out.
std::vector<Rest> find_rests(std::span<const Vec3> path_mm, double tolerance_mm, std::size_t minimum);

}  // namespace snitt::calibration
