#pragma once
#include <array>
#include <vector>

#include "calibration/target_model.hpp"

/// Joint refinement of a calibration with a point or a wall.
namespace snitt::calibration {

struct TargetRefinementSettings {
  bool isotropic = false;       ///< one pixel size for both directions
  bool estimate_lag = false;    ///< frames must carry earlier and later poses
  double gross_outlier_mm = 3;  ///< frames farther from the target are left out, at least 6 deviations
};

/// The combination of parameters that the frames say least about.
struct WeakDirection {
  double half_width_mm = 0;                       ///< 95 %, of how far it moves things in the image
  std::array<double, target_parameters> share{};  ///< squared, of all parameters in millimetres; sum 1
  Vec3 translation_image;                         ///< its translation along the image's axes, mm
  Vec3 rotation_image;                            ///< its rotation about the image's axes, mm
};

struct TargetRefinement {
  Matrix4 image_to_probe;
  TargetPlace place;
  std::array<double, 2> pixel_mm{};
  double lag_s = 0;  ///< the frames' poses are to be taken this much later than they were
  std::vector<double> parameters;
  std::vector<double> covariance;  ///< [parameter, parameter], 0 for what was held fixed; empty when the
                                   ///< frames do not determine the rest
  std::array<double, target_parameters> half_width_95{};
  double distance_half_width_mm = 0;  ///< 95 %, of a wall's distance from the origin of Reference
  std::vector<double> deviation_mm;   ///< [dimension]: of a frame's residuals, outliers apart
  std::size_t frames_per_group = 1;
  bool errors_outlast = false;  ///< they go together for longer than the groups are
  WeakDirection weakest;
  std::vector<std::uint8_t> used;                  ///< [frame]
  std::vector<std::vector<double>> leave_one_out;  ///< [frame]: parameters found without it (one Newton step)
  bool converged = false;
};

/// Rounds of choosing candidates, leaving out gross outliers, estimating the covariance of a frame's
/// residuals and minimising a Cauchy loss of the whitened residuals. The spread is a sandwich estimate over
/// groups of neighbouring frames, as many together as the errors of the tracker take to forget themselves.
/// `shape`: of the images. A weakest direction of infinite width, without shares, where no
/// minimum is found at all. Throws ComputationError when fewer than 12 frames are near the target.
TargetRefinement refine_target(TargetModel& model, const FrameShape& shape,
                               const TargetRefinementSettings& settings);

}  // namespace snitt::calibration
