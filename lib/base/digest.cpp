#include "base/digest.hpp"

#define OPENSSL_SUPPRESS_DEPRECATED  // KeyedDigest says why
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/error.hpp"

namespace snitt {
namespace {

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
      throw ComputationError("OpenSSL refuses to start SHA-256");
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1)
    throw ComputationError("OpenSSL refuses to continue SHA-256");
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(state_->context, digest.data(), &length) != 1)
    throw ComputationError("OpenSSL refuses to finish SHA-256");
  return hexadecimal(std::span(digest).first(length));
}

std::string sha256(std::string_view text) {
  Sha256 digest;
  digest.update(text);
  return digest.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &length) == nullptr)
    throw ComputationError("OpenSSL refuses to compute HMAC-SHA256");
  return hexadecimal(std::span(digest).first(length));
}

/// SHA-256 in the middle of its work is copied, which OpenSSL 3 only offers by the functions of its elder
/// days.
struct KeyedDigest::State {
  SHA256_CTX inner{};
  SHA256_CTX outer{};
};

KeyedDigest::KeyedDigest(std::string_view key) : state_(std::make_unique<State>()) {
  std::array<unsigned char, SHA256_CBLOCK> block{};
  if (key.size() > block.size())
    SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), block.data());
  else
    std::copy(key.begin(), key.end(), block.begin());
  const auto start = [&](SHA256_CTX& context, unsigned char pad) {
    std::array<unsigned char, SHA256_CBLOCK> padded{};
    for (std::size_t i = 0; i < block.size(); ++i) padded[i] = block[i] ^ pad;
    SHA256_Init(&context);
    SHA256_Update(&context, padded.data(), padded.size());
  };
  start(state_->inner, 0x36);
  start(state_->outer, 0x5c);
}

KeyedDigest::~KeyedDigest() = default;

std::string KeyedDigest::of(std::string_view text) const {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256_CTX context = state_->inner;
  SHA256_Update(&context, text.data(), text.size());
  SHA256_Final(digest.data(), &context);
  context = state_->outer;
  SHA256_Update(&context, digest.data(), digest.size());
  SHA256_Final(digest.data(), &context);
  return hexadecimal(digest);
}

namespace {

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError("{}: cannot be opened: {}", path.string(), std::strerror(errno));
  Sha256 digest;
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
    digest.update(std::string_view(buffer.data(), static_cast<std::size_t>(file.gcount())));
  if (file.bad()) throw InputError("{}: cannot be read: {}", path.string(), std::strerror(errno));
  return digest.finish();
}

}  // namespace

std::string sha256_of_path(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) return sha256_of_file(path);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path, error))
    if (entry.is_regular_file()) files.push_back(entry.path());
  if (error) throw InputError("{}: cannot be listed: {}", path, error.message());
  std::sort(files.begin(), files.end());
  Sha256 digest;
  for (const fs::path& file : files)
    digest.update(sha256_of_file(file) + "  " + fs::relative(file, path).generic_string() + "\n");
  return digest.finish();
}

}  // namespace snitt
