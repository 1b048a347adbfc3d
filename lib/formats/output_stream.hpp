#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/atomic_file.hpp"

namespace snitt::formats {

/// A file written from front to back, with every call checked.
class OutputStream {
 public:
  /// Writes into the file `path`, made if it is not there; messages name `shown` (the file it will become).
  /// Throws OutputError.
  OutputStream(const std::string& path, const std::string& shown);
  ~OutputStream();
  OutputStream(const OutputStream&) = delete;
  OutputStream& operator=(const OutputStream&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Overwrites bytes already written.
  void patch(std::uint64_t offset, std::string_view text);
  void close();

 private:
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  std::string shown_;
  int descriptor_;
  std::uint64_t position_ = 0;
};

/// `header` and then `data` as the whole content of `file`, which is left to be committed. Throws
/// OutputError.
void write_bytes(const AtomicFile& file, std::string_view header, std::span<const std::byte> data);
/// The same into the file `path`, made if it is not there; messages name `shown`.
void write_bytes(const std::string& path, const std::string& shown, std::string_view header,
                 std::span<const std::byte> data);

/// What is written arrives in `target` as one DEFLATE stream.
class DeflateStream {
 public:
  enum class Wrapping { zlib, gzip };
  DeflateStream(OutputStream& target, Wrapping wrapping);
  ~DeflateStream();
  DeflateStream(const DeflateStream&) = delete;
  DeflateStream& operator=(const DeflateStream&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Ends the stream; the number of packed bytes.
  std::uint64_t finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt::formats
