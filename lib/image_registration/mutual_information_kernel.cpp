#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "image_registration/similarity.hpp"

namespace snitt::image_registration {
namespace {

/// Cubic B-spline's four values (or slopes) around a place `f` after the second of four bins.
std::array<float, 4> window(float f) {
  const float g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
          f * f * f / 6};
}
std::array<float, 4> window_slope(float f) {
  const float g = 1 - f;
  return {-g * g / 2, (-4 * f + 3 * f * f) / 2, (4 * g - 3 * g * g) / 2, f * f / 2};
}

class MutualInformation {
 public:
  MutualInformation(const std::vector<float>& fixed, const Domain& domain,
                    const std::array<float, 2>& moving_range, std::size_t bins)
      : domain_(domain), bins_(bins), low_(moving_range[0]), bin_of_(fixed.size()) {
    float low = std::numeric_limits<float>::max();
    float high = std::numeric_limits<float>::lowest();
    for (std::size_t i = 0; i < fixed.size(); ++i)
      if (domain.weights[i] > 0) {
        low = std::min(low, fixed[i]);
        high = std::max(high, fixed[i]);
      }
    const float per_bin = static_cast<float>(bins) / std::max(high - low, 1e-20F);
    for (std::size_t i = 0; i < fixed.size(); ++i) {
      const float bin = std::clamp((fixed[i] - low) * per_bin, 0.0F, static_cast<float>(bins - 1));
      bin_of_[i] = static_cast<std::uint8_t>(bin);
    }
    // The windows of the lowest and highest values need a bin beside theirs.
    scale_ = static_cast<float>(bins - 3) / std::max(moving_range[1] - moving_range[0], 1e-20F);
  }

  double evaluate(const Warped& warped, std::vector<std::vector<float>>& derivatives) const {
    const std::vector<double> joint = histogram(warped.channels[0].values);
    std::vector<double> of_fixed(bins_);
    std::vector<double> of_moving(bins_);
    double total = 0;
    for (std::size_t f = 0; f < bins_; ++f)
      for (std::size_t m = 0; m < bins_; ++m) {
        of_fixed[f] += joint[f * bins_ + m];
        of_moving[m] += joint[f * bins_ + m];
        total += joint[f * bins_ + m];
      }
    if (total <= 0) return 0;
    double information = 0;
    std::vector<float> logs(joint.size());  // log p(f, m) / p(m): what the derivative weighs
    for (std::size_t f = 0; f < bins_; ++f)
      for (std::size_t m = 0; m < bins_; ++m) {
        const double count = joint[f * bins_ + m];
        if (count <= 1e-9 * total) continue;
        information += count / total * std::log(count * total / (of_fixed[f] * of_moving[m]));
        logs[f * bins_ + m] = static_cast<float>(std::log(count / of_moving[m]));
      }
    derive(warped.channels[0].values, logs, static_cast<float>(-1 / total), derivatives[0]);
    return -information;
  }

 private:
  /// Lower of the two middle bins, and the fraction after it. Values beyond the range count as its ends.
  struct Place {
    std::size_t bin;
    float fraction;
    bool is_inside;
  };
  Place place(float value) const {
    const float at = (value - low_) * scale_;
    const float held = std::clamp(at, 0.0F, static_cast<float>(bins_ - 3) - 1e-3F);
    const auto below = static_cast<std::size_t>(held);
    return {below, held - static_cast<float>(below), at == held};
  }

  std::vector<double> histogram(const std::vector<float>& values) const {
    const std::size_t plane = domain_.size[0] * domain_.size[1];
    const std::size_t cells = bins_ * bins_;
    std::vector<double> parts(domain_.size[2] * cells);
    tbb::parallel_for(std::size_t{0}, domain_.size[2], [&](std::size_t k) {
      double* part = parts.data() + k * cells;
      for (std::size_t i = k * plane; i < (k + 1) * plane; ++i) {
        if (domain_.weights[i] <= 0) continue;
        const Place at = place(values[i]);
        const auto w = window(at.fraction);
        double* row = part + bin_of_[i] * bins_ + at.bin;
        for (std::size_t b = 0; b < 4; ++b) row[b] += static_cast<double>(domain_.weights[i] * w[b]);
      }
    });
    std::vector<double> joint(cells);
    for (std::size_t k = 0; k < domain_.size[2]; ++k)
      for (std::size_t c = 0; c < cells; ++c) joint[c] += parts[k * cells + c];
    return joint;
  }

  void derive(const std::vector<float>& values, const std::vector<float>& logs, float factor,
              std::vector<float>& out) const {
    const std::size_t plane = domain_.size[0] * domain_.size[1];
    tbb::parallel_for(std::size_t{0}, domain_.size[2], [&](std::size_t k) {
      for (std::size_t i = k * plane; i < (k + 1) * plane; ++i) {
        out[i] = 0;
        if (domain_.weights[i] <= 0) continue;
        const Place at = place(values[i]);
        if (!at.is_inside) continue;
        const auto slope = window_slope(at.fraction);
        const float* row = logs.data() + bin_of_[i] * bins_ + at.bin;
        float sum = 0;
        for (std::size_t b = 0; b < 4; ++b) sum += slope[b] * row[b];
        out[i] = factor * scale_ * domain_.weights[i] * sum;
      }
    });
  }

  const Domain& domain_;
  std::size_t bins_;
  float low_;
  float scale_ = 1;
  std::vector<std::uint8_t> bin_of_;
};

}  // namespace

Similarity mutual_information(const std::vector<float>& fixed, const Domain& domain,
                              const std::array<float, 2>& moving_range, std::size_t bins) {
  auto metric = std::make_shared<MutualInformation>(fixed, domain, moving_range, bins);
  return [metric](const Warped& warped, std::vector<std::vector<float>>& derivatives) {
    return metric->evaluate(warped, derivatives);
  };
}

}  // namespace snitt::image_registration
