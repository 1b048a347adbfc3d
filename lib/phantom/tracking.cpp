#include "phantom/tracking.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "phantom/noise.hpp"

namespace snitt::phantom {
namespace {

// Keys that keep the random streams of one seed apart.
constexpr std::uint64_t position_stream = 0x706f73;
constexpr std::uint64_t angle_stream = 0x616e67;
constexpr std::uint64_t invalid_stream = 0x696e76;
constexpr std::uint64_t dropped_stream = 0x64726f;

/// A small random displacement of the marker, in its own axes.
Matrix4 pose_noise(const SweepSettings& s, std::uint64_t sample) {
  Vec3 shift;
  Vec3 angles;
  for (std::size_t a = 0; a < 3; ++a) {
    shift[a] = s.tracker.position_noise_mm * normal(random_bits(s.seed, position_stream + a, sample));
    angles[a] = s.tracker.angle_noise_deg * normal(random_bits(s.seed, angle_stream + a, sample));
  }
  return translation(shift) * rotation_deg(angles);
}

std::vector<double> sample_times(const SweepSettings& s, const std::vector<double>& frame_time_s) {
  if (!s.tracker.rate_hz) return frame_time_s;
  std::vector<double> times;
  // 0.37 of a period: no sample falls on a frame's time, so that interpolation has something to do.
  const double first = frame_time_s.front() - 0.5;
  for (std::size_t j = 0;; ++j) {
    const double time = first + (static_cast<double>(j) + 0.37) / *s.tracker.rate_hz;
    if (time > frame_time_s.back() + 0.5) return times;
    times.push_back(time);
  }
}

bool chosen(const SweepSettings& s, std::uint64_t stream, std::size_t sample, double fraction) {
  return uniform(random_bits(s.seed, stream, sample)) < fraction;
}

}  // namespace

Matrix4 reference_to_tracker(double turn, double drift_mm, double drift_deg) {
  const Vec3 place{120 + drift_mm * std::sin(turn), -340 + drift_mm * std::cos(0.7 * turn),
                   -900 - drift_mm * std::sin(1.4 * turn)};
  const Vec3 angles{20 + drift_deg * std::sin(0.9 * turn), 35 - drift_deg * std::sin(turn),
                    -50 + drift_deg * std::sin(0.6 * turn)};
  return translation(place) * rotation_deg(angles);
}

Matrix4 plane_to_probe() { return translation({30, -12, 55}) * rotation_deg({12, -25, 70}); }

std::vector<TrackedTransform> track(const Trajectory& trajectory, const SweepSettings& s,
                                    const std::vector<double>& frame_time_s) {
  const std::vector<double> times = sample_times(s, frame_time_s);
  const bool own_clock = s.tracker.rate_hz.has_value();
  const bool noisy = s.tracker.position_noise_mm > 0 || s.tracker.angle_noise_deg > 0;
  const Matrix4 probe_to_plane = inverse(plane_to_probe());
  TrackedTransform probe{{"Probe", "Tracker"}, {}, {}, {}};
  TrackedTransform reference{{"Reference", "Tracker"}, {}, {}, {}};
  for (std::size_t j = 0; j < times.size(); ++j) {
    const double shown_s = times[j] - s.tracker.lag_s;
    const double turn = 2 * std::numbers::pi * (shown_s - s.path.start_s) / (1.3 * s.path.duration_s);
    const Matrix4 marker =
        reference_to_tracker(turn, s.tracker.reference_drift_mm, s.tracker.reference_drift_deg);
    reference.matrix.push_back(marker);
    reference.status.push_back(Status::ok);
    if (own_clock) reference.time_s.push_back(times[j]);

    const bool dropped = chosen(s, dropped_stream, j, s.tracker.dropped_fraction);
    if (dropped && own_clock) continue;
    const auto& listed = s.tracker.invalid_samples;
    const bool invalid = chosen(s, invalid_stream, j, s.tracker.invalid_fraction) ||
                         std::find(listed.begin(), listed.end(), j) != listed.end();
    const Status status = dropped ? Status::missing : invalid ? Status::invalid : Status::ok;
    Matrix4 pose = marker * trajectory.plane_to_reference(shown_s) * probe_to_plane;
    if (noisy) pose = pose * pose_noise(s, j);
    probe.matrix.push_back(status == Status::ok ? pose : Matrix4{});
    probe.status.push_back(status);
    if (own_clock) probe.time_s.push_back(times[j]);
  }
  return {std::move(probe), std::move(reference)};
}

}  // namespace snitt::phantom
