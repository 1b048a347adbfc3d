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

/// What makes two images alike. `automatic`: squared_local_correlation, or lc2 where the gradient of the
/// moving image explains much of the fixed one that its values do not (ultrasound to MR).
enum class DeformableMetric : std::uint8_t {
  automatic,
  squared_difference,  ///< same modality, same scale of intensities, no bias
  local_correlation,   ///< blind to bias, inversion and maps of intensity that are linear within a window
  lc2,                 ///< intensity and gradient magnitude together: ultrasound (fixed) to MR
  gradient_field,      ///< edges alone
  mutual_information   ///< any map of intensities that is the same in the whole image
};

enum class DeformablePreset : std::uint8_t { fast, standard, accurate };

struct DeformableSettings {
  DeformablePreset preset = DeformablePreset::standard;
  DeformableMetric metric = DeformableMetric::automatic;
  std::optional<double> control_spacing_mm;  ///< of the finest level; otherwise some voxels, by preset
  bool is_diffeomorphic = false;             ///< only a map that is proved to be one-to-one will do
  bool searches = true;  ///< also begin from a discrete search over large displacements, if that is better
  std::optional<double> bending_mm2;  ///< weight of the mean squared second derivative (1/mm^2) of the field
};

/// One resolution of the continuous stage.
struct DeformableLevel {
  double voxel_mm = 0;    ///< images are shrunk to about this
  double control_mm = 0;  ///< distance of control points
  int iterations = 0;
};

/// What will be done, from the images' geometry alone.
struct DeformablePlan {
  std::vector<DeformableLevel> levels;  ///< coarse to fine
  double search_mm = 0;                 ///< displacements along each axis that the discrete search tries
  double window_mm = 0;                 ///< standard deviation of the local metrics' windows
  double bending_mm2 = 0;
  std::size_t memory_bytes = 0;  ///< estimate of what the registration needs beside the two images
};
DeformablePlan deformable_plan(const VolumeGeometry& fixed, const VolumeGeometry& moving,
                               const DeformableSettings& settings);

struct DeformableRegistration {
  std::vector<TransformStep> steps;  ///< fixed to moving, in order of application
  CalibrationRecord record;
};

/// Points of the fixed to points of the moving space: p_moving = start(p + u(p)), u a B-spline on the fixed
/// image. Throws InputError when the images hardly overlap at the start (with both boxes in mm),
/// ComputationError for an image without structure, and where no diffeomorphic map was found though one was
/// asked for.
DeformableRegistration register_deformable(const ImagePair& pair, const Matrix4& start,
                                           const DeformableSettings& settings, Monitor& monitor);

}  // namespace snitt::image_registration
