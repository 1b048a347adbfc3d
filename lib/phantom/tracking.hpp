#pragma once
#include <vector>

#include "data/transform.hpp"
#include "phantom/sweep.hpp"

namespace snitt::phantom {

/// Rigid transform from the image plane (mm) to the probe's marker: nothing in it is zero or a right angle,
/// so that a forgotten or inverted step shows.
Matrix4 plane_to_probe();

/// The reference marker in the tracker's space, drifting slowly about its place: `turn` in radians goes on
/// with time; amplitudes as in TrackerSettings.
Matrix4 reference_to_tracker(double turn, double drift_mm, double drift_deg);

/// What a tracker reports while the probe follows `trajectory`: ProbeToTracker and ReferenceToTracker.
/// `frame_time_s` [frame] gives the sample times when the tracker has no clock of its own.
std::vector<TrackedTransform> track(const Trajectory& trajectory, const SweepSettings& settings,
                                    const std::vector<double>& frame_time_s);

}  // namespace snitt::phantom
