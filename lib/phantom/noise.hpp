#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

/// Random numbers as pure functions of (seed, counters): the same for any order of calls and any number of
/// threads.
namespace snitt::phantom {

/// Finalizer of splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
constexpr std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr std::uint64_t random_bits(std::uint64_t seed, std::uint64_t a, std::uint64_t b = 0) {
  return mix(mix(mix(seed) ^ a) ^ b);
}

/// In [0, 1), from the upper 53 bits.
constexpr double uniform(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

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
