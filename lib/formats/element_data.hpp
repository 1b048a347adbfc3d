#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/pixel.hpp"

/// The part that MetaImage, NRRD and NIfTI share: arrays of numbers in a file, plain or deflated, in either
/// byte order.
namespace snitt::formats {

/// Random access to the bytes of a file, or of a gzip-wrapped file unpacked in memory.
class ByteSource {
 public:
  /// Opens `path`; a file that starts as gzip is unpacked when `unwrap_gzip`. Throws InputError.
  ByteSource(const std::string& path, bool unwrap_gzip);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  /// Exactly out.size() bytes from `offset`. Throws InputError naming how many are missing.
  void read(std::uint64_t offset, std::span<std::byte> out) const;
  /// Up to `limit` bytes from the start.
  std::string head(std::size_t limit) const;

 private:
  std::string path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
  std::optional<std::vector<std::byte>> unpacked_;
};

/// All number types of the foreign formats; 64-bit integers are narrowed on reading.
enum class ElementType { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64 };
std::size_t size_of(ElementType type);
ElementType element_type_of(PixelType type);

enum class Encoding { plain, zlib, gzip, ascii };

/// Where an array lies: `count` numbers of `type` in `encoding` from byte `offset` on.
struct ElementBlock {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> encoded_size;  ///< of a compressed array; to the end of the file when not said
  Encoding encoding = Encoding::plain;
  ElementType type = ElementType::u8;
  std::uint64_t count = 0;
  bool big_endian = false;
};

/// Numbers in one of our pixel types, native byte order.
struct Elements {
  PixelType type = PixelType::u8;
  std::vector<std::byte> bytes;
};

/// Throws InputError before anything is allocated when the file is too small to hold the array (a deflated
/// array is at most 1032 times its file), and when a deflated array is damaged, too short or too long. 64-bit
/// integers become int32 or uint32 if every value fits; else InputError.
Elements read_elements(const ByteSource& source, const ElementBlock& block);
/// The same for an array cut into equal parts in several files, in order.
Elements read_elements(const std::vector<std::string>& paths, const ElementBlock& part);

/// Product of sizes; throws InputError naming `object` when it does not fit 63 bits or a factor is 0.
std::uint64_t checked_product(const std::string& file, const std::string& object,
                              std::span<const std::uint64_t> factors);

enum class Deflate { zlib, gzip };
/// One deflate stream, level 6 by default; the same bytes every time.
std::vector<std::byte> deflate(std::span<const std::byte> bytes, Deflate wrapper, int level = 6);

/// Whether the first two bytes say gzip.
bool starts_as_gzip(const std::string& path);

/// Throws InputError that names the header and the first of its pixel files that is not there.
void refuse_missing_files(const std::string& header, const std::vector<std::string>& files);

}  // namespace snitt::formats
