#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "calibration/probe_refinement.hpp"
#include "calibration/wire_frames.hpp"
#include "data/calibration.hpp"

/// Probe calibration with an N-wire phantom: from recordings to a matrix, its intervals, and a verdict.
namespace snitt::calibration {

struct NWireSettings {
  DotSettings dots;
  LabellingSettings labelling;
  ProbePoses poses;
  std::string phantom_frame = "Phantom";
  bool linear_only = false;  ///< the solution of PLUS, without refinement
  RefinementSettings refinement;
  std::optional<ImageTurn> turn;  ///< accept images that lie like this; else only "as recorded"
  double largest_error_mm = 3;    ///< mean 3-D error of the linear solution beyond which it is refused
  std::optional<std::array<double, 2>> nominal_pixel_mm;  ///< what the scanner says, along u and v
};

/// One recording and what became of it.
struct NWireRecording {
  std::string role;  ///< "calibration" or "validation"
  std::vector<double> time_s;
  std::vector<Dots> dots;  ///< [frame]
  Segmentation segmentation;
  PosedFrames posed;
};

struct NWireErrors {
  ErrorStatistics linear_3d;
  ErrorStatistics refined_3d;        ///< of the solution that was chosen
  ErrorStatistics leave_one_out_3d;  ///< calibration recording only, refined only
};

struct NWireCalibration {
  WireModel model;         ///< given
  Matrix4 image_to_probe;  ///< the result
  Matrix4 phantom_to_reference;
  LinearSolution linear;
  std::optional<Refinement> refinement;
  NWireRecording calibration;
  std::optional<NWireRecording> validation;
  NWireErrors calibration_errors;
  NWireErrors validation_errors;
  Matrix4 nominal_phantom_to_reference;
  double moved_mm = 0;    ///< of the probe against the phantom: standard deviation of its position
  double turned_deg = 0;  ///< and of its angle
  bool complete = false;  ///< all of the above was found
};

/// `calibration` and `validation` (may be null) carry the poses; PhantomToReference is among the constant
/// transforms of the first. `result` is filled as the work goes on, so that after a refusal the segmentation
/// can still be looked at. Throws InputError for transforms that are missing; ComputationError, naming the
/// reason, when no trustworthy matrix comes out: the phantom is seen in too few frames (with a count of
/// reasons), the images are mirrored or turned, the probe was not moved, or wires and poses contradict each
/// other.
void calibrate_n_wire(FrameSource& calibration, FrameSource* validation, const NWireSettings& settings,
                      Monitor& monitor, NWireCalibration& result);

/// Every frame with the reason why it was left out; also after a refusal.
Table frames_table(const NWireCalibration& result);

/// Numbers, intervals, verdict and tables "residuals", "frames" and "covariance".
CalibrationRecord record_of(const NWireCalibration& result, const NWireSettings& settings);

}  // namespace snitt::calibration
