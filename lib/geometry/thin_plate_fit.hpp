#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// The smoothing thin-plate spline in three dimensions: f(p) = M p + sum of w_i |p - p_i| minimises
/// sum of omega_i |to_i - f(from_i)|² + smoothing · E, E = -sum of w_i w_j |p_i - p_j| >= 0, which is the
/// bending energy over 8 pi (Duchon 1977, Wahba 1990). Smoothing is in mm: a landmark of weight 1 pays for
/// its residual as the field does for bending over that length. 0: through all landmarks.
///
/// Conditions: (K - smoothing / omega) w + P a = to, Pᵀ w = 0. The sign is that of a kernel that grows with
/// distance: with a plus, as for kernels that fall, the equations become singular at some smoothing.
class ThinPlateFit {
 public:
  /// Throws ComputationError: fewer than five landmarks; all near a plane; with smoothing 0, two at one place
  /// (merge them first); more than 5000. UsageError for different numbers.
  ThinPlateFit(std::span<const Vec3> from, std::span<const Vec3> to, std::span<const double> weights,
               double smoothing_mm);
  ~ThinPlateFit();
  ThinPlateFit(ThinPlateFit&&) noexcept;
  ThinPlateFit& operator=(ThinPlateFit&&) noexcept;

  const Matrix4& matrix() const;
  const std::vector<Vec3>& landmarks() const;
  const std::vector<Vec3>& weights() const;  ///< [landmark] w_i
  double smoothing_mm() const;
  Vec3 map(Vec3 point) const;

  const std::vector<Vec3>& residual_mm() const;  ///< [landmark] to - f(from)
  /// [landmark] distance of each from where the spline of the others puts it, from the inverse of the
  /// equations without another solution: w_i / (A⁻¹)_ii.
  const std::vector<double>& leave_one_out_mm() const;
  double leave_one_out_rms_mm() const;  ///< weighted
  /// [landmark] leave_one_out_mm over what is to be expected there if the landmarks' displacements bend as
  /// the spline assumes: about 1.
  const std::vector<double>& leave_one_out_ratio() const;
  /// Root of the expected squared distance by which the mapped point is off, when the field is a Gaussian
  /// process whose generalised covariance is the spline's kernel (universal kriging with a linear drift,
  /// Matheron 1973; the process's scale from the data by restricted maximum likelihood). 0 at a landmark that
  /// is interpolated.
  double expected_error_mm(Vec3 point) const;
  /// Smallest determinant of the map's derivative at the landmarks and on a grid of `per_axis` points a side
  /// in the box around them: below 0 the map folds.
  double least_determinant(std::size_t per_axis) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The smoothing of a logarithmic ladder (0, and 1e-3 to 10 times the landmarks' extent) that leaves the
/// least leave-one-out error.
double best_smoothing(std::span<const Vec3> from, std::span<const Vec3> to, std::span<const double> weights);

}  // namespace snitt
