#pragma once
#include "calibration/tracked_poses.hpp"
#include "phantom/stylus_recording.hpp"
#include "phantom/trajectory.hpp"

namespace snitt::calibration {

/// Where the touched phantom stands; nothing in it is zero or a right angle.
inline Matrix4 phantom_placement() {
  return phantom::translation({-75, -50, -150}) * phantom::rotation_deg({14, -21, 33});
}

inline TrackedPoses stylus_poses(const phantom::StylusRecording& r) {
  return tracked_poses(r.frames, "Stylus", "Reference");
}

/// 0.25 mm along each axis and 5 % gross outliers.
inline phantom::StylusTracking usual_tracking(std::uint64_t seed) {
  phantom::StylusTracking t;
  t.position_noise_mm = 0.25;
  t.outlier_fraction = 0.05;
  t.seed = seed;
  return t;
}

/// Whether `call` throws an `E` whose message holds `words`; the message otherwise.
template <typename E, typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

}  // namespace snitt::calibration
