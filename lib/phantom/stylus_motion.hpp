#pragma once
#include <string>
#include <vector>

#include "geometry/matrix.hpp"
#include "phantom/stylus_recording.hpp"

/// Where the pointer truly is, sample by sample; how a tracker sees it is said in stylus_recording.cpp.
namespace snitt::phantom {

struct StylusInstant {
  Matrix4 tip_to_reference;  ///< rigid: StylusTip to Reference
  std::string object;        ///< what the tip touches, "" on the way
};

/// The pointer held upright with its tip at `tip_mm`, tilted by two angles and turned about its shaft
/// (radians).
Matrix4 held(Vec3 tip_mm, double tilt_x, double tilt_y, double spin);

/// Tilts that fill a cone of `half_angle_deg` as time goes on, like a hand that swivels.
Matrix4 swivelled(Vec3 tip_mm, double half_angle_deg, double time_s, std::uint64_t seed);

/// Joins stops by ways of `travel_s` that lift the tip on the way (Flash and Hogan 1985: minimum jerk).
class StylusScript {
 public:
  explicit StylusScript(double rate_hz) : rate_hz_(rate_hz) {}
  void stay(std::vector<StylusInstant> stop, double travel_s);
  double time_s() const { return static_cast<double>(instants_.size()) / rate_hz_; }
  const std::vector<StylusInstant>& instants() const { return instants_; }

 private:
  double rate_hz_;
  std::vector<StylusInstant> instants_;
};

}  // namespace snitt::phantom
