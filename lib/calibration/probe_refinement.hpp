#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibration/n_wire.hpp"

/// Joint non-linear refinement of a probe calibration: all wires, not only the middle ones, a rigid image
/// with one or two pixel sizes, the phantom's own place within what its registration leaves open, and on
/// request the time lag between images and poses.
namespace snitt::calibration {

/// What is known of PhantomToReference beforehand: a point of the phantom lies where the registration says
/// with this error. Points: the landmarks that were registered.
struct PhantomPrior {
  std::vector<Vec3> landmarks_mm;  ///< phantom coordinates; empty: the phantom does not move
  double error_mm = 0.5;           ///< standard deviation in each direction of each
};

struct RefinementSettings {
  bool isotropic = false;     ///< one pixel size for both directions
  bool estimate_lag = false;  ///< frames must carry earlier and later poses
  PhantomPrior phantom;
  double gross_outlier_mm =
      3;  ///< points farther from their wire in the first fit are left out, at least 6 deviations
};

/// Standard deviations of the errors, estimated from the data (maximum likelihood by
/// expectation-maximisation, Laird and Ware 1982): of a point in the image and of a tracked pose, which all
/// points of a frame share.
struct NoiseComponents {
  double point_u_mm = 0.3;
  double point_v_mm = 0.3;
  double pose_mm = 0.3;
  double pose_rad = 0.003;
};

/// Order of the parameters in `covariance`.
enum RefinedParameter : std::size_t {
  rotation_x,  ///< rad, of the probe's frame about its axes
  rotation_y,
  rotation_z,
  translation_x,  ///< mm, of the pixel (0, 0)
  translation_y,
  translation_z,
  pixel_u,  ///< mm
  pixel_v,
  phantom_rotation_x,  ///< rad, about the middle of the wires, phantom axes
  phantom_rotation_y,
  phantom_rotation_z,
  phantom_x,  ///< mm
  phantom_y,
  phantom_z,
  lag,  ///< s
  refined_parameters
};

struct Refinement {
  Matrix4 image_to_probe;  ///< third column: unit normal times the mean pixel size
  Matrix4 phantom_to_reference;
  std::array<double, 2> pixel_mm{};
  double lag_s = 0;  ///< poses are to be taken this much later than they were
  NoiseComponents noise;
  std::vector<double> covariance;  ///< [parameter, parameter], 0 for what was held fixed
  std::array<double, refined_parameters> half_width_95{};
  std::size_t frames_per_group = 1;  ///< neighbouring frames whose errors go together
  bool errors_outlast = false;       ///< they go together for longer than the groups are
  double phantom_chi_squared = 0;    ///< of the landmarks' shifts, for 6 degrees of freedom
  double design_effect = 1;          ///< frames that count as one against the phantom's registration
  double conditioning = 0;           ///< see statistics::LeastSquaresSolution
  std::vector<std::array<double, 2>> residual_mm;  ///< [frame · wires + wire]: distance from the wire
  std::vector<std::uint8_t> used;                  ///< [frame · wires + wire]
  std::vector<Matrix4> leave_one_out;  ///< [frame]: ImageToProbe found without it (one Newton step)
  bool converged = false;
};

/// From a linear solution. The spread is that of a sandwich estimate over groups of neighbouring frames (long
/// enough for the errors of the tracker to forget themselves), plus what the phantom's registration leaves
/// open. Throws ComputationError when the frames do not determine the parameters, naming what they lack.
Refinement refine(std::span<const WireFrame> frames, const WireModel& model,
                  const Matrix4& phantom_to_reference, const Matrix4& linear_image_to_probe,
                  const RefinementSettings& settings);

/// The nearest rigid rotation with the lengths of the first two columns: {rotation and translation, pixel
/// sizes}.
struct RigidParts {
  Matrix4 rigid;
  std::array<double, 2> pixel_mm{};
};
RigidParts rigid_parts(const Matrix4& image_to_probe);
Matrix4 image_to_probe_of(const RigidParts& parts);

}  // namespace snitt::calibration
