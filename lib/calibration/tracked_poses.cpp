#include "calibration/tracked_poses.hpp"

#include "base/error.hpp"

namespace snitt::calibration {

TrackedPoses tracked_poses(const Frames& frames, const std::string& from, const std::string& to,
                           const PathOptions& options) {
  const TransformPath path = find_path(frames, from, to);
  const FramePoses all = evaluate(frames, path, options);
  TrackedPoses poses;
  poses.samples = frames.count;
  for (std::size_t f = 0; f < frames.count; ++f) {
    if (!is_usable(all.status[f])) {
      ++poses.unusable;
    } else if (!(rigidity_error(all.matrix[f]) < 1e-3) || !(determinant3(all.matrix[f]) > 0)) {
      // Six written digits leave 1e-5; a tracker gives rotations.
      ++poses.not_rigid;
    } else {
      poses.matrix.push_back(all.matrix[f]);
      poses.time_s.push_back(frames.time_s.size() == frames.count ? frames.time_s[f]
                                                                  : static_cast<double>(f));
      poses.sample.push_back(f);
    }
  }
  if (poses.size() == 0)
    throw InputError("none of {} samples has a usable pose on the path {} ({} not OK, {} not rigid)",
                     frames.count, describe(path), poses.unusable, poses.not_rigid);
  return poses;
}

}  // namespace snitt::calibration
