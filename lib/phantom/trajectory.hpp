#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::phantom {

enum class Motion {
  linear,       ///< along the plane's normal
  tilt,         ///< about the lateral axis through the probe's face: a fan of planes
  rotation,     ///< about the depth axis through the middle of the probe's face
  freehand,     ///< linear with smooth random wobble in all six degrees of freedom
  calibration,  ///< about the centre, smooth and random in all six degrees of freedom, without a direction
  bounce,       ///< up and down along depth, smooth and never the same twice
};

/// How the probe is moved. Plane coordinates in mm: x lateral (0 in the middle), y depth (0 at the probe's
/// face), z along the normal.
struct TrajectorySettings {
  Motion motion = Motion::linear;
  Vec3 center_mm;           ///< of the swept region, in Reference
  Matrix4 axes;             ///< of the plane in Reference (rotation), before the turns
  Vec3 orientation_deg;     ///< turns of the plane about its x, then y, then z, at mid sweep
  double depth_mm = 40;     ///< of the image: its middle passes through center_mm
  double travel_mm = 40;    ///< of linear and freehand sweeps; of a bounce at most, from peak to peak
  double angle_deg = 50;    ///< of tilt and rotation, from first to last frame
  double wobble_mm = 0.6;   ///< standard deviation of the freehand wobble in each direction
  double wobble_deg = 1.5;  ///< and about each axis
  /// Calibration: at most so far along the plane's x, y and z, and so much about them. The turns are about
  /// center_mm, the shifts along the turned axes: without one along z the image always contains center_mm.
  Vec3 amplitude_mm{8, 6, 12};
  Vec3 amplitude_deg{12, 20, 12};
  double start_s = 10;     ///< time of the first frame
  double duration_s = 10;  ///< from first to last frame, > 0
  std::uint64_t seed = 1;
};

/// The probe's true pose at any time, also before and after the sweep (it moves on).
class Trajectory {
 public:
  explicit Trajectory(const TrajectorySettings& settings);
  Matrix4 plane_to_reference(double time_s) const;

 private:
  struct Sine {
    double amplitude;
    double turns;  ///< periods per sweep
    double phase;
  };
  void choose_sines();
  std::array<double, 6> wobble(double share) const;
  double bounce_mm(double time_s) const;

  TrajectorySettings settings_;
  Matrix4 orientation_;
  std::array<std::array<Sine, 3>, 6> sines_{};
};

/// Turns about x, then y, then z (each about the fixed axes), degrees.
Matrix4 rotation_deg(Vec3 angles_deg);
Matrix4 translation(Vec3 by_mm);

}  // namespace snitt::phantom
