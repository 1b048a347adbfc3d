#include "calibration/frame_groups.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::calibration {
namespace {

/// Fewer would not tell a variance.
constexpr std::size_t fewest_groups = 8;

}  // namespace

Grouping group_frames(const std::vector<FrameInformation>& frames) {
  Grouping grouping;
  if (frames.size() < 2 * fewest_groups) return grouping;
  Eigen::MatrixXd total = Eigen::MatrixXd::Zero(frames[0].score.size(), frames[0].score.size());
  for (const FrameInformation& frame : frames) total += frame.curvature;
  const Eigen::LDLT<Eigen::MatrixXd> factors(total);
  const auto count = static_cast<Eigen::Index>(frames.size());
  Eigen::MatrixXd pull(count, total.rows());
  for (Eigen::Index f = 0; f < count; ++f)
    pull.row(f) = Eigen::VectorXd(factors.solve(frames[static_cast<std::size_t>(f)].score)).transpose();
  pull.rowwise() -= Eigen::RowVectorXd(pull.colwise().mean());
  const Eigen::RowVectorXd square = pull.colwise().squaredNorm();
  const auto correlation = [&](Eigen::Index distance) {
    const Eigen::RowVectorXd product =
        pull.topRows(count - distance).cwiseProduct(pull.bottomRows(count - distance)).colwise().sum();
    return (product.array() / square.array().max(1e-300)).maxCoeff();
  };
  // Independent frames stay below this for all parameters together in all but a few recordings.
  const double chance = std::max(0.2, 2.8 / std::sqrt(static_cast<double>(count)));
  const std::size_t longest = frames.size() / fewest_groups;
  std::size_t distance = 1;
  while (distance <= longest && correlation(static_cast<Eigen::Index>(distance)) > chance) ++distance;
  if (distance == 1) return grouping;
  grouping.outlast = 2 * distance > longest;
  grouping.frames = std::min(2 * distance, longest);
  return grouping;
}

Eigen::MatrixXd covariance_of_groups(const std::vector<FrameInformation>& groups,
                                     const Eigen::MatrixXd& known, double known_variance) {
  Eigen::MatrixXd total = known;
  for (const FrameInformation& group : groups) total += group.curvature;
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(total.rows(), total.cols());
  const Eigen::LLT<Eigen::MatrixXd> factor(total);
  const Eigen::MatrixXd lower = factor.matrixL();
  const Eigen::MatrixXd root = lower.triangularView<Eigen::Lower>().solve(identity);  // L⁻¹
  Eigen::MatrixXd meat = known_variance * known;
  for (const FrameInformation& group : groups) {
    const Eigen::MatrixXd rest = identity - root * group.curvature * root.transpose();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(rest);
    const Eigen::VectorXd stretch = eigen.eigenvalues().cwiseMax(1e-3).cwiseSqrt().cwiseInverse();
    const Eigen::VectorXd score =
        lower * (eigen.eigenvectors() *
                 (stretch.asDiagonal() * (eigen.eigenvectors().transpose() * (root * group.score))));
    meat += score * score.transpose();
  }
  const Eigen::MatrixXd inverse = factor.solve(identity);
  return inverse * meat * inverse;
}

}  // namespace snitt::calibration
