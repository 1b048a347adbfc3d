#include "calibration/wire_frames.hpp"

#include "data/transform_graph.hpp"

namespace snitt::calibration {

PosedFrames posed_frames(const Frames& recording, const Segmentation& segmentation, const ProbePoses& poses) {
  const TransformPath path = find_path(recording, poses.probe_frame, poses.reference_frame);
  const auto at = [&](double offset_s) {
    return evaluate(recording, path, {poses.time_offset_s + offset_s, poses.maximum_gap_s});
  };
  const FramePoses now = at(0);
  const FramePoses earlier = poses.with_neighbours ? at(-pose_step_s) : now;
  const FramePoses later = poses.with_neighbours ? at(pose_step_s) : now;
  PosedFrames result;
  result.pose_status = now.status;
  for (std::size_t i = 0; i < segmentation.frames.size(); ++i) {
    if (segmentation.frames[i].status != SegmentationStatus::ok) continue;
    if (!is_usable(now.status[i]) || !is_usable(earlier.status[i]) || !is_usable(later.status[i])) {
      ++result.without_pose;
      continue;
    }
    result.frames.push_back(
        {i, now.matrix[i], earlier.matrix[i], later.matrix[i], segmentation.frames[i].points});
  }
  return result;
}

}  // namespace snitt::calibration
