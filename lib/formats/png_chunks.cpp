#include "formats/png_chunks.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

std::uint32_t big_endian(const std::byte* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

/// CRC of `length` bytes from `offset`.
std::uint32_t checksum(const InputFile& file, std::uint64_t offset, std::uint64_t length) {
  std::vector<std::byte> buffer(std::min<std::uint64_t>(length, 1 << 18));
  uLong crc = crc32(0, nullptr, 0);
  while (length > 0) {
    const std::size_t got =
        file.read_at(offset, std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), length)));
    if (got == 0) break;
    crc = crc32(crc, reinterpret_cast<const Bytef*>(buffer.data()), static_cast<uInt>(got));
    offset += got;
    length -= got;
  }
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

void check_png_chunks(const InputFile& file, PngCheck check) {
  constexpr std::uint64_t signature_bytes = 8;
  bool has_pixels = false;
  for (std::uint64_t at = signature_bytes;;) {
    std::array<std::byte, 8> head{};
    if (file.read_at(at, head) != head.size())
      throw InputError("{}: the PNG image has no end; it is truncated", file.path());
    const std::uint64_t length = big_endian(head.data());
    const std::string_view type(reinterpret_cast<const char*>(head.data() + 4), 4);
    std::array<std::byte, 4> stored{};
    if (file.read_at(at + 8 + length, stored) != stored.size())
      throw InputError("{}: the PNG image ends within its chunk '{}'; it is truncated", file.path(), type);
    if (at == signature_bytes && (type != "IHDR" || length != 13))
      throw InputError("{}: the PNG image does not start with IHDR", file.path());
    has_pixels = has_pixels || type == "IDAT";
    const bool must_check = check == PngCheck::everything || !has_pixels;
    if (must_check && checksum(file, at + 4, 4 + length) != big_endian(stored.data()))
      throw InputError("{}: the PNG image is damaged: wrong checksum in its chunk '{}'", file.path(), type);
    if (type == "IEND") break;
    at += 12 + length;
  }
  if (!has_pixels) throw InputError("{}: the PNG image has no pixels", file.path());
}

}  // namespace snitt::formats
