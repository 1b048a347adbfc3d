#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "geometry/matrix.hpp"
#include "registration/point_cloud.hpp"

namespace snitt::registration {

/// The mixture's answer: how much of the moving points each moved fixed point explains, and where they are.
struct Explained {
  std::vector<double> count;        ///< [fixed point] P 1
  std::vector<Vec3> mean_mm;        ///< [fixed point] P X / P 1; the center itself where it explains nothing
  std::vector<double> scatter_mm2;  ///< [fixed point] sum of P |x - mean|²
  double total = 0;                 ///< sum of P
  double moving = 0;                ///< points of the moving set that were asked
};

struct MixtureInput {
  std::span<const Vec3> centers_mm;    ///< [fixed point] moved
  std::span<const double> log_shares;  ///< [fixed point] log of mixing weight and the like; empty: all 0
  double sigma_mm = 1;
  double w = 0.1;
  double volume_mm3 = 1;  ///< that outliers fill evenly
};

/// Expectation step: responsibilities of centers for moving points, cut at four sigma. Sums are taken in one
/// order.
Explained explain(const MixtureInput& input, const PointCloud& moving);

/// Volume of the box around the moving points, at least a tenth of its largest side thick.
double outlier_volume_mm3(const PointCloud& moving);

}  // namespace snitt::registration
