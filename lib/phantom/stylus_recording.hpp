#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/frames.hpp"
#include "data/phantom_definition.hpp"

/// Recordings of a tracked pointer whose tip, shaft and surroundings are known exactly: what a calibration of
/// the pointer, or a registration with it, is tested against. Frames "Stylus" (the marker), "StylusTip",
/// "Tracker", "Reference" and "Phantom", as PLUS names them.
namespace snitt::phantom {

/// The pointer and how its poses are measured.
struct StylusTracking {
  Vec3 tip_mm{206, -14, 31};     ///< in the marker's coordinates
  Vec3 shaft{0.98, -0.1, 0.2};   ///< direction out of the tip in the marker's coordinates, of any length
  double rate_hz = 20;           ///< poses per second
  double position_noise_mm = 0;  ///< standard deviation along each axis of the marker
  double angle_noise_deg = 0;    ///< standard deviation about each axis of the marker
  double outlier_fraction = 0;   ///< of the poses, at random: status OK, 10 to 60 mm and up to 30 degrees off
  double invalid_fraction = 0;   ///< of the poses, at random: status INVALID, identity
  double dropped_fraction = 0;   ///< of the poses, at random: status MISSING, identity
  double reference_drift_mm = 4;  ///< amplitude of the slow motion of the reference marker
  double reference_drift_deg = 3;
  std::uint64_t seed = 1;
};

/// Swivelling with the tip in dents, one after the other.
struct PivotMotion {
  std::size_t poses = 200;     ///< in each dent, lost ones included
  std::size_t dents = 1;       ///< about 60 to 120 mm from each other
  double half_angle_deg = 60;  ///< of the cone that the shaft stays in
  bool hinge = false;          ///< turn about one axis of the marker only: the tip is not determined along it
  double travel_s = 2;         ///< from dent to dent
  double lead_s = 0;           ///< moving before the first dent and after the last
};

/// Turning about the shaft with the tip in a dent.
struct SpinMotion {
  std::size_t poses = 200;
  double turns = 3;
  double wobble_deg = 0;  ///< amplitude of a slow motion of the shaft
};

/// Touching the landmarks of a phantom.
struct LandmarkMotion {
  std::vector<std::string> visits =
      {};                     ///< names in the order of the visits, any number of times; empty: all
  double hold_s = 2;          ///< at each landmark
  double half_angle_deg = 0;  ///< 0: held still; else swivelled
  double touch_error_mm = 0;  ///< standard deviation per axis of where a visit touches
  double travel_s = 2;
};

/// Moving the tip on the planes and along the lines of a phantom.
struct SurfaceMotion {
  std::vector<std::string> visits =
      {};                       ///< names of planes, lines and landmarks; empty: all planes and lines
  std::size_t poses = 100;      ///< on each
  double contact_error_mm = 0;  ///< standard deviation of the distance from the object, sample by sample
  double travel_s = 1;
};

struct StylusRecording {
  /// StylusToTracker and ReferenceToTracker on the frames' clock; field "Object" says in each frame what the
  /// tip touches ("dent 1", a landmark's or a plane's name, "" on the way).
  Frames frames;
  Matrix4 stylus_tip_to_stylus;              ///< truth: columns are the tip's axes; z is the shaft
  std::vector<Matrix4> stylus_to_reference;  ///< truth [frame]
  std::vector<Vec3> dents_mm;                ///< truth, in Reference
  Matrix4 phantom_to_reference;              ///< truth, where there is a phantom
};

/// All throw UsageError for settings out of range, InputError for names the phantom does not have. The same
/// recording for the same settings.
StylusRecording record_pivot(const PivotMotion& motion, const StylusTracking& tracking);
StylusRecording record_spin(const SpinMotion& motion, const StylusTracking& tracking);
StylusRecording record_landmarks(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference,
                                 const LandmarkMotion& motion, const StylusTracking& tracking);
StylusRecording record_surfaces(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference,
                                const SurfaceMotion& motion, const StylusTracking& tracking);

}  // namespace snitt::phantom
