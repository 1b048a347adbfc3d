#pragma once
#include "image_registration/linear_metric.hpp"

namespace snitt::image_registration {

struct OptimizerLimits {
  int iterations = 50;
  double tolerance_mm = 1e-3;   ///< a step that moves no sample's place by more (at the radius) ends it
  double largest_step_mm = 10;  ///< at the radius
  double least_overlap = 0.1;   ///< share of the samples that must stay on the moving image
};

struct Optimum {
  Matrix4 matrix;
  MetricValue value;
  MetricValue start;
  int iterations = 0;
  bool has_converged = false;
  double last_step_mm = 0;
};

/// Climbs the metric from `start` by damped Newton steps with each sample's own part of the curvature
/// (Levenberg & Marquardt), taking only steps that raise the score.
Optimum optimize(LinearMetric& metric, LinearModel model, const Matrix4& start, std::size_t samples,
                 const OptimizerLimits& limits);

}  // namespace snitt::image_registration
