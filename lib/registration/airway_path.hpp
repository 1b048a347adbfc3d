#pragma once
#include <cstdint>
#include <vector>

#include "data/tree.hpp"
#include "registration/centerline_record.hpp"

/// Registration of the path of a tracked bronchoscope to the tree of airways that it went through.
namespace snitt::registration {

struct TrackedPath {
  std::vector<Vec3> positions_mm;  ///< [sample] in the order of time
  /// [sample] of the tool's tip, unit vectors towards the end of the airway; empty: the direction of travel
  /// is taken, whose sense says nothing (in or out).
  std::vector<Vec3> directions;
};

/// Which space is called fixed.
enum class PathSide { path_is_fixed, tree_is_fixed };

struct AirwayPathOptions {
  double step_mm = 3;            ///< of what is left of the path, and of the states along the tree
  double least_radius_mm = 1.5;  ///< airways that are thinner are left out, where radii are known
  double error_mm = 3;           ///< standard deviation across the line: breathing, tracker
  double direction_deg = 25;     ///< of the difference between directions
  double most_shift_mm = 1e9;    ///< how far the start may be off: of the center of the path
  double most_turn_deg = 180;
  std::uint64_t seed = 1;
};

struct PathRegistration {
  Matrix4 fixed_to_moving;
  std::vector<RankedPose> poses;  ///< best first; scores are mean costs of a sample, see register_path
  CalibrationRecord record;
};

/// The rigid map between the space of a tracked path and that of a tree. Nothing is assumed about the start:
/// poses come from pairs of oriented samples (search_poses) and are refined under a robust loss. Then the way
/// through the tree is found that explains the path best (Viterbi 1967): the tip is at a sample of the tree
/// and moves to neighboring ones only, so that a path does not jump from branch to branch; a sample costs
/// d²/(error² + (radius/2)²) + a²/direction², since a tool wanders in the lumen, at most 9 (an outlier); and
/// the pose is fitted to that way, in turns. The pose with the least mean cost is the best. Verdict
/// "doubtful" with reasons: another pose explains the path nearly as well (a path in the trachea alone, left
/// taken for right), many outliers, a motion that is hardly determined. Throws InputError for fewer than ten
/// samples, samples that are not finite, a tree without branches; ComputationError naming a motion that is
/// free.
PathRegistration register_path(const TrackedPath& path, const Tree& tree, PathSide side,
                               const AirwayPathOptions& options);

}  // namespace snitt::registration
