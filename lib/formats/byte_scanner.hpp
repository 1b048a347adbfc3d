#pragma once
#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace snitt::formats {

/// Reads numbers of fixed width, one after another, in the byte order the file has.
class ByteScanner {
 public:
  /// Messages name `path`; `bytes` outlives the scanner.
  ByteScanner(std::string path, std::string_view bytes, std::size_t position, std::endian order)
      : path_(std::move(path)), bytes_(bytes), position_(position), order_(order) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }
  /// Refuses before memory is taken for what the file only promises.
  void want(std::size_t bytes, std::string_view what) const {
    if (left() < bytes)
      throw InputError("{}: ends {} bytes early, in {}; the file is cut off", path_, bytes - left(), what);
  }
  template <typename T>
  T next(std::string_view what) {
    want(sizeof(T), what);
    char raw[sizeof(T)];
    std::memcpy(raw, bytes_.data() + position_, sizeof(T));
    if (order_ != std::endian::native)
      for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(raw[i], raw[sizeof(T) - 1 - i]);
    position_ += sizeof(T);
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
  }
  void skip(std::size_t bytes, std::string_view what) {
    want(bytes, what);
    position_ += bytes;
  }

 private:
  std::string path_;
  std::string_view bytes_;
  std::size_t position_;
  std::endian order_;
};

}  // namespace snitt::formats
