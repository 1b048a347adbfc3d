#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "calibration/dot_detection.hpp"
#include "calibration/line_detection.hpp"
#include "calibration/n_wire.hpp"
#include "calibration/wire_frames.hpp"

/// What the frames of a recording show of a target that stands still in Reference: a point (crossed wires, a
/// bead), seen as a dot, or a wall, seen as a line.
namespace snitt::calibration {

enum class TargetKind { point, wall };
/// "point" or "wall".
std::string name_of(TargetKind kind);

/// How a target is looked for.
struct TargetDetection {
  TargetKind kind = TargetKind::point;
  DotSettings dots;
  LineDetectionOptions line;
};

enum class TargetStatus {
  ok,
  image_invalid,  ///< the recording says so
  no_dot,         ///< nothing bright and small enough
  no_line,        ///< no straight bright line
  elsewhere,      ///< what was found does not lie where the other frames have the target
};
/// "ok", "image-invalid", "no-dot", "no-line", "elsewhere".
std::string name_of(TargetStatus status);

/// What was found in one frame.
struct TargetFinding {
  TargetStatus status = TargetStatus::no_dot;
  std::string detail;  ///< numbers behind the status
  /// Point: dots that may be it, strongest first. Wall: two points of the line, at a distance of 1/sqrt(12)
  /// of its length from its middle, where the errors of a straight line through equally good points do not
  /// depend on each other.
  std::vector<ImagePoint> points;
};

/// Read as a stream, worked on in parallel; the same for any number of threads. [frame]
std::vector<TargetFinding> find_target(FrameSource& source, const TargetDetection& detection,
                                       Monitor& monitor);

/// A frame in which something was found, with its pose.
struct TargetFrame {
  std::size_t frame = 0;  ///< in the recording
  Matrix4 probe_to_reference;
  Matrix4 earlier;  ///< step_s before and after; used where a time lag is estimated
  Matrix4 later;
  double step_s = 0.02;
  std::vector<ImagePoint> points;  ///< as in TargetFinding
  /// ProbeToReference `lag_s` later than it was taken.
  Matrix4 pose(double lag_s) const;
};

struct PosedTargets {
  std::vector<TargetFrame> frames;
  std::vector<Status> pose_status;  ///< [frame of the recording]
};
/// Throws InputError when no path leads from probe to reference.
PosedTargets posed_targets(const Frames& recording, const std::vector<TargetFinding>& findings,
                           const ProbePoses& poses);

}  // namespace snitt::calibration
