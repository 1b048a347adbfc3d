#pragma once
#include <string>
#include <vector>

#include "data/point_set.hpp"
#include "geometry/matrix.hpp"
#include "registration/nearest_points.hpp"

namespace snitt::registration {

/// Points made ready for registration: sorted, so that the order in the file does not matter, thinned evenly,
/// with normals and a tree.
struct PointCloud {
  std::vector<Vec3> points_mm;
  std::vector<Vec3> normals;  ///< [point] unit vectors
  bool is_oriented = false;   ///< the normals point to the same side of the surface everywhere
  double spacing_mm = 0;      ///< median distance to the nearest neighbour
  Vec3 center_mm;             ///< mean
  double radius_mm = 0;       ///< root mean square distance from it
  NearestPoints tree{{}};
  std::size_t size() const { return points_mm.size(); }
};

/// A cloud of at most `most` points. Of a surface with triangles the points lie on the triangles, as densely
/// as `most` allows, with their normals; else the points are the set's own, with the set's normals or those
/// of the plane through the 12 nearest neighbours, all turned away from the centre. Throws ComputationError
/// naming the set (`which`, as "the fixed set"): fewer than four points, all at one place, on a line, a
/// coordinate that is not finite.
PointCloud make_cloud(const PointSet& set, std::size_t most, const std::string& which);

/// The same surface with fewer points.
PointCloud thinned(const PointCloud& cloud, std::size_t most);

/// Indices, rising, of at most `most` points that cover all alike: one for each filled cell of a grid.
std::vector<std::size_t> even_subset(const std::vector<Vec3>& points, std::size_t most);

/// Throws ComputationError when one set is more than 50 times as large as the other (root mean square
/// distances from their centers): metres against millimetres.
void refuse_other_units(double fixed_radius_mm, double moving_radius_mm);

}  // namespace snitt::registration
