#pragma once
#include <optional>
#include <string>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/tree.hpp"
#include "image/scalar_volume.hpp"
#include "trees/cross_section.hpp"

namespace snitt::trees {

struct CenterlineSettings {
  std::string quantity = "airways";  ///< or "vessels"
  std::optional<Vec3> root_mm;       ///< the end nearest to it is the root; the thickest end when not given
  double protrusion = 0.5;           ///< an end must come out of its parent by this share of its radius
  std::optional<double> node_spacing_mm;  ///< the finest voxel spacing when not given
  double shortest_piece_mm = 10;          ///< a loose piece with shorter lines altogether is left out
  bool largest_piece_only = true;
};

struct CenterlineResult {
  Tree tree;
  CalibrationRecord record;
};

/// Center lines of a mask: thinning, a graph of forks and ends, ends that are bumps of the wall taken away,
/// lines smoothed below a voxel and moved to the middle of their cuts, radii from the cuts across the mask,
/// or across `grey` (airways dark, vessels bright; on the mask's grid) when given. Loops stay, as links. The
/// first two branches below a single root of airways are named by the side they lead to. Throws
/// ComputationError when nothing is left.
CenterlineResult extract_centerline(const image::VoxelMask& mask, const image::ScalarVolume* grey,
                                    const CenterlineSettings& settings, Monitor& monitor);

}  // namespace snitt::trees
