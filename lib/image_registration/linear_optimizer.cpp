#include "image_registration/linear_optimizer.hpp"

#include <Eigen/Dense>
#include <algorithm>

namespace snitt::image_registration {
namespace {

Eigen::VectorXd damped_step(const MetricSlope& slope, double damping) {
  const auto n = static_cast<Eigen::Index>(slope.gradient.size());
  Eigen::MatrixXd curvature = Eigen::Map<const Eigen::MatrixXd>(slope.curvature.data(), n, n);
  const double mean = curvature.trace() / static_cast<double>(n);
  // The mean keeps a direction that no sample says anything about from running away.
  for (Eigen::Index i = 0; i < n; ++i)
    curvature(i, i) += damping * curvature(i, i) + (1e-6 + 0.01 * damping) * mean + 1e-300;
  return curvature.ldlt().solve(Eigen::Map<const Eigen::VectorXd>(slope.gradient.data(), n));
}

/// How far a step moves places at the radius, at most.
double length_of(const Eigen::VectorXd& step) {
  const double shift = step.head(3).norm();
  return shift + step.tail(step.size() - 3).norm();
}

}  // namespace

Optimum optimize(LinearMetric& metric, LinearModel model, const Matrix4& start, std::size_t samples,
                 const OptimizerLimits& limits) {
  Optimum at;
  at.matrix = start;
  at.start = at.value = metric.value(start);
  const double least = limits.least_overlap * static_cast<double>(samples);
  if (static_cast<double>(at.value.count) < least) return at;
  MetricSlope slope = metric.slope(model);
  Vec3 center = metric.moving_center();
  double damping = 1e-3;
  double stretch = 1;
  int failures = 0;
  while (at.iterations < limits.iterations) {
    ++at.iterations;
    Eigen::VectorXd step = stretch * damped_step(slope, damping);
    if (!step.allFinite()) return at;
    const double length = length_of(step);
    if (length > limits.largest_step_mm) step *= limits.largest_step_mm / length;
    at.last_step_mm = std::min(length, limits.largest_step_mm);
    if (at.last_step_mm < limits.tolerance_mm) {
      at.has_converged = true;
      return at;
    }
    const Matrix4 trial = moved(at.matrix, model, center, metric.radius_mm(),
                                std::span<const double>(step.data(), static_cast<std::size_t>(step.size())));
    const MetricValue value = metric.value(trial);
    if (static_cast<double>(value.count) >= least && value.score > at.value.score) {
      const double linear = step.dot(Eigen::Map<const Eigen::VectorXd>(slope.gradient.data(), step.size()));
      const double ratio = (value.score - at.value.score) / linear;
      if (ratio > 0.6) stretch = std::min(8.0, 2 * stretch);
      if (ratio < 0.4) stretch = std::max(1.0, 0.5 * stretch);
      at.matrix = trial;
      at.value = value;
      slope = metric.slope(model);
      center = metric.moving_center();
      damping = std::max(1e-4, damping * 0.2);
      failures = 0;
    } else {
      if (stretch > 1)
        stretch = 1;
      else
        damping = std::max(damping, 1e-2) * 8;
      if (++failures > 8) {
        at.has_converged = true;
        return at;
      }
    }
  }
  return at;
}

}  // namespace snitt::image_registration
