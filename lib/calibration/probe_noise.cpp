#include <algorithm>
#include <cmath>

#include "calibration/probe_model.hpp"

namespace snitt::calibration {
namespace {

constexpr int iterations = 30;
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

Eigen::Matrix<double, 6, 1> pose_variances(const NoiseComponents& n) {
  Eigen::Matrix<double, 6, 1> v;
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

/// A point of a frame as the estimation wants it.
struct PointTerms {
  Eigen::Vector2d residual;
  Eigen::Matrix2d point;
  Eigen::Matrix<double, 2, 6> pose;
};

/// Expected sums of squares given the residuals, and how many values they are of.
struct Expected {
  Eigen::Vector2d point = Eigen::Vector2d::Zero();
  double pose_mm = 0;
  double pose_rad = 0;
  double points = 0;
  double poses = 0;

  /// Conditional means and spreads of one frame's errors: those of the pose by its posterior precision
  /// D⁻¹ + Σ GᵀA⁻¹G, those of the points by what is left, with A the covariance of a point's own two rows.
  void add(const std::vector<PointTerms>& frame, const NoiseComponents& n) {
    const Eigen::Vector2d variance(n.point_u_mm * n.point_u_mm, n.point_v_mm * n.point_v_mm);
    Eigen::Matrix<double, 6, 6> precision = pose_variances(n).cwiseInverse().asDiagonal();
    Eigen::Matrix<double, 6, 1> pull = Eigen::Matrix<double, 6, 1>::Zero();
    std::vector<Eigen::Matrix2d> own;
    own.reserve(frame.size());
    for (const PointTerms& t : frame) {
      Eigen::Matrix2d a = t.point * variance.asDiagonal() * t.point.transpose();
      a.diagonal().array() += smallest_mm * smallest_mm;
      own.push_back(a.inverse());
      precision += t.pose.transpose() * own.back() * t.pose;
      pull += t.pose.transpose() * (own.back() * t.residual);
    }
    const Eigen::Matrix<double, 6, 6> spread = precision.inverse();
    const Eigen::Matrix<double, 6, 1> pose = spread * pull;
    pose_mm += pose.head<3>().squaredNorm() + spread.diagonal().head<3>().sum();
    pose_rad += pose.tail<3>().squaredNorm() + spread.diagonal().tail<3>().sum();
    poses += 3;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const PointTerms& t = frame[i];
      const Eigen::Matrix2d weighted = own[i] * t.point;
      const Eigen::Vector2d error =
          variance.asDiagonal() * (weighted.transpose() * (t.residual - t.pose * pose));
      const Eigen::Matrix2d known = t.point.transpose() * weighted -
                                    weighted.transpose() * t.pose * spread * t.pose.transpose() * weighted;
      point.array() +=
          error.array().square() + variance.array() - variance.array().square() * known.diagonal().array();
      points += 1;
    }
  }
};

std::vector<std::vector<PointTerms>> terms_of(const ProbeModel& model, std::span<const double> parameters,
                                              std::span<const std::uint8_t> used) {
  std::vector<std::vector<PointTerms>> frames(model.frames());
  std::vector<double> residual(2 * model.wires());
  for (std::size_t f = 0; f < model.frames(); ++f) {
    model.residual(f, parameters, residual);
    const ProbeModel::Sensitivity s = model.sensitivity(f, parameters);
    for (std::size_t w = 0; w < model.wires(); ++w) {
      if (used[f * model.wires() + w] == 0) continue;
      const auto row = static_cast<Eigen::Index>(2 * w);
      frames[f].push_back(
          {{residual[2 * w], residual[2 * w + 1]}, s.point.middleRows<2>(row), s.pose.middleRows<2>(row)});
    }
  }
  return frames;
}

}  // namespace

bool alike(const NoiseComponents& a, const NoiseComponents& b, double share) {
  const auto near = [&](double x, double y) { return std::abs(x - y) <= share * y; };
  return near(a.point_u_mm, b.point_u_mm) && near(a.point_v_mm, b.point_v_mm) && near(a.pose_mm, b.pose_mm) &&
         near(a.pose_rad, b.pose_rad);
}

NoiseComponents estimate_noise(const ProbeModel& model, std::span<const double> parameters,
                               std::span<const std::uint8_t> used, NoiseComponents n) {
  const std::vector<std::vector<PointTerms>> frames = terms_of(model, parameters, used);
  for (int iteration = 0; iteration < iterations; ++iteration) {
    const NoiseComponents before = n;
    Expected sum;
    for (const std::vector<PointTerms>& frame : frames)
      if (!frame.empty()) sum.add(frame, n);
    n.point_u_mm = std::max(smallest_mm, std::sqrt(sum.point[0] / sum.points));
    n.point_v_mm = std::max(smallest_mm, std::sqrt(sum.point[1] / sum.points));
    n.pose_mm = std::max(smallest_mm, std::sqrt(sum.pose_mm / sum.poses));
    n.pose_rad = std::max(smallest_rad, std::sqrt(sum.pose_rad / sum.poses));
    if (alike(n, before, 1e-3)) break;
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
