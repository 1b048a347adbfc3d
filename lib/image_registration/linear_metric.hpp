#pragma once
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "image_registration/bspline_image.hpp"
#include "image_registration/fixed_samples.hpp"
#include "image_registration/linear_model.hpp"

namespace snitt::image_registration {

/// How alike two images are. Mutual information (Mattes et al. 2003): joint histogram with a cubic B-spline
/// window on the moving side. Normalised mutual information: (H_F + H_M) / H_FM (Studholme et al. 1999).
/// Normalised cross-correlation; mean squared error, in the fixed image's units squared. Linear correlation
/// of linear combination is that of lc2.hpp.
enum class Metric { mi, nmi, ncc, mse, lc2 };
std::string_view name_of(Metric metric);

/// Values from `low` to `high` fill the bins of a histogram; what lies beyond counts to the outermost.
struct ValueRange {
  float low = 0;
  float high = 1;
};
/// From the 0.1th to the 99.9th percentile of (a regular choice of) the values, so that a few bright voxels
/// do not leave all others in one bin; all values if these two are one.
ValueRange robust_range(const std::vector<float>& values);

struct MetricValue {
  double value = 0;       ///< the metric as people know it
  double score = 0;       ///< the same, larger is better
  std::size_t count = 0;  ///< samples that fell on the moving image (and its mask)
};

/// Of the score, by the parameters of linear_model.hpp.
struct MetricSlope {
  std::vector<double> gradient;   ///< [parameter]
  std::vector<double> curvature;  ///< [parameter, parameter] -d2 score, positive: each sample's own part
};

/// One metric between fixed samples and a moving image. Sums run in an order that the number of threads does
/// not change.
class LinearMetric {
 public:
  /// `mask` of the moving image, on any grid. The three arguments must outlive this.
  LinearMetric(Metric metric, const FixedSamples& samples, const BSplineImage& moving,
               const std::optional<image::VoxelMask>& mask, ValueRange fixed_range, ValueRange moving_range);
  ~LinearMetric();
  LinearMetric(const LinearMetric&) = delete;
  LinearMetric& operator=(const LinearMetric&) = delete;

  /// At `fixed_to_moving`; what `slope` then tells belongs to it.
  MetricValue value(const Matrix4& fixed_to_moving);
  MetricSlope slope(LinearModel model) const;
  /// About which, and by which radius, the parameters of `slope` turn.
  Vec3 moving_center() const;
  double radius_mm() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::image_registration
