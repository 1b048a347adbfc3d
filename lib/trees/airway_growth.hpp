#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "image/scalar_volume.hpp"
#include "trees/trachea.hpp"
#include "trees/wall_lines.hpp"

namespace snitt::trees {

struct GrowthRules {
  std::vector<double> thresholds_hu;  ///< tried one after the other, high ones first
  double wall_hu = -700;              ///< what a voxel just outside an airway reaches when there is a wall
  double rise_hu = 100;               ///< and by how much it is brighter than a voxel of the airway
  /// A quarter of each layer of an airway is darker than this: when it is 1.5 voxels wide or less, and 3 and
  /// more (radius).
  double narrow_lumen_hu = -810;
  double wide_lumen_hu = -910;
  double least_wall_share = 0.75;  ///< of the rays across an airway that must meet a wall
  std::size_t least_lines = 10;    ///< of WallLines in a voxel of an airway
  double widening = 2.2;           ///< of the cross-section in a branch that passes for an airway
  double widening_mm2 = 6;         ///< and besides
  double shortest_mm = 2;          ///< a shorter branch is not kept
};

/// A branch of the growth: between two places where the wavefront divides.
struct GrownBranch {
  std::int32_t parent = -1;
  std::vector<std::uint32_t> voxels;
  double threshold_hu = 0;
  double length_mm = 0;
  double area_mm2 = 0;    ///< median cross-section
  double wall_share = 0;  ///< mean share of rays that met a wall
  double wall_hu = 0;     ///< median of what the rays met just outside
  bool was_cut = false;   ///< grew into a leak at every threshold; the part before it was kept
};

struct AirwayGrowth {
  std::vector<GrownBranch> branches;
  std::size_t leaks_refused = 0;     ///< growths that leaked and were taken back
  std::size_t branches_cut = 0;      ///< branches that were kept up to a leak
  std::size_t branches_dropped = 0;  ///< too short or without walls
};

/// Wavefronts run from the cut through the airways, branch by branch: a branch ends where its front divides,
/// dies or leaks. A front leaks when it widens suddenly, falls into many pieces, or when the rays across it
/// meet no wall; the branch is then grown again with a lower threshold, and when it leaks at all of them, the
/// longest clean part is kept. After Schlathölter et al. 2002 (Proc SPIE 4684:276, fronts and branches), van
/// Ginneken et al. 2008 (MICCAI, a threshold for each branch), with the wall as third witness.
AirwayGrowth grow_airways(const image::ScalarVolume& ct, const TracheaCut& start, const GrowthRules& rules);

}  // namespace snitt::trees
