#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "data/calibration.hpp"
#include "data/point_set.hpp"
#include "data/spatial_transform.hpp"
#include "data/tree.hpp"
#include "registration/centerline_record.hpp"

/// Registration of the center lines of vessels (or airways) seen twice.
namespace snitt::registration {

/// A tree, or points of center lines in no order.
using Centerlines = std::variant<Tree, PointSet>;

struct CenterlineOptions {
  double spacing_mm = 1;       ///< of the samples along the lines; grows where there would be too many
  double direction_mm = 5;     ///< lines at right angles count as if so far apart
  double radius_mm = 2;        ///< radii that differ by the factor e count as if so far apart
  double least_share = 0.3;    ///< of the smaller set that must fit
  double least_radius_mm = 0;  ///< branches of trees that are thinner are left out
  double most_shift_mm = 1e9;  ///< how far the start may be off: of the center of the lines
  double most_turn_deg = 180;
  std::uint64_t seed = 1;
  bool bend = false;         ///< go on with a thin-plate spline from the rigid map
  double smoothing_mm = 10;  ///< of the spline, see ThinPlateFit
};

struct CenterlineRegistration {
  TransformStep step;             ///< maps fixed to moving: a rigid matrix, or a thin-plate spline
  std::vector<RankedPose> poses;  ///< the rigid ones, best first, all of them distinct; scores are fractional
                                  ///< distances (trimmed_fit)
  CalibrationRecord record;
};

/// The rigid map from fixed to moving center lines. Starts are drawn from pairs of oriented samples that are
/// alike in both (search_poses), from the header position and around it; the best are refined under a robust
/// loss whose scale falls, the best of these by trimmed closest points with automatic share (trimmed_fit).
/// Nothing is assumed of the start, and the smaller set is matched to the larger one whatever their roles,
/// so that exchanging them gives the inverse. Verdict "doubtful" with reasons: another pose fits nearly as
/// well, little of the lines fits, a direction of motion that the lines hardly determine. Throws InputError
/// for lines too short to register; ComputationError naming the free motion when the lines leave one (a
/// straight vessel turns about itself).
CenterlineRegistration register_centerlines(const Centerlines& fixed, const Centerlines& moving,
                                            const CenterlineOptions& options);

}  // namespace snitt::registration
