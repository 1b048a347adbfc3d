#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace snitt {

/// Running SHA-256 (FIPS 180-4, through OpenSSL).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// The 64 lower-case hexadecimal digits; the object is finished afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view text);
/// Keyed digest (RFC 2104, FIPS 198-1) as 64 lower-case hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view text);
/// The same for many texts and one key, whose share of the work is done once. May be used by many threads.
class KeyedDigest {
 public:
  explicit KeyedDigest(std::string_view key);
  ~KeyedDigest();
  KeyedDigest(const KeyedDigest&) = delete;
  KeyedDigest& operator=(const KeyedDigest&) = delete;
  std::string of(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};
/// Digest of a file's bytes, as `sha256sum` prints it; of a folder: of the sorted list of
/// "digest  relative-name" lines of the regular files in it. Throws InputError.
std::string sha256_of_path(const std::string& path);

}  // namespace snitt
