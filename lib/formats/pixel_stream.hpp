#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "formats/image_header.hpp"

namespace snitt::formats {

/// Unpacked bytes of a pixel file, by position.
class PixelStream {
 public:
  virtual ~PixelStream() = default;
  /// Fills `out` from position `offset`; how many bytes there were. Fewer than asked when the data end or are
  /// damaged: `problem` then says which.
  virtual std::size_t read(std::uint64_t offset, std::span<std::byte> out) = 0;
  /// "" when the data simply ended.
  virtual std::string problem() const { return {}; }
  /// Whether bytes follow position `offset`. For a compressed stream this also verifies its checksum if
  /// nothing follows.
  virtual bool has_more(std::uint64_t offset) = 0;
};

/// Raw pixels are read in any order. Compressed ones are inflated as a stream: memory does not depend on
/// their length, reading forwards is O(bytes) in total, reading backwards starts over. Throws InputError.
std::unique_ptr<PixelStream> open_pixel_stream(const PixelStorage& storage);

}  // namespace snitt::formats
