#pragma once
#include <string>
#include <vector>

#include "data/frames.hpp"

namespace snitt {

/// One step on the way from one coordinate frame to another.
struct PathStep {
  TransformName name;     ///< as recorded, e.g. ReferenceToTracker
  bool inverted = false;  ///< walked against its name
  bool tracked = false;   ///< one matrix per sample, else constant
  std::size_t index = 0;  ///< into Frames::tracked or Frames::constant
};

/// The chain p_to = S_n … S_2 S_1 p_from; steps in the order in which they act on a point.
using TransformPath = std::vector<PathStep>;

/// Shortest path (fewest steps, then recording order) through the recording's tracked and constant
/// transforms. Throws InputError that lists the frames that can be reached from `from`, with the nearest
/// spelling of `to`.
TransformPath find_path(const Frames& frames, const std::string& from, const std::string& to);

/// "Image -> Probe (ImageToProbe) -> Tracker (ProbeToTracker) -> Reference (inverse of ReferenceToTracker)".
std::string describe(const TransformPath& path);

struct PathOptions {
  double time_offset_s = 0;     ///< pose is taken at frame time + offset
  double maximum_gap_s = 0.25;  ///< no pose is interpolated across a longer gap between valid samples
};

/// One product matrix per frame with its status: the first status that is not usable along the path, or
/// MISSING where interpolation would cross a gap or leave the recorded range. Transforms on the frame clock
/// with no offset are used exactly as recorded; all others are interpolated at the frame's time (see
/// interpolate_pose).
struct FramePoses {
  std::vector<Matrix4> matrix;  ///< [frame]
  std::vector<Status> status;   ///< [frame]
};
FramePoses evaluate(const Frames& frames, const TransformPath& path, const PathOptions& options);

}  // namespace snitt
