#pragma once
#include <vector>

#include "calibration/surface_objects.hpp"
#include "geometry/matrix.hpp"

namespace snitt::calibration {

/// Consecutive samples that lie in one plane and fill part of it.
struct FlatStretch {
  std::size_t first = 0;  ///< samples first … last, both included
  std::size_t last = 0;
  Vec3 center_mm;
  Vec3 normal;  ///< of either sign
};

/// Stretches of at least 30 samples, longest first, flat within about 1 mm and more than 5 mm (RMS) wide.
std::vector<FlatStretch> find_flat_stretches(const std::vector<Vec3>& tip_mm);

/// PhantomToReference, right to a few millimetres, from a path of the tip on the phantom's planes and lines
/// when nothing else is known: the normals of three flat stretches are laid on those of three planes in every
/// way that their angles allow, and the way that brings most of the path within 2 mm of an object wins.
/// Throws ComputationError when there are fewer than three such stretches in different directions, when no
/// way brings most of the flat samples to an object, and when another way is as good (a symmetrical phantom).
Matrix4 find_start(const std::vector<Vec3>& tip_mm, const PhantomDefinition& phantom, double margin_mm = 10);

}  // namespace snitt::calibration
