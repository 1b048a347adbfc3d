#include "calibration/wire_frames.hpp"

#include <algorithm>

#include "statistics/summary.hpp"

namespace snitt::calibration {

double velocity_step_s(const Frames& recording, const TransformPath& path) {
  double step_s = 0.02;
  for (const PathStep& part : path) {
    if (!part.tracked) continue;
    const std::vector<double>& own = recording.tracked[part.index].time_s;
    const std::vector<double>& time = own.empty() ? recording.time_s : own;
    std::vector<double> spacing;
    for (std::size_t i = 1; i < time.size(); ++i) spacing.push_back(time[i] - time[i - 1]);
    if (!spacing.empty()) step_s = std::max(step_s, 2.5 * statistics::median(spacing));
  }
  return step_s;
}

PosedFrames posed_frames(const Frames& recording, const Segmentation& segmentation, const ProbePoses& poses) {
  const TransformPath path = find_path(recording, poses.probe_frame, poses.reference_frame);
  const auto at = [&](double offset_s) {
    return evaluate(recording, path, {poses.time_offset_s + offset_s, poses.maximum_gap_s});
  };
  const FramePoses now = at(0);
  const double step_s = poses.with_neighbours ? velocity_step_s(recording, path) : 0.02;
  const FramePoses earlier = poses.with_neighbours ? at(-step_s) : now;
  const FramePoses later = poses.with_neighbours ? at(step_s) : now;
  PosedFrames result;
  result.pose_status = now.status;
  for (std::size_t i = 0; i < segmentation.frames.size(); ++i) {
    if (segmentation.frames[i].status != SegmentationStatus::ok) continue;
    if (!is_usable(now.status[i]) || !is_usable(earlier.status[i]) || !is_usable(later.status[i])) {
      ++result.without_pose;
      continue;
    }
    result.frames.push_back(
        {i, now.matrix[i], earlier.matrix[i], later.matrix[i], step_s, segmentation.frames[i].points});
  }
  return result;
}

}  // namespace snitt::calibration
