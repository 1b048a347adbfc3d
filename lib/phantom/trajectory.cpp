#include "phantom/trajectory.hpp"

#include <cmath>
#include <numbers>

#include "phantom/noise.hpp"

namespace snitt::phantom {

Matrix4 translation(Vec3 by_mm) {
  Matrix4 result;
  for (std::size_t a = 0; a < 3; ++a) result(a, 3) = by_mm[a];
  return result;
}

Matrix4 rotation_deg(Vec3 angles_deg) {
  Matrix4 product;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double angle = angles_deg[axis] * std::numbers::pi / 180;
    const std::size_t a = (axis + 1) % 3;
    const std::size_t b = (axis + 2) % 3;
    Matrix4 turn;
    turn(a, a) = turn(b, b) = std::cos(angle);
    turn(b, a) = std::sin(angle);
    turn(a, b) = -std::sin(angle);
    product = turn * product;
  }
  return product;
}

Trajectory::Trajectory(const TrajectorySettings& settings)
    : settings_(settings), orientation_(rotation_deg(settings.orientation_deg)) {
  choose_sines();
}

void Trajectory::choose_sines() {
  // Three sines of 1 to 4 periods per sweep each: rough enough to differ from a line, and with the default
  // sizes too slow to move the probe backwards. A calibration wants many views of its phantom: 2 to 6
  // periods.
  const bool calibration = settings_.motion == Motion::calibration;
  const double fewest = calibration ? 2 : 1;
  const double most = calibration ? 6 : 4;
  for (std::size_t freedom = 0; freedom < sines_.size(); ++freedom)
    for (std::size_t k = 0; k < sines_[freedom].size(); ++k) {
      const std::uint64_t bits = random_bits(settings_.seed, 0x7761766573 + freedom, k);
      const bool shift = freedom < 3;
      const double limit = shift ? settings_.amplitude_mm[freedom] : settings_.amplitude_deg[freedom - 3];
      const double size = shift ? settings_.wobble_mm : settings_.wobble_deg;
      // Three sines never exceed three times their amplitude, and have the variance size^2 together.
      const double amplitude = calibration ? limit / 3 : size * std::sqrt(2.0 / 3.0);
      sines_[freedom][k] = {amplitude, fewest + (most - fewest) * uniform(bits), uniform(mix(bits))};
    }
}

std::array<double, 6> Trajectory::wobble(double share) const {
  std::array<double, 6> result{};
  for (std::size_t freedom = 0; freedom < result.size(); ++freedom)
    for (const Sine& s : sines_[freedom])
      result[freedom] += s.amplitude * std::sin(2 * std::numbers::pi * (s.turns * share + s.phase));
  return result;
}

/// Four sines of 0.5 to 2.1 Hz whose frequencies stand in the golden ratio: no common period.
double Trajectory::bounce_mm(double time_s) const {
  constexpr std::array amplitudes{0.4, 0.3, 0.2, 0.1};
  double frequency_hz = 0.5;
  double sum = 0;
  for (std::size_t k = 0; k < amplitudes.size(); ++k) {
    const double phase = uniform(random_bits(settings_.seed, 0x626f756e6365, k));
    sum += amplitudes[k] *
           std::sin(2 * std::numbers::pi * (frequency_hz * (time_s - settings_.start_s) + phase));
    frequency_hz *= std::numbers::phi;
  }
  return 0.5 * settings_.travel_mm * sum;
}

Matrix4 Trajectory::plane_to_reference(double time_s) const {
  const double share = (time_s - settings_.start_s) / settings_.duration_s - 0.5;
  const Matrix4 face = translation({0, -0.5 * settings_.depth_mm, 0});
  Matrix4 moved;  // of the plane about its own place at mid sweep
  switch (settings_.motion) {
    case Motion::linear:
      moved = translation({0, 0, share * settings_.travel_mm});
      break;
    case Motion::tilt:
      moved = rotation_deg({share * settings_.angle_deg, 0, 0});
      break;
    case Motion::rotation:
      moved = rotation_deg({0, share * settings_.angle_deg, 0});
      break;
    case Motion::freehand: {
      const auto w = wobble(share);
      moved =
          translation({w[0], w[1], w[2] + share * settings_.travel_mm}) * rotation_deg({w[3], w[4], w[5]});
      break;
    }
    case Motion::calibration: {
      const auto w = wobble(share);
      return translation(settings_.center_mm) * settings_.axes * orientation_ *
             rotation_deg({w[3], w[4], w[5]}) * translation({w[0], w[1], w[2]}) * face;
    }
    case Motion::bounce:
      moved = translation({0, bounce_mm(time_s), 0});
      break;
  }
  // Turns are about the middle of the probe's face, half the depth above the region's centre.
  return translation(settings_.center_mm) * settings_.axes * orientation_ * face * moved;
}

}  // namespace snitt::phantom
