#pragma once
#include <vector>

#include "data/point_set.hpp"

namespace snitt::registration {

struct SurfaceSamples {
  std::vector<Vec3> points_mm;
  std::vector<Vec3> normals;  ///< [point] unit vectors; empty: not known
};

/// Points on a set's triangles: its vertices, with normals weighted by the angles of their triangles unless
/// the set has its own, and, where triangles are larger than the surface over `most` points, a lattice inside
/// them. Of a set without triangles its points, and its normals if it has them.
SurfaceSamples sample_surface(const PointSet& set, std::size_t most);

}  // namespace snitt::registration
