#pragma once
#include <string>
#include <vector>

#include "calibration/n_wire.hpp"
#include "calibration/wire_segmentation.hpp"
#include "data/transform_graph.hpp"

namespace snitt::calibration {

/// Which poses go with the images.
struct ProbePoses {
  std::string probe_frame = "Probe";
  std::string reference_frame = "Reference";
  double time_offset_s = 0;      ///< the pose is taken this much later than the frame
  double maximum_gap_s = 0.25;   ///< between valid poses to interpolate across
  bool with_neighbours = false;  ///< also the poses a little earlier and later, for estimating a time lag
};

/// How far apart the poses lie from which the probe's velocity is taken, to move poses by a time lag: beyond
/// the samples between which a pose is interpolated. Nearer, the noise of a pose would be in its velocity
/// too, and pull a lag towards the middle between samples, where interpolation averages the noise away.
double velocity_step_s(const Frames& recording, const TransformPath& path);

/// Frames that are segmented and have a pose.
struct PosedFrames {
  std::vector<WireFrame> frames;
  std::vector<Status> pose_status;  ///< [frame of the recording]
  std::size_t without_pose = 0;     ///< segmented, but not usable
};

/// Throws InputError when no path leads from probe to reference.
PosedFrames posed_frames(const Frames& recording, const Segmentation& segmentation, const ProbePoses& poses);

}  // namespace snitt::calibration
