#pragma once
#include <cstdint>

/// Random numbers as pure functions of (seed, counters): the same for any order of calls and any number of
/// threads.
namespace snitt::statistics {

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

/// In 0 to count - 1, from the upper 32 bits; the bias is below count / 2^32.
constexpr std::uint32_t uniform_below(std::uint64_t bits, std::uint32_t count) {
  return static_cast<std::uint32_t>(((bits >> 32) * count) >> 32);
}

}  // namespace snitt::statistics
