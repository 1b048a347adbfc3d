#include "calibration/frame_groups.hpp"

#include <algorithm>

namespace snitt::calibration {

std::size_t frames_per_group(std::span<const double> whitened, std::size_t dimension) {
  const std::size_t count = whitened.size() / dimension;
  const auto correlation = [&](std::size_t distance) {
    double product = 0;
    double square = 0;
    for (std::size_t f = 0; f + distance < count; ++f)
      for (std::size_t d = 0; d < dimension; ++d) {
        const double a = whitened[f * dimension + d];
        product += a * whitened[(f + distance) * dimension + d];
        square += a * a;
      }
    return square > 0 ? product / square : 0;
  };
  const std::size_t longest = std::max<std::size_t>(count / 20, 1);
  std::size_t distance = 1;
  while (distance < longest && correlation(distance) > 0.2) ++distance;
  return std::min(distance == 1 ? 1 : 2 * distance, longest);
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
