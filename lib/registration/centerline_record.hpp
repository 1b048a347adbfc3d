#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "geometry/matrix.hpp"
#include "registration/centerline_fit.hpp"
#include "registration/oriented_samples.hpp"

/// What a registration of center lines or of a path says about itself.
namespace snitt::registration {

/// A place of the fixed space and the one of the moving space that it was matched with.
struct CenterlinePair {
  Vec3 fixed_mm;
  Vec3 moving_mm;
  Vec3 direction;      ///< of the line, in the moving space
  bool beside = true;  ///< the line goes on there: only the distance across counts
  double weight = 1;
  double angle_deg = 0;   ///< between the directions, 0 … 90
  std::size_t group = 0;  ///< pairs of one group share their errors
};

/// Pairs of the samples that are kept, whichever side they are of. Stretches of about `stretch_mm` of one
/// line are a group.
std::vector<CenterlinePair> pairs_of(const OrientedSamples& samples, const KeptMatches& kept,
                                     const Matrix4& samples_to_target, bool forwards, double stretch_mm);

/// First-order uncertainty of a rigid map from fixed to moving: small turns about, and shifts of, the center
/// of the pairs in the moving space.
struct PoseUncertainty {
  Vec3 center_mm;                       ///< moving space
  double radius_mm = 0;                 ///< root mean square distance of the pairs from it
  std::array<double, 36> covariance{};  ///< turn (radians), shift (mm): sandwich over the groups
  double degrees = 0;                   ///< of freedom: groups - 1
  /// The small motion that changes the distances least: by `least_change` per millimeter that it moves points
  /// at the radius. 0: the lines leave it free.
  double least_change = 0;
  double least_deviation_mm = 0;  ///< standard deviation along that motion, in these millimeters
  std::string least_motion;       ///< "a turn about (0.00 0.00 1.00)", "a shift along …", in fixed axes
};
PoseUncertainty uncertainty_of(const Matrix4& fixed_to_moving, const std::vector<CenterlinePair>& pairs);

/// One of the poses that were found, best first.
struct RankedPose {
  Matrix4 fixed_to_moving;
  double score = 0;  ///< less is better
  double rms_mm = 0;
  double kept_share = 0;
};

/// Turn, translation and center with 95 % intervals, and how far the map is from doing nothing.
void add_pose(const Matrix4& fixed_to_moving, const PoseUncertainty& uncertainty, Vec3 fixed_center_mm,
              CalibrationRecord& record);
/// Table "poses": the best ones, their scores and how far they are from the first; and the ratio of the
/// second score to the best.
void add_poses(const std::vector<RankedPose>& poses, const SampleExtent& fixed_extent,
               CalibrationRecord& record);
/// Table "covariance".
void add_covariance(const PoseUncertainty& uncertainty, CalibrationRecord& record);
/// Throws ComputationError that names the motion when the lines leave one free. Adds a reason for one that
/// they hardly determine.
void judge_uncertainty(const PoseUncertainty& uncertainty, const char* what, CalibrationRecord& record);
/// Adds a reason when another pose fits nearly as well: its score is below `ratio` times the best.
void judge_second(const std::vector<RankedPose>& poses, const SampleExtent& fixed_extent, double ratio,
                  CalibrationRecord& record);

/// Share of `samples` that have one of `others` within `distance_mm`.
double covered_share(const OrientedSamples& samples, const OrientedSamples& others, double distance_mm);

}  // namespace snitt::registration
