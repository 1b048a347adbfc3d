#pragma once
#include <vector>

#include "image_registration/warp.hpp"

/// What makes two images alike, as a function of the warped moving values with its exact derivative by them.
/// All are means over the domain. They keep a reference to the fixed values and the domain.
namespace snitt::image_registration {

/// Mean squared difference over the fixed image's variance.
Similarity squared_difference(const std::vector<float>& fixed, const Domain& domain);

struct LocalRegressionSettings {
  std::array<std::size_t, 3> block{1, 1, 1};  ///< voxels that are summed first: windows lie on the blocks
  double sigma_blocks = 1;                    ///< of the Gaussian windows
  double fixed_noise = 0;                     ///< variance that is no structure
  std::vector<double> moving_noise;           ///< the same, of each channel
  bool is_weighted_by_contrast = false;       ///< weigh windows by the fixed image's variance in them
};

/// 1 - R^2 of the fixed image's linear regression on the moving channels in Gaussian windows. One channel:
/// the squared local correlation coefficient, blind to bias, inversion and any map that is linear within a
/// window. Channels intensity and gradient magnitude: LC2 (Wein 2013). Noise variances are added to the
/// variances (ridge), so that windows without structure count little. As the regression's coefficients are
/// the best ones, the derivative is that with the coefficients held (envelope theorem): exact.
Similarity local_regression(const std::vector<float>& fixed, const Domain& domain,
                            const LocalRegressionSettings& settings);

/// 1 - (normalised product of the gradients)^2 (Haber & Modersitzki 2006); `fixed_edge`, `moving_edge` are
/// the gradients, in intensity per millimetre, below which there is no edge.
Similarity gradient_field(const std::vector<float>& fixed, const VolumeGeometry& geometry,
                          const Domain& domain, double fixed_edge, double moving_edge);

/// Minus the mutual information (Mattes 2003): `bins` per image, the fixed image's values in whole bins, the
/// moving image's under cubic B-spline windows; `moving_range` are its lowest and highest values.
Similarity mutual_information(const std::vector<float>& fixed, const Domain& domain,
                              const std::array<float, 2>& moving_range, std::size_t bins);

}  // namespace snitt::image_registration
