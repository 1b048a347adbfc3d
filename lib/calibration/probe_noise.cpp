#include <algorithm>
#include <cmath>

#include "calibration/probe_model.hpp"

namespace snitt::calibration {
namespace {

constexpr int iterations = 40;
/// Smaller components than these are not worth telling from 0 and would make a covariance singular.
constexpr double smallest_mm = 1e-3;
constexpr double smallest_rad = 1e-6;

/// Rows of the points of a frame that are used.
std::vector<Eigen::Index> rows_used(std::size_t frame, std::size_t wires,
                                    std::span<const std::uint8_t> used) {
  std::vector<Eigen::Index> rows;
  for (std::size_t w = 0; w < wires; ++w)
    if (used[frame * wires + w] != 0) {
      rows.push_back(static_cast<Eigen::Index>(2 * w));
      rows.push_back(static_cast<Eigen::Index>(2 * w + 1));
    }
  return rows;
}

Eigen::VectorXd pose_variances(const NoiseComponents& n) {
  Eigen::VectorXd v(6);
  v << n.pose_mm, n.pose_mm, n.pose_mm, n.pose_rad, n.pose_rad, n.pose_rad;
  return v.array().square();
}

/// Covariance of the used rows: the points' own noise, two rows by two, plus the pose's, which they share.
Eigen::MatrixXd covariance(const Eigen::MatrixXd& point, const Eigen::MatrixXd& pose,
                           const NoiseComponents& n) {
  Eigen::MatrixXd c = pose * pose_variances(n).asDiagonal() * pose.transpose();
  const Eigen::Vector2d variances(n.point_u_mm * n.point_u_mm, n.point_v_mm * n.point_v_mm);
  for (Eigen::Index row = 0; row < point.rows(); row += 2)
    c.block<2, 2>(row, row) +=
        point.middleRows<2>(row) * variances.asDiagonal() * point.middleRows<2>(row).transpose();
  // A wire that lies nearly in the image would leave the block of its point singular.
  c.diagonal().array() += smallest_mm * smallest_mm;
  return c;
}

/// Sums of squares, expected given the residuals, and how many values they are of.
struct Expected {
  double point_u = 0;
  double point_v = 0;
  double pose_mm = 0;
  double pose_rad = 0;
  double points = 0;
  double poses = 0;
};

}  // namespace

NoiseComponents estimate_noise(const ProbeModel& model, std::span<const double> parameters,
                               std::span<const std::uint8_t> used, NoiseComponents n) {
  struct Frame {
    Eigen::VectorXd residual;
    Eigen::MatrixXd point;
    Eigen::MatrixXd pose;
  };
  std::vector<Frame> frames;
  std::vector<double> all(2 * model.wires());
  for (std::size_t f = 0; f < model.frames(); ++f) {
    const std::vector<Eigen::Index> rows = rows_used(f, model.wires(), used);
    if (rows.empty()) continue;
    model.residual(f, parameters, all);
    const ProbeModel::Sensitivity s = model.sensitivity(f, parameters);
    Frame frame{Eigen::VectorXd(static_cast<Eigen::Index>(rows.size())), s.point(rows, Eigen::all),
                s.pose(rows, Eigen::all)};
    for (std::size_t i = 0; i < rows.size(); ++i)
      frame.residual[static_cast<Eigen::Index>(i)] = all[static_cast<std::size_t>(rows[i])];
    frames.push_back(std::move(frame));
  }
  for (int iteration = 0; iteration < iterations; ++iteration) {
    Expected sum;
    const Eigen::VectorXd pose_variance = pose_variances(n);
    const Eigen::Vector2d point_variance(n.point_u_mm * n.point_u_mm, n.point_v_mm * n.point_v_mm);
    for (const Frame& f : frames) {
      const Eigen::MatrixXd inverse =
          covariance(f.point, f.pose, n)
              .ldlt()
              .solve(Eigen::MatrixXd::Identity(f.residual.size(), f.residual.size()));
      const Eigen::VectorXd pull = inverse * f.residual;
      const Eigen::VectorXd pose = pose_variance.asDiagonal() * (f.pose.transpose() * pull);
      const Eigen::VectorXd pose_spread =
          pose_variance.array() -
          pose_variance.array().square() * (f.pose.transpose() * inverse * f.pose).diagonal().array();
      sum.pose_mm += pose.head<3>().squaredNorm() + pose_spread.head<3>().sum();
      sum.pose_rad += pose.tail<3>().squaredNorm() + pose_spread.tail<3>().sum();
      sum.poses += 3;
      for (Eigen::Index row = 0; row < f.residual.size(); row += 2) {
        const Eigen::Matrix2d j = f.point.middleRows<2>(row);
        const Eigen::Vector2d error = point_variance.asDiagonal() * (j.transpose() * pull.segment<2>(row));
        const Eigen::Vector2d spread =
            point_variance.array() -
            point_variance.array().square() *
                (j.transpose() * inverse.block<2, 2>(row, row) * j).diagonal().array();
        sum.point_u += error[0] * error[0] + spread[0];
        sum.point_v += error[1] * error[1] + spread[1];
        sum.points += 1;
      }
    }
    n.point_u_mm = std::max(smallest_mm, std::sqrt(sum.point_u / sum.points));
    n.point_v_mm = std::max(smallest_mm, std::sqrt(sum.point_v / sum.points));
    n.pose_mm = std::max(smallest_mm, std::sqrt(sum.pose_mm / sum.poses));
    n.pose_rad = std::max(smallest_rad, std::sqrt(sum.pose_rad / sum.poses));
  }
  return n;
}

Eigen::MatrixXd whitening(const ProbeModel& model, std::size_t frame, std::span<const double> parameters,
                          std::span<const std::uint8_t> used, const NoiseComponents& noise) {
  const auto size = static_cast<Eigen::Index>(2 * model.wires());
  const std::vector<Eigen::Index> rows = rows_used(frame, model.wires(), used);
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(size, size);
  if (rows.empty()) return all;
  const ProbeModel::Sensitivity s = model.sensitivity(frame, parameters);
  const Eigen::MatrixXd c = covariance(s.point(rows, Eigen::all), s.pose(rows, Eigen::all), noise);
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(c.rows(), c.cols());
  c.llt().matrixL().solveInPlace(inverse);
  all(rows, rows) = inverse;
  return all;
}

}  // namespace snitt::calibration
