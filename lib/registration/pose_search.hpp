#pragma once
#include <cstdint>
#include <vector>

#include "geometry/matrix.hpp"
#include "registration/centerline_index.hpp"
#include "registration/oriented_samples.hpp"

/// Starts for the local refinement, from anywhere.
namespace snitt::registration {

struct PoseSearch {
  std::uint64_t seed = 1;
  double length_tolerance_mm = 3;  ///< of the distance between two samples of a pair
  double angle_tolerance_deg = 15;
  std::size_t source_pairs = 100;    ///< drawn at random
  std::size_t target_samples = 350;  ///< all pairs of them are compared
  std::size_t most_poses = 12000;    ///< that are scored
  std::size_t best = 24;             ///< that come back
  double distinct_mm = 10;           ///< poses that differ less (root mean square over the samples) are one
  double score_scale_mm = 6;         ///< distances beyond it all count alike
  double most_shift_mm = 1e9;        ///< how far the center of the samples may be moved
  double most_turn_deg = 180;
  bool radii = false;  ///< compare radii of samples, which all know
};

struct ScoredPose {
  Matrix4 pose;
  double score_mm = 0;  ///< root mean square of distances (with unlikeness) cut off at the scale
};

/// Poses that put the samples onto the lines, best first. Two samples with their directions have four numbers
/// that no rigid motion changes: their distance, the angle of each direction with the way between them, and
/// the angle between the directions seen along that way (point pair features, Drost et al. 2010, CVPR; here
/// for directions of unknown sense). Every pair of the lines whose numbers are alike gives a pose, all poses
/// are scored on a few samples, the better ones on more, and of poses that are nearly one the best is kept.
/// The poses of `extra` take part. The same for any number of threads.
std::vector<ScoredPose> search_poses(const OrientedSamples& samples, const CenterlineTarget& target,
                                     const std::vector<Matrix4>& extra, const PoseSearch& search);

/// Root mean square distance between where two poses put points with this center and this root mean square
/// extent (isotropic).
double pose_distance_mm(const Matrix4& a, const Matrix4& b, const SampleExtent& extent);

/// Small motions about the center of the samples: shifts along and turns about the three axes and their
/// combinations, up to these sizes.
std::vector<Matrix4> perturbations(const SampleExtent& extent, double shift_mm, double turn_deg);

}  // namespace snitt::registration
