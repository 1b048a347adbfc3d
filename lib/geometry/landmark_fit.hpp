#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// What may differ between two sets of points: place and turn (6 parameters), one scale too (7), or any
/// linear map (12).
enum class LandmarkModel { rigid, similarity, affine };
std::size_t parameters_of(LandmarkModel model);
std::size_t least_points(LandmarkModel model);  ///< that determine it: 3, 3, 4

struct LandmarkFit {
  LandmarkModel model = LandmarkModel::rigid;
  Matrix4 matrix;                        ///< maps `from` to `to`
  std::vector<Vec3> residual_mm;         ///< [point]: to - M from
  std::vector<double> leave_one_out_mm;  ///< [point]: distance at a point from the fit to all the others; NaN
                                         ///< where these do not determine it
  std::vector<double> others_rms_mm;     ///< [point]: what that fit leaves of the others (weighted RMS)
  double rms_mm = 0;                     ///< weighted root mean square of the residuals (FRE)
  std::size_t points = 0;                ///< with weight
};

/// The map that minimises sum of w |M from - to|². Rigid and similarity: Umeyama 1991 (IEEE PAMI 13:376) —
/// the scale is the least-squares one, so that exchanging from and to gives the inverse up to (residual /
/// extent)²; affine: normal equations about the centroid. Leave-one-out errors in closed form, without n fits
/// from the start: affine by the leverage, r / (1 - h); the others by taking the point out of centroids and
/// correlation. `weights` empty: all 1; a point of weight 0 has a residual and no say. Throws
/// ComputationError by name: too few points, all at one place, on a line (spread across below 1e-6 of that
/// along), affine also on a plane; mirror images (a reflection leaves less than half of what a rotation
/// does). UsageError for different numbers.
LandmarkFit fit_landmarks(LandmarkModel model, std::span<const Vec3> from, std::span<const Vec3> to,
                          std::span<const double> weights = {});

/// First-order uncertainty of a fit whose coordinates have independent errors (of both sets together, seen in
/// `to`) of variance `variance_mm2` / weight.
class LandmarkUncertainty {
 public:
  LandmarkUncertainty(const LandmarkFit& fit, std::span<const Vec3> from, std::span<const double> weights,
                      double variance_mm2);
  /// Expected squared distance by which the mapped `point` is off. For a rigid fit with equal weights this is
  /// Fitzpatrick, West and Maurer 1998 (IEEE TMI 17:694): FLE²/N (1 + 1/3 sum d_k²/f_k²).
  double squared_error_mm2(Vec3 point) const;
  /// Standard deviation of any smooth number that a matrix has: its gradient by central differences along the
  /// parameters, times their covariance.
  template <typename Function>
  double deviation_of(const Function& value) const {
    std::vector<double> gradient;
    for (std::size_t k = 0; k < size_; ++k)
      gradient.push_back((value(moved(k, 1)) - value(moved(k, -1))) / (2 * step(k)));
    return deviation(gradient);
  }

 private:
  std::vector<std::array<double, 3>> jacobian(Vec3 arm) const;
  Matrix4 moved(std::size_t parameter, double sign) const;
  double step(std::size_t parameter) const;
  double deviation(std::span<const double> gradient) const;
  LandmarkModel model_;
  Matrix4 matrix_;
  Vec3 center_;       ///< of the mapped points
  double extent_mm_;  ///< scales the parameters other than translations, which keeps the equations well
                      ///< conditioned
  std::size_t size_;
  std::vector<double> covariance_;  ///< [size_, size_]
};

/// Two points whose partners in `to`, exchanged, leave a far smaller error.
struct SwappedPair {
  std::size_t first = 0;
  std::size_t second = 0;
  double rms_mm = 0;  ///< with the two exchanged
};

/// The pair that leaves the smallest error when exchanged, if that is below `share` of the fit's and the
/// fit's is above rounding. Rigid or similarity, as the fit; an affine one is searched as a similarity. All
/// pairs, each in constant time.
std::optional<SwappedPair> find_swapped_pair(const LandmarkFit& fit, std::span<const Vec3> from,
                                             std::span<const Vec3> to, std::span<const double> weights,
                                             double share);

}  // namespace snitt
