#include <tbb/parallel_for.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "image_registration/similarity.hpp"

namespace snitt::image_registration {
namespace {

class GradientField {
 public:
  GradientField(const std::vector<float>& fixed, const VolumeGeometry& geometry, const Domain& domain,
                double fixed_edge, double moving_edge)
      : size_(domain.size),
        stride_{1, size_[0], size_[0] * size_[1]},
        fixed_edge_(static_cast<float>(fixed_edge)),
        moving_edge_(static_cast<float>(moving_edge)),
        fixed_(fixed),
        counts_(fixed.size()) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      half_per_mm_[axis] = static_cast<float>(0.5 / geometry.spacing_mm[axis]);
    for (auto& part : by_slope_) part.resize(fixed.size());
    // A voxel counts when its neighbours are of the domain, too.
    for (std::size_t k = 1; k + 1 < size_[2]; ++k)
      for (std::size_t j = 1; j + 1 < size_[1]; ++j)
        for (std::size_t i = 1; i + 1 < size_[0]; ++i) {
          const std::size_t v = k * stride_[2] + j * stride_[1] + i;
          bool whole = domain.weights[v] > 0;
          for (const std::size_t s : stride_)
            whole = whole && domain.weights[v - s] > 0 && domain.weights[v + s] > 0;
          counts_[v] = whole;
          voxels_ += whole;
        }
  }

  double evaluate(const Warped& warped, std::vector<std::vector<float>>& derivatives) {
    const std::vector<float>& moving = warped.channels[0].values;
    std::vector<double> sums(size_[2]);
    const double share = 1 / std::max(1.0, voxels_);
    tbb::parallel_for(std::size_t{0}, size_[2], [&](std::size_t k) {
      for (std::size_t v = k * stride_[2]; v < (k + 1) * stride_[2]; ++v)
        sums[k] += static_cast<double>(compare(moving, v, static_cast<float>(share)));
    });
    tbb::parallel_for(std::size_t{0}, size_[2], [&](std::size_t k) { scatter(k, derivatives[0]); });
    return share * std::accumulate(sums.begin(), sums.end(), 0.0);
  }

 private:
  std::array<float, 3> slope(const std::vector<float>& values, std::size_t v) const {
    std::array<float, 3> g{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      g[axis] = half_per_mm_[axis] * (values[v + stride_[axis]] - values[v - stride_[axis]]);
    return g;
  }

  /// 1 - r^2 of a voxel; keeps the derivative by the moving image's slope.
  float compare(const std::vector<float>& moving, std::size_t v, float share) {
    if (counts_[v] == 0) {
      for (auto& part : by_slope_) part[v] = 0;
      return 0;
    }
    const auto f = slope(fixed_, v);
    const auto m = slope(moving, v);
    const float length_f = std::sqrt(f[0] * f[0] + f[1] * f[1] + f[2] * f[2] + fixed_edge_ * fixed_edge_);
    const float squared_m = m[0] * m[0] + m[1] * m[1] + m[2] * m[2] + moving_edge_ * moving_edge_;
    const float length_m = std::sqrt(squared_m);
    const float product = f[0] * m[0] + f[1] * m[1] + f[2] * m[2] + fixed_edge_ * moving_edge_;
    const float r = product / (length_f * length_m);
    for (std::size_t axis = 0; axis < 3; ++axis)
      by_slope_[axis][v] = -2 * share * r * (f[axis] / (length_f * length_m) - r * m[axis] / squared_m);
    return 1 - r * r;
  }

  /// The adjoint of central differences.
  void scatter(std::size_t k, std::vector<float>& out) const {
    for (std::size_t j = 0; j < size_[1]; ++j)
      for (std::size_t i = 0; i < size_[0]; ++i) {
        const std::array<std::size_t, 3> at{i, j, k};
        const std::size_t v = k * stride_[2] + j * stride_[1] + i;
        float sum = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const float below = at[axis] > 0 ? by_slope_[axis][v - stride_[axis]] : 0;
          const float above = at[axis] + 1 < size_[axis] ? by_slope_[axis][v + stride_[axis]] : 0;
          sum += half_per_mm_[axis] * (below - above);
        }
        out[v] = sum;
      }
  }

  std::array<std::size_t, 3> size_;
  std::array<std::size_t, 3> stride_;
  std::array<float, 3> half_per_mm_{};
  float fixed_edge_;
  float moving_edge_;
  const std::vector<float>& fixed_;
  std::vector<std::uint8_t> counts_;
  double voxels_ = 0;
  std::array<std::vector<float>, 3> by_slope_;
};

}  // namespace

Similarity gradient_field(const std::vector<float>& fixed, const VolumeGeometry& geometry,
                          const Domain& domain, double fixed_edge, double moving_edge) {
  auto metric = std::make_shared<GradientField>(fixed, geometry, domain, fixed_edge, moving_edge);
  return [metric](const Warped& warped, std::vector<std::vector<float>>& derivatives) {
    return metric->evaluate(warped, derivatives);
  };
}

}  // namespace snitt::image_registration
