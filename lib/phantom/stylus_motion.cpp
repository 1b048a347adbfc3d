#include "phantom/stylus_motion.hpp"

#include <cmath>
#include <numbers>

#include "geometry/pose.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "phantom/noise.hpp"
#include "phantom/trajectory.hpp"

namespace snitt::phantom {
namespace {

constexpr std::uint64_t phase_stream = 0x706861;
constexpr Vec3 down{0.21, -0.13, -1};

}  // namespace

Matrix4 held(Vec3 tip_mm, double tilt_x, double tilt_y, double spin) {
  const Matrix4 upright = tip_frame({}, down);
  const Vec3 tilt =
      tilt_x * transform_vector(upright, {1, 0, 0}) + tilt_y * transform_vector(upright, {0, 1, 0});
  return translation(tip_mm) * rotation_from_vector(tilt) * upright * rotation_from_vector({0, 0, spin});
}

Matrix4 swivelled(Vec3 tip_mm, double half_angle_deg, double time_s, std::uint64_t seed) {
  const auto sine = [&](double frequency_hz, std::uint64_t k) {
    return std::sin(2 * std::numbers::pi *
                    (frequency_hz * time_s + uniform(random_bits(seed, phase_stream, k))));
  };
  const double u = sine(0.31, 0);
  const double v = sine(0.43, 1);
  const double angle = half_angle_deg * std::numbers::pi / 180;
  // From the square to the disc, so that the shaft stays in the cone.
  return held(tip_mm, angle * u * std::sqrt(1 - v * v / 2), angle * v * std::sqrt(1 - u * u / 2),
              0.7 * sine(0.11, 2));
}

void StylusScript::stay(std::vector<StylusInstant> stop, double travel_s) {
  if (!instants_.empty()) {
    const Matrix4 from = instants_.back().tip_to_reference;
    const Matrix4 to = stop.front().tip_to_reference;
    const auto steps = static_cast<std::size_t>(std::lround(travel_s * rate_hz_));
    for (std::size_t k = 1; k <= steps; ++k) {
      const double share = static_cast<double>(k) / static_cast<double>(steps + 1);
      const double smooth = share * share * share * (10 - 15 * share + 6 * share * share);
      const double lift_mm = 30 * std::sin(std::numbers::pi * smooth);
      instants_.push_back({translation(-lift_mm * unit(down)) * interpolate_pose(from, to, smooth), ""});
    }
  }
  for (StylusInstant& instant : stop) instants_.push_back(std::move(instant));
}

}  // namespace snitt::phantom
