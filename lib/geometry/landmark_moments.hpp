#pragma once
#include <Eigen/Dense>
#include <cmath>

#include "geometry/matrix.hpp"

/// Sums over pairs of points from which a rigid or similarity fit follows, so that taking a pair out or
/// exchanging two partners costs as little as one point. Included by .cpp files alone.
namespace snitt {

struct LandmarkMoments {
  double weight = 0;
  Eigen::Vector3d from = Eigen::Vector3d::Zero();         ///< sum of w a
  Eigen::Vector3d to = Eigen::Vector3d::Zero();           ///< sum of w b
  Eigen::Matrix3d correlation = Eigen::Matrix3d::Zero();  ///< sum of w b aᵀ
  double from_squared = 0;                                ///< sum of w |a|²
  double to_squared = 0;

  void add(const Eigen::Vector3d& a, const Eigen::Vector3d& b, double w) {
    weight += w;
    from += w * a;
    to += w * b;
    correlation += w * b * a.transpose();
    from_squared += w * a.squaredNorm();
    to_squared += w * b.squaredNorm();
  }
};

struct MomentFit {
  Eigen::Matrix3d linear = Eigen::Matrix3d::Identity();  ///< scale times rotation
  Eigen::Vector3d shift = Eigen::Vector3d::Zero();
  double squares = 0;           ///< sum of w |residual|²
  double mirrored_squares = 0;  ///< what the best reflection would leave
  bool determined = false;      ///< false for points on a line
};

inline MomentFit solve(const LandmarkMoments& m, bool with_scale) {
  const Eigen::Vector3d a = m.from / m.weight;
  const Eigen::Vector3d b = m.to / m.weight;
  const Eigen::Matrix3d correlation = m.correlation - m.weight * b * a.transpose();
  const double aa = m.from_squared - m.weight * a.squaredNorm();
  const double bb = m.to_squared - m.weight * b.squaredNorm();
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(correlation, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::Vector3d s = svd.singularValues();
  const double sign = (svd.matrixU() * svd.matrixV().transpose()).determinant() < 0 ? -1 : 1;
  const auto squares_of = [&](double last) {
    const double trace = s[0] + s[1] + last * s[2];
    const double squares = with_scale ? bb - trace * trace / aa : aa + bb - 2 * trace;
    return std::max(squares, 0.0);
  };
  MomentFit fit;
  const double scale = with_scale ? (s[0] + s[1] + sign * s[2]) / aa : 1;
  fit.linear = scale * svd.matrixU() * Eigen::Vector3d(1, 1, sign).asDiagonal() * svd.matrixV().transpose();
  fit.shift = b - fit.linear * a;
  fit.squares = squares_of(sign);
  fit.mirrored_squares = squares_of(-sign);
  // Singular values are spreads squared: 1e-6 of the spread is 1e-12 here, and 1e-10 what rounding leaves of
  // it.
  fit.determined = s[1] > 1e-10 * s[0] && scale > 0;
  return fit;
}

}  // namespace snitt
