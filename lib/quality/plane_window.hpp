#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "data/image_plane.hpp"

namespace snitt::quality {

/// A pixel of the mean of several planes, millimetres from the guessed centre.
struct WindowPixel {
  double x_mm = 0;  ///< along the columns
  double y_mm = 0;  ///< along the rows
  double hu = 0;    ///< mean of the planes
};

/// The mean of the planes within `reach_mm` of `guess`, and how noisy it is.
struct PlaneWindow {
  std::vector<WindowPixel> pixels;  ///< row by row
  std::vector<std::size_t> index;   ///< of each in its plane
  double pixel_mm = 0;              ///< the geometric mean of both spacings
  double complete_mm = 0;           ///< the image ends there
};

/// Throws InputError, beginning with `what`, for no planes, planes of different grids, values that are not
/// finite and a guess outside of the plane.
PlaneWindow plane_window(std::span<const ImagePlane> planes, PlanePoint guess, double reach_mm,
                         const char* what);

/// Standard deviations, without a linear trend, of the pixels with `inner` <= distance from (x, y) < `outer`.
struct RingNoise {
  double mean_hu = 0;    ///< of the mean of the planes: its level at (x, y)
  double averaged = 0;   ///< standard deviation of the mean of the planes
  double one_plane = 0;  ///< root of the mean variance of single planes
  std::size_t pixels = 0;
};
RingNoise ring_noise(std::span<const ImagePlane> planes, const PlaneWindow& window, double x_mm, double y_mm,
                     double inner_mm, double outer_mm);

/// Blurred disk: level + contrast * Phi((radius - r) / sigma). Blurred point: level + contrast *
/// exp(-r^2 / (2 sigma^2)), radius 0.
struct RadialModel {
  double x_mm = 0;
  double y_mm = 0;
  double radius_mm = 0;
  double sigma_mm = 0;
  double level_hu = 0;
  double contrast_hu = 0;
  bool converged = false;
};
enum class RadialShape { disk, point };

/// Least squares over the pixels within `reach_mm` of the model's centre as given, by Levenberg and
/// Marquardt.
RadialModel fitted(const PlaneWindow& window, RadialModel start, RadialShape shape, double reach_mm);

}  // namespace snitt::quality
