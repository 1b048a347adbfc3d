#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/spatial_transform.hpp"
#include "image_registration/image_pair.hpp"

/// Deformable registration of two images of any modality.
namespace snitt::image_registration {

/// What makes two images alike. `automatic` takes squared_local_correlation, which is blind to bias, inversion
/// and any map of intensities that is linear within a window.
enum class DeformableMetric : std::uint8_t {
  automatic,
  squared_difference,
  local_correlation,
  lc2,
  gradient_field,
  mutual_information
};

/// One resolution of the continuous stage.
struct DeformableLevel {
  double voxel_mm = 0;    ///< images are shrunk to about this
  double control_mm = 0;  ///< distance of control points
  int iterations = 0;
};

struct DeformableSettings {
  DeformableMetric metric = DeformableMetric::automatic;
  std::vector<DeformableLevel> levels;  ///< coarse to fine
  double bending_mm2 = 0.1;             ///< weight of the mean squared second derivative
  double window_mm = 3;                 ///< standard deviation of the local metrics' windows
};

struct DeformableRegistration {
  std::vector<TransformStep> steps;  ///< fixed to moving, in order of application
  CalibrationRecord record;
};

/// Points of the fixed to points of the moving space: p_moving = start(p + u(p)).
DeformableRegistration register_deformable(const ImagePair& pair, const Matrix4& start,
                                           const DeformableSettings& settings, Monitor& monitor);

}  // namespace snitt::image_registration
