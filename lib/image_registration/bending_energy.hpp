#pragma once
#include "image_registration/spline_grid.hpp"

/// Mean over the image's cells of the sum of squared second derivatives of the displacement, in closed form:
/// the energy is a quadratic form of the coefficients, separable into integrals of products of B-splines
/// along each axis.
namespace snitt::image_registration {

class BendingEnergy {
 public:
  explicit BendingEnergy(const SplineGrid& grid);
  /// Energy in 1/mm^2 for coefficients in mm; adds `factor` times its derivative to `gradient`.
  double evaluate(const Coefficients& coefficients_mm, double factor, Coefficients& gradient) const;

 private:
  /// Integrals of products of two B-splines' derivatives of one order: [control point][offset -3 … 3].
  using Band = std::vector<std::array<double, 7>>;
  SplineGrid grid_;
  std::array<std::array<Band, 3>, 3> bands_;  ///< [axis][order of the derivative]
  double volume_mm3_ = 1;
};

}  // namespace snitt::image_registration
