#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "data/calibration.hpp"
#include "data/point_set.hpp"
#include "geometry/landmark_fit.hpp"

/// Registration of two sets of landmarks: which belong together, the map from fixed to moving, and how well.
namespace snitt::registration {

enum class LandmarkMatching { by_label, by_order };

/// Landmarks of both sets that belong together, in the order of the fixed set.
struct LandmarkPairs {
  std::vector<std::string> labels;
  std::vector<Vec3> fixed_mm;
  std::vector<Vec3> moving_mm;
  /// [pair], empty when nothing is known. Where a set has standard deviations: 1 / the sum of both sets'
  /// variances; else 1 / the sum of both sets' 1 / weight. 0 where either weight is 0.
  std::vector<double> weights;
  std::vector<std::string> only_fixed;   ///< labels without a partner
  std::vector<std::string> only_moving;  ///< labels without a partner
};

/// Throws InputError: no labels (match by order instead), a label twice, fewer than three in common; by order
/// also different numbers of points, or labels that say another order.
LandmarkPairs pair_landmarks(const PointSet& fixed, const PointSet& moving, LandmarkMatching matching);

/// Predicted target registration error (Fitzpatrick 1998).
struct TargetError {
  std::string label;
  Vec3 fixed_mm;
  Vec3 moving_mm;  ///< where the map puts it
  double tre_mm =
      0;  ///< root of the expected square; NaN where the landmarks leave nothing to estimate it from
};

struct LandmarkRegistration {
  LandmarkFit fit;    ///< maps fixed to moving
  double fle_mm = 0;  ///< fiducial localisation error (RMS distance, both sets together), from FRE
  double leave_one_out_rms_mm = 0;  ///< NaN where not all are determined
  std::vector<double> tre_mm;       ///< [pair] predicted at the landmark
  std::vector<TargetError> targets;
  CalibrationRecord record;
};

/// Fit, errors and warnings. FLE from FRE: <FRE²> = (1 - p/3N) FLE², which for a rigid map is Fitzpatrick's
/// (1 - 2/N). Verdict "doubtful" with reasons: fewer than four landmarks (affine: five), landmarks near a
/// line (affine: near a plane), two landmarks at one place, two whose exchange fits far better, a half turn
/// about one axis that looks like RAS taken for LPS, one landmark that fits far worse than the others, a poor
/// fit of all. Throws ComputationError as fit_landmarks does.
LandmarkRegistration register_landmarks(const LandmarkPairs& pairs, LandmarkModel model,
                                        const PointSet& targets = {});

}  // namespace snitt::registration
