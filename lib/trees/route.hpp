#pragma once
#include <cstdint>
#include <vector>

#include "data/calibration.hpp"
#include "data/picture.hpp"
#include "data/tree.hpp"
#include "image/scalar_volume.hpp"

namespace snitt::trees {

struct RouteSettings {
  Vec3 target_mm;
  double instrument_diameter_mm = 0;  ///< branches narrower than this are not entered; 0: all are
  double step_mm = 1;                 ///< distance of the view points
  double warn_distance_mm = 10;       ///< between the end and the target, above which the route is doubtful
};

/// A point of the way, and how to look from there.
struct ViewPoint {
  Vec3 position_mm;
  Vec3 direction;          ///< unit vector ahead
  Vec3 up;                 ///< unit vector at right angles, carried along without turning about the direction
  double distance_mm = 0;  ///< along the way, from the root
  double radius_mm = 0;
  std::int32_t branch = 0;
};

/// One branch of the way.
struct RouteBranch {
  std::int32_t branch = 0;
  double begins_mm = 0;  ///< distance along the way
  double length_mm = 0;  ///< of the way in it
  double turning_deg =
      0;  ///< between the way before the fork and the way in this branch, over a diameter each
  double mean_radius_mm = 0;
  double least_radius_mm = 0;
};

struct Route {
  std::vector<std::size_t> nodes;  ///< of the tree, from the root
  std::vector<ViewPoint> views;
  std::vector<RouteBranch> branches;
  double length_mm = 0;             ///< from the root to the last node
  double to_target_mm = 0;          ///< from there straight to the target
  double bottleneck_radius_mm = 0;  ///< least on the way
  double bottleneck_at_mm = 0;      ///< distance along
  CalibrationRecord record;         ///< with the tables "branches"
};

/// From the root to the node nearest to the target that the instrument can reach. Throws InputError for a
/// tree without nodes or a root that the instrument does not pass.
Route plan_route(const Tree& tree, const RouteSettings& settings);

/// The view points as a table, one row each.
Table view_table(const Route& route);

/// What the lumen's wall looks like from a view point, grey, `size` pixels square, 90 degrees wide: the
/// surface is where `shape` (1 inside the lumen, 0 outside, smooth) passes one half, lit from the eye; what
/// lies beyond `farthest_mm` is black.
Picture endoscopic_view(const image::ScalarVolume& shape, const ViewPoint& view, std::size_t size,
                        double farthest_mm = 100);

}  // namespace snitt::trees
