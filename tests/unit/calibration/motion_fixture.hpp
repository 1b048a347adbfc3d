#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "calibration/motion_signal.hpp"

namespace snitt::calibration::test {

/// Smooth motion of about 20 mm peak to peak that does not repeat itself: six sines of 0.15 to 1 Hz.
class Motion {
 public:
  explicit Motion(std::uint64_t seed) : random_(seed) {
    std::uniform_real_distribution<double> uniform(0, 1);
    for (auto& s : sines_)
      s = {4 + 2 * uniform(random_), 0.15 + 0.85 * uniform(random_), 2 * std::numbers::pi * uniform(random_)};
  }
  double at(double time_s) const {
    double sum = 0;
    for (const auto& s : sines_) sum += s[0] * std::sin(2 * std::numbers::pi * s[1] * time_s + s[2]);
    return sum;
  }

 private:
  std::mt19937_64 random_;
  std::array<std::array<double, 3>, 6> sines_{};  // amplitude, frequency, phase
};

/// How a stream shows the motion: gain * motion(t - lag), stamped t.
struct Stream {
  double rate_hz = 12;
  double first_s = 100;
  double last_s = 118;
  double lag_s = 0;
  double gain = 1;
  double noise = 0;             ///< of the value
  double correlated_noise = 0;  ///< of the value, with a correlation time of 0.2 s
  double jitter_s = 0;          ///< of the time stamp
  double dropped = 0;           ///< share of samples
  const char* units = "mm";
};

inline MotionSignal sampled(const Motion& motion, const Stream& s, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(0, 1);
  MotionSignal signal;
  signal.name = s.units == std::string("px") ? "video" : "tracker";
  signal.units = s.units;
  const double memory = std::exp(-1 / (0.2 * s.rate_hz));
  double drift = normal(random);
  for (std::size_t k = 0;; ++k) {
    const double stamp = s.first_s + static_cast<double>(k) / s.rate_hz;
    if (stamp > s.last_s) break;
    drift = memory * drift + std::sqrt(1 - memory * memory) * normal(random);
    const double shown = stamp - s.lag_s + s.jitter_s * normal(random);
    const double value = s.gain * motion.at(shown) + s.noise * normal(random) + s.correlated_noise * drift;
    signal.recorded_time_s.push_back(stamp);
    const bool lost = uniform(random) < s.dropped;
    signal.reason.emplace_back(lost ? "lost" : "");
    if (lost) continue;
    signal.time_s.push_back(stamp);
    signal.value.push_back(value);
    signal.sample.push_back(k);
  }
  return signal;
}

inline Stream video() { return {.rate_hz = 12, .gain = 10, .units = "px"}; }
inline Stream tracker(double lag_s) {
  return {.rate_hz = 40, .first_s = 98.013, .last_s = 120, .lag_s = lag_s};
}

}  // namespace snitt::calibration::test
