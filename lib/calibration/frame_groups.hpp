#pragma once
#include <Eigen/Dense>
#include <cstddef>
#include <span>
#include <vector>

/// Intervals that hold although the errors of neighbouring frames go together; used by the refinements only.
namespace snitt::calibration {

/// Neighbouring frames whose errors go together: twice the lag at which the correlation of the whitened
/// residuals [frame, dimension] of successive frames falls below 0.2, but leaving at least 20 groups.
std::size_t frames_per_group(std::span<const double> whitened, std::size_t dimension);

/// What some frames say about the parameters: curvature and gradient of their part of the cost.
struct FrameInformation {
  Eigen::MatrixXd curvature;  ///< JᵀJ for plain squares
  Eigen::VectorXd score;      ///< Jᵀr
};

/// Covariance of the parameters by a sandwich estimate over groups, with the correction of Bell and McCaffrey
/// (2002, "CR2") for groups that have pulled the solution towards themselves. `known`: curvature of what is
/// known beforehand and has no group; may be 0; `known_variance`: of its score, in units of that curvature.
Eigen::MatrixXd covariance_of_groups(const std::vector<FrameInformation>& groups,
                                     const Eigen::MatrixXd& known, double known_variance = 1);

}  // namespace snitt::calibration
