#pragma once
#include <string>

#include "data/point_set.hpp"
#include "data/transform_chain.hpp"
#include "data/tree.hpp"

namespace snitt {

/// Points, surfaces and trees along a chain, into the frame it ends in. Normals stay at right angles to the
/// surface and on its outer side, triangles counter-clockwise from outside (a mirroring turns them); radii
/// and standard deviations grow with the cube root of the local change of volume. Throws ComputationError for
/// points without an inverse, naming the first.
PointSet moved(const PointSet& set, const ChainMapper& chain, const std::string& frame, InverseError& error);
Tree moved(const Tree& tree, const ChainMapper& chain, const std::string& frame, InverseError& error);

}  // namespace snitt
