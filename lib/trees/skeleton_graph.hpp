#pragma once
#include <cstdint>
#include <vector>

#include "image/scalar_volume.hpp"

namespace snitt::trees {

/// A line of voxels between two joints.
struct SkeletonEdge {
  std::int32_t from = 0;         ///< joint
  std::int32_t to = 0;           ///< joint; the same as `from` for a ring
  std::vector<Vec3> points_mm;   ///< local mm, from one joint's middle to the other's, both with it
  std::vector<double> radii_mm;  ///< [point] from the distance map
  double length_mm() const;
};

/// Ends and forks of a thinned mask, and the lines between them.
struct SkeletonGraph {
  std::vector<Vec3> joints_mm;  ///< local mm; a fork is the middle of its voxels
  std::vector<double> joint_radii_mm;
  std::vector<SkeletonEdge> edges;
  std::vector<std::vector<std::int32_t>> edges_of() const;  ///< [joint] indices of its edges, a ring twice
};

/// `distance_mm` [voxel] as distance_map gives it.
SkeletonGraph skeleton_graph(const image::VoxelMask& thin, const std::vector<float>& distance_mm);

/// Takes away ends that do not come out of the tube they hang on by more than `protrusion` of its radius (and
/// one and a half voxels), the shortest first, and joins what becomes one line.
void prune(SkeletonGraph& graph, double protrusion, double voxel_mm);

/// Takes away what goes around a hole of the mask: of two lines between the same joints, together shorter
/// than eight times their largest radius, the longer one, and as short a ring at one joint. A ring of a real
/// vessel is longer than that, as its middle is empty.
void remove_tunnels(SkeletonGraph& graph);

}  // namespace snitt::trees
