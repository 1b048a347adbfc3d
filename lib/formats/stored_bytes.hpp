#pragma once
#include <cstddef>
#include <memory>
#include <string>

namespace snitt::formats {

/// The bytes of a file as a stream, unpacked on the way.
class StoredBytes {
 public:
  virtual ~StoredBytes() = default;
  virtual std::size_t read(char* out, std::size_t most) = 0;
  virtual std::string sha256() = 0;
};

/// A file, gzip file, zip file of one member, or pipe; "-" is standard input. Throws InputError naming it.
std::unique_ptr<StoredBytes> open_bytes(const std::string& path);

}  // namespace snitt::formats
