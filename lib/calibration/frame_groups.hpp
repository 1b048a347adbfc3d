#pragma once
#include <Eigen/Dense>
#include <cstddef>
#include <span>
#include <vector>

/// Intervals that hold although the errors of neighbouring frames go together; used by the refinements only.
namespace snitt::calibration {

/// What some frames say about the parameters: curvature and gradient of their part of the cost.
struct FrameInformation {
  Eigen::MatrixXd curvature;  ///< JᵀJ for plain squares
  Eigen::VectorXd score;      ///< Jᵀr
};

/// Neighbouring frames whose errors go together.
struct Grouping {
  std::size_t frames = 1;
  bool outlast = false;  ///< the errors last longer than the recording can show with 8 groups
};

/// Twice the lag at which the correlation of what neighbouring frames do to a parameter (A⁻¹ times their
/// scores, the parameter that remembers longest) has gone, but leaving at least 8 groups. Residuals would not
/// do: most of them are the points' own noise, which hides that of the poses.
Grouping group_frames(const std::vector<FrameInformation>& frames);

/// Covariance of the parameters by a sandwich estimate over groups, with the correction of Bell and McCaffrey
/// (2002, "CR2") for groups that have pulled the solution towards themselves. `known`: curvature of what is
/// known beforehand and has no group; may be 0; `known_variance`: of its score, in units of that curvature.
Eigen::MatrixXd covariance_of_groups(const std::vector<FrameInformation>& groups,
                                     const Eigen::MatrixXd& known, double known_variance = 1);

}  // namespace snitt::calibration
