#pragma once
#include <vector>

/// What a simulated CT scanner does to a sharp object: blur in the plane and along z, each in closed form.
namespace snitt::phantom {

/// Point spread in the plane: the same in all directions, the sum of two Gaussians of weights that add to 1.
/// With the second weight zero its MTF is a Gaussian; a second, negative and wider one is what an
/// edge-enhancing kernel does, with an MTF above 1 at middle frequencies. The value of a pixel is that of its
/// centre: the MTF is the whole system's, the pixel's aperture included.
struct CtBlur {
  double sigma_mm[2]{0.5, 1.25};
  double weight[2]{1, 0};
};

/// The blur whose MTF is 0.5 at `f50_per_mm`; `enhancement` b is the weight of the negative Gaussian, 2.5
/// times as wide: MTF = (1 + b) g(f) - b g(2.5 f). 0 to 1. Throws UsageError outside.
CtBlur ct_blur(double f50_per_mm, double enhancement);

double ct_mtf(const CtBlur& blur, double frequency_per_mm);

/// First frequency at which the MTF has fallen to `value`, below its value at 0.
double ct_mtf_crossing(const CtBlur& blur, double value);

/// A straight edge: 0 far outside (negative distance) to 1 far inside.
double ct_edge(const CtBlur& blur, double distance_mm);

/// Beyond this distance from an edge the blur no longer matters (less than 1e-6 of the step).
double ct_reach_mm(const CtBlur& blur);

/// A disk of value 1 after the blur, along its radius: a table made once, read by linear interpolation.
/// Errors below 1e-4 of the step.
class DiskProfile {
 public:
  DiskProfile(const CtBlur& blur, double radius_mm);
  double at(double distance_mm) const;
  double outer_mm() const { return outer_mm_; }  ///< 0 from here on

 private:
  double inner_mm_ = 0;  ///< 1 up to here, unless it is 0
  double outer_mm_ = 0;
  double steps_per_mm_ = 1;
  std::vector<double> value_;
};

enum class SliceShape { rectangle, gaussian };

/// Sensitivity along z, of area 1.
struct SliceProfile {
  SliceShape shape = SliceShape::rectangle;
  double fwhm_mm = 1;

  double density_per_mm(double z_mm) const;
  double cumulative(double z_mm) const;
  /// Beyond this distance from the slice's middle nothing is seen.
  double reach_mm() const;
  /// Share of the slice at `z_mm` that lies between the two.
  double share(double z_mm, double from_mm, double to_mm) const {
    return cumulative(to_mm - z_mm) - cumulative(from_mm - z_mm);
  }
};

}  // namespace snitt::phantom
