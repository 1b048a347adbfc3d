#include "registration/truncated_rotation.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace snitt::registration {
namespace {

std::vector<Eigen::Vector3d> eigen(std::span<const Vec3> vectors) {
  std::vector<Eigen::Vector3d> out;
  for (const Vec3 v : vectors) out.emplace_back(v.x, v.y, v.z);
  return out;
}

Eigen::Matrix3d procrustes(const std::vector<Eigen::Vector3d>& a, const std::vector<Eigen::Vector3d>& b,
                           const std::vector<double>& weights) {
  Eigen::Matrix3d correlation = Eigen::Matrix3d::Zero();
  for (std::size_t i = 0; i < a.size(); ++i) correlation += weights[i] * b[i] * a[i].transpose();
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(correlation, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const double sign = (svd.matrixU() * svd.matrixV().transpose()).determinant() < 0 ? -1 : 1;
  return svd.matrixU() * Eigen::Vector3d(1, 1, sign).asDiagonal() * svd.matrixV().transpose();
}

/// Weight of a squared residual (in units of the bound) under the surrogate of convexity `mu`.
double weight_of(double squared, double mu) {
  if (squared >= (mu + 1) / mu) return 0;
  if (squared <= mu / (mu + 1)) return 1;
  return std::sqrt(mu * (mu + 1) / squared) - mu;
}

}  // namespace

Matrix4 truncated_rotation(std::span<const Vec3> from, std::span<const Vec3> to, double bound) {
  const std::vector<Eigen::Vector3d> a = eigen(from);
  const std::vector<Eigen::Vector3d> b = eigen(to);
  std::vector<double> weights(a.size(), 1.0);
  Eigen::Matrix3d rotation = procrustes(a, b, weights);
  double mu = 0;
  double before = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 200; ++round) {
    std::vector<double> squared(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
      squared[i] = (b[i] - rotation * a[i]).squaredNorm() / (bound * bound);
    const double largest = squared.empty() ? 0 : *std::max_element(squared.begin(), squared.end());
    if (largest <= 1) break;  // nobody is beyond the bound: least squares is the answer
    mu = round == 0 ? 1 / std::max(2 * largest - 1, 1e-9) : 1.4 * mu;
    double cost = 0;
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      weights[i] = weight_of(squared[i], mu);
      cost += weights[i] * squared[i];
      total += weights[i];
    }
    if (total <= 0) break;
    rotation = procrustes(a, b, weights);
    if (mu > 1 && std::abs(before - cost) < 1e-12 * (1 + cost)) break;
    before = cost;
  }
  Matrix4 matrix;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      matrix(static_cast<std::size_t>(row), static_cast<std::size_t>(column)) = rotation(row, column);
  return matrix;
}

double truncated_mean(std::span<const double> values, double bound) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  double best = sorted.front();
  double least = std::numeric_limits<double>::infinity();
  // Any interval of width 2 bound that starts at a value; sums are shifted to stay accurate.
  std::size_t end = 0;
  double sum = 0;
  double squares = 0;
  const double shift = sorted[sorted.size() / 2];
  for (std::size_t first = 0; first < sorted.size(); ++first) {
    for (; end < sorted.size() && sorted[end] <= sorted[first] + 2 * bound; ++end) {
      sum += sorted[end] - shift;
      squares += (sorted[end] - shift) * (sorted[end] - shift);
    }
    const auto members = static_cast<double>(end - first);
    const double mean = sum / members;
    const double cost =
        squares - members * mean * mean + bound * bound * (static_cast<double>(sorted.size()) - members);
    if (cost < least) {
      least = cost;
      best = mean + shift;
    }
    sum -= sorted[first] - shift;
    squares -= (sorted[first] - shift) * (sorted[first] - shift);
  }
  return best;
}

}  // namespace snitt::registration
