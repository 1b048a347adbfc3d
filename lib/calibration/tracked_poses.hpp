#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "data/transform_graph.hpp"

namespace snitt::calibration {

/// The usable rigid poses between two coordinate frames of a recording.
struct TrackedPoses {
  std::vector<Matrix4> matrix;      ///< [pose]: maps the first frame to the second
  std::vector<double> time_s;       ///< [pose]
  std::vector<std::size_t> sample;  ///< [pose]: its number in the recording
  std::size_t samples = 0;          ///< in the recording
  std::size_t unusable = 0;         ///< whose status was not OK somewhere on the path
  std::size_t not_rigid = 0;        ///< left out although their status was OK
  std::size_t size() const { return matrix.size(); }
};

/// Walks the path `from` to `to` through the recording. Throws InputError (find_path) for names that the
/// recording does not know, and for a recording without any usable pose on the path.
TrackedPoses tracked_poses(const Frames& frames, const std::string& from, const std::string& to,
                           const PathOptions& options = {});

}  // namespace snitt::calibration
