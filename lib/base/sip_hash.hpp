#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace snitt {

/// A secret of 128 bits for SipHash.
struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// SipHash-2-4 (Aumasson and Bernstein, INDOCRYPT 2012): a keyed digest of 64 bits that cannot be told from a
/// random function without the key. For keys and fingerprints of rows; persons get HMAC-SHA256.
inline std::uint64_t sip_hash(const SipKey& key, std::string_view text) {
  std::uint64_t v0 = key.low ^ 0x736f6d6570736575U;
  std::uint64_t v1 = key.high ^ 0x646f72616e646f6dU;
  std::uint64_t v2 = key.low ^ 0x6c7967656e657261U;
  std::uint64_t v3 = key.high ^ 0x7465646279746573U;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  };
  const char* at = text.data();
  const std::size_t words = text.size() / 8;
  for (std::size_t i = 0; i < words; ++i, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);  // little-endian, as all machines we run on
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56U;
  for (std::size_t i = 0; i < text.size() % 8; ++i)
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  v3 ^= last;
  round();
  round();
  v0 ^= last;
  v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace snitt
