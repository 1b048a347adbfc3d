#pragma once
#include <array>
#include <cmath>
#include <cstring>

#include "base/huge_array.hpp"
#include "image/scalar_volume.hpp"

namespace snitt::image_registration {

/// Value of an image and its derivative along the voxel axes, per voxel.
struct ImageSample {
  float value;
  float along_i;
  float along_j;
  float along_k;
};

/// An image between its voxels: the cubic B-spline through all of them, going on beyond the rim as in a
/// mirror (Unser, Aldroubi & Eden 1993). Coefficients are kept with a rim of one below and two above along
/// each axis, so that sampling needs no bounds.
class BSplineImage {
 public:
  explicit BSplineImage(const image::ScalarVolume& volume);

  const VolumeGeometry& geometry() const { return geometry_; }
  /// Index of a point inside, from the first to the last voxel centre; rounding at the rim is forgiven.
  bool contains(double i, double j, double k) const {
    return i >= -slack && j >= -slack && k >= -slack && i <= last_[0] + slack && j <= last_[1] + slack &&
           k <= last_[2] + slack;
  }
  /// The index must be contained.
  ImageSample at(double i, double j, double k) const;
  /// Fetches what `at` will read; the index must be contained.
  void prefetch(double i, double j, double k) const {
    const auto low = [](double at) { return at < 0 ? std::size_t{0} : static_cast<std::size_t>(at); };
    const float* corner = coefficients_.data() + low(k) * slice_ + low(j) * row_ + low(i);
    for (std::size_t z = 0; z < 4; ++z)
      for (std::size_t y = 0; y < 4; ++y) __builtin_prefetch(corner + z * slice_ + y * row_);
  }
  float value_at(double i, double j, double k) const { return at(i, j, k).value; }

 private:
  static constexpr double slack = 1e-6;
  VolumeGeometry geometry_;
  std::array<double, 3> last_{};
  std::size_t row_ = 0;
  std::size_t slice_ = 0;
  HugeArray<float> coefficients_;
};

namespace detail {

using Four = float __attribute__((vector_size(16)));

inline Four load(const float* p) {
  Four v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline float sum(Four v) { return (v[0] + v[1]) + (v[2] + v[3]); }

/// The four cubic B-spline weights around a point `f` after the second of them, and their derivatives.
inline Four bspline_weights(float f) {
  const float g = 1 - f;
  const float ff = f * f;
  const float gg = g * g;
  return Four{gg * g * (1.0F / 6), 2.0F / 3 - 0.5F * ff * (2 - f), 2.0F / 3 - 0.5F * gg * (2 - g),
              ff * f * (1.0F / 6)};
}
inline Four bspline_slopes(float f) {
  const float g = 1 - f;
  return Four{-0.5F * g * g, f * (1.5F * f - 2), g * (2 - 1.5F * g), 0.5F * f * f};
}

}  // namespace detail

inline ImageSample BSplineImage::at(double i, double j, double k) const {
  using detail::Four;
  const auto split = [](double at, double last, std::size_t& low) {
    const double inside = at < 0 ? 0 : at > last ? last : at;
    low = static_cast<std::size_t>(inside);
    return static_cast<float>(inside - static_cast<double>(low));
  };
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t c = 0;
  const float fi = split(i, last_[0], a);
  const float fj = split(j, last_[1], b);
  const float fk = split(k, last_[2], c);
  const Four wj = detail::bspline_weights(fj);
  const Four dj = detail::bspline_slopes(fj);
  const Four wk = detail::bspline_weights(fk);
  const Four dk = detail::bspline_slopes(fk);
  Four value{};
  Four by_j{};
  Four by_k{};
  const float* corner = coefficients_.data() + c * slice_ + b * row_ + a;
  for (std::size_t y = 0; y < 4; ++y) {
    const float* p = corner + y * row_;
    const Four v0 = detail::load(p);
    const Four v1 = detail::load(p + slice_);
    const Four v2 = detail::load(p + 2 * slice_);
    const Four v3 = detail::load(p + 3 * slice_);
    const Four across = wk[0] * v0 + wk[1] * v1 + wk[2] * v2 + wk[3] * v3;
    const Four slope = dk[0] * v0 + dk[1] * v1 + dk[2] * v2 + dk[3] * v3;
    value += wj[y] * across;
    by_j += dj[y] * across;
    by_k += wj[y] * slope;
  }
  const Four wi = detail::bspline_weights(fi);
  return {detail::sum(value * wi), detail::sum(value * detail::bspline_slopes(fi)), detail::sum(by_j * wi),
          detail::sum(by_k * wi)};
}

}  // namespace snitt::image_registration
