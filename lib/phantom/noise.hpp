#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

#include "statistics/random.hpp"

/// Random numbers as pure functions of (seed, counters): the same for any order of calls and any number of
/// threads.
namespace snitt::phantom {

using statistics::mix;
using statistics::random_bits;
using statistics::uniform;

/// Zero mean, unit variance, from four 16-bit uniforms (Irwin-Hall): within ±3.46, no library function, a few
/// cycles.
constexpr double quick_normal(std::uint64_t bits) {
  const double sum =
      static_cast<double>((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48));
  return (sum * 0x1.0p-16 - (2.0 - 0x1.0p-15)) * std::numbers::sqrt3;
}

/// Standard normal (Box and Muller 1958).
inline double normal(std::uint64_t bits) {
  const double radius = std::sqrt(-2 * std::log(1 - uniform(bits)));
  return radius * std::cos(2 * std::numbers::pi * uniform(mix(bits)));
}

}  // namespace snitt::phantom
