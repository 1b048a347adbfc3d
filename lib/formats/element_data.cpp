#include "formats/element_data.hpp"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

/// Deflate cannot expand by more: 258 bytes from a two-bit code (zlib's technical notes).
constexpr std::uint64_t maximum_expansion = 1032;

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

/// Inflates `in` to exactly out.size() bytes. zlib data may be a gzip stream in old files, so the first bytes
/// decide.
void inflate_exactly(const std::string& file, std::span<const std::byte> in, std::span<std::byte> out) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  const bool gzip = in.size() > 1 && in[0] == std::byte{0x1f} && in[1] == std::byte{0x8b};
  std::size_t got = 0;
  std::size_t used = 0;
  do {  // a gzip file may be several members in a row
    std::size_t member_in = 0;
    std::size_t member_out = 0;
    const auto rest = in.subspan(used);
    const auto result =
        gzip ? libdeflate_gzip_decompress_ex(decompressor.get(), rest.data(), rest.size(), out.data() + got,
                                             out.size() - got, &member_in, &member_out)
             : libdeflate_zlib_decompress_ex(decompressor.get(), rest.data(), rest.size(), out.data() + got,
                                             out.size() - got, &member_in, &member_out);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
      throw InputError("{}: compressed voxels hold more than the {} bytes that the header announces", file,
                       out.size());
    if (result != LIBDEFLATE_SUCCESS)
      throw InputError("{}: compressed voxels are damaged or cut off (after {} of {} bytes)", file, got,
                       out.size());
    used += member_in;
    got += member_out;
  } while (gzip && got < out.size() && used < in.size());
  if (got != out.size())
    throw InputError("{}: compressed voxels hold {} bytes; expected {} by the header", file, got, out.size());
}

/// Unpacks a gzip file whose length is not known beforehand: the last four bytes of the file are a hint only.
std::vector<std::byte> gunzip(const std::string& file, std::span<const std::byte> in) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  std::uint32_t hint = 0;
  if (in.size() >= 18) std::memcpy(&hint, in.data() + in.size() - 4, 4);
  const std::uint64_t limit = in.size() * maximum_expansion;
  std::vector<std::byte> out(std::min<std::uint64_t>(std::max<std::uint64_t>(hint, 4096), limit));
  std::size_t used = 0;
  std::size_t got = 0;
  while (used < in.size()) {
    std::size_t member_in = 0;
    std::size_t member_out = 0;
    const auto result =
        libdeflate_gzip_decompress_ex(decompressor.get(), in.data() + used, in.size() - used,
                                      out.data() + got, out.size() - got, &member_in, &member_out);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && out.size() < limit) {
      out.resize(std::min<std::uint64_t>(2 * out.size(), limit));
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) throw InputError("{}: gzip data are damaged or cut off", file);
    used += member_in;
    got += member_out;
  }
  out.resize(got);
  return out;
}

template <typename T>
void swap_bytes(std::span<std::byte> bytes) {
  for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T))
    std::reverse(bytes.data() + i, bytes.data() + i + sizeof(T));
}

void to_native(std::span<std::byte> bytes, ElementType type, bool big_endian) {
  if (!big_endian) return;  // the machines we build for are little-endian
  switch (size_of(type)) {
    case 2:
      return swap_bytes<std::uint16_t>(bytes);
    case 4:
      return swap_bytes<std::uint32_t>(bytes);
    case 8:
      return swap_bytes<std::uint64_t>(bytes);
    default:
      return;
  }
}

template <typename To, typename From>
std::vector<std::byte> narrowed(std::span<const From> values) {
  std::vector<std::byte> bytes(values.size() * sizeof(To));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const To value = static_cast<To>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(To), &value, sizeof(To));
  }
  return bytes;
}

template <typename From>
Elements narrow(const std::string& file, std::span<const std::byte> bytes) {
  const std::span<const From> values(reinterpret_cast<const From*>(bytes.data()),
                                     bytes.size() / sizeof(From));
  const auto [low, high] = std::ranges::minmax(values);
  if (std::in_range<std::int32_t>(low) && std::in_range<std::int32_t>(high))
    return {PixelType::i32, narrowed<std::int32_t>(values)};
  if (std::in_range<std::uint32_t>(low) && std::in_range<std::uint32_t>(high))
    return {PixelType::u32, narrowed<std::uint32_t>(values)};
  throw InputError(
      "{}: 64-bit integers from {} to {} fit neither int32 nor uint32 (convert the file to float64 first)",
      file, low, high);
}

PixelType pixel_type_of(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return PixelType::u8;
    case ElementType::i8:
      return PixelType::i8;
    case ElementType::u16:
      return PixelType::u16;
    case ElementType::i16:
      return PixelType::i16;
    case ElementType::u32:
      return PixelType::u32;
    case ElementType::i32:
      return PixelType::i32;
    case ElementType::f32:
      return PixelType::f32;
    default:
      return PixelType::f64;
  }
}

Elements finished(const std::string& file, std::vector<std::byte> bytes, ElementType type) {
  if (type == ElementType::i64) return narrow<std::int64_t>(file, bytes);
  if (type == ElementType::u64) return narrow<std::uint64_t>(file, bytes);
  return {pixel_type_of(type), std::move(bytes)};
}

template <typename T>
void parse_numbers(const std::string& file, std::string_view text, std::span<std::byte> out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < out.size() / sizeof(T); ++i) {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || *at == ',')) ++at;
    T value{};
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{})
      throw InputError("{}: voxel {} of the text data is '{}'; expected a number of the announced type", file,
                       i,
                       std::string_view(at, std::min<std::size_t>(static_cast<std::size_t>(end - at), 16)));
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
    at = next;
  }
}

void parse_ascii(const std::string& file, std::string_view text, ElementType type, std::span<std::byte> out) {
  switch (type) {
    case ElementType::u8:
      return parse_numbers<std::uint8_t>(file, text, out);
    case ElementType::i8:
      return parse_numbers<std::int8_t>(file, text, out);
    case ElementType::u16:
      return parse_numbers<std::uint16_t>(file, text, out);
    case ElementType::i16:
      return parse_numbers<std::int16_t>(file, text, out);
    case ElementType::u32:
      return parse_numbers<std::uint32_t>(file, text, out);
    case ElementType::i32:
      return parse_numbers<std::int32_t>(file, text, out);
    case ElementType::u64:
      return parse_numbers<std::uint64_t>(file, text, out);
    case ElementType::i64:
      return parse_numbers<std::int64_t>(file, text, out);
    case ElementType::f32:
      return parse_numbers<float>(file, text, out);
    case ElementType::f64:
      return parse_numbers<double>(file, text, out);
  }
}

/// Refuses what cannot be there before memory is asked for.
void check_room(const ByteSource& source, const ElementBlock& block, std::uint64_t bytes) {
  if (block.offset > source.size())
    throw InputError("{}: header says that the voxels begin at byte {}; the file has {}", source.path(),
                     block.offset, source.size());
  const std::uint64_t available = source.size() - block.offset;
  if (block.encoding == Encoding::plain && available < bytes)
    throw InputError("{}: header announces {} bytes of voxels; the file has {}", source.path(), bytes,
                     available);
  if (block.encoding == Encoding::ascii && available < block.count)
    throw InputError("{}: header announces {} numbers; the file has {} bytes", source.path(), block.count,
                     available);
  if ((block.encoding == Encoding::zlib || block.encoding == Encoding::gzip) &&
      available < bytes / maximum_expansion)
    throw InputError("{}: header announces {} bytes of voxels; the {} compressed bytes cannot hold them",
                     source.path(), bytes, available);
  if (block.encoded_size && *block.encoded_size > available)
    throw InputError("{}: header announces {} compressed bytes; the file has {}", source.path(),
                     *block.encoded_size, available);
}

void read_block(const ByteSource& source, const ElementBlock& block, std::span<std::byte> out) {
  if (block.encoding == Encoding::plain) return source.read(block.offset, out);
  std::vector<std::byte> encoded(block.encoded_size.value_or(source.size() - block.offset));
  source.read(block.offset, encoded);
  if (block.encoding == Encoding::ascii)
    return parse_ascii(source.path(), {reinterpret_cast<const char*>(encoded.data()), encoded.size()},
                       block.type, out);
  inflate_exactly(source.path(), encoded, out);
}

}  // namespace

std::size_t size_of(ElementType type) {
  switch (type) {
    case ElementType::u64:
    case ElementType::i64:
      return 8;
    default:
      return snitt::size_of(pixel_type_of(type));
  }
}

ElementType element_type_of(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return ElementType::u8;
    case PixelType::i8:
      return ElementType::i8;
    case PixelType::u16:
      return ElementType::u16;
    case PixelType::i16:
      return ElementType::i16;
    case PixelType::u32:
      return ElementType::u32;
    case PixelType::i32:
      return ElementType::i32;
    case PixelType::f32:
      return ElementType::f32;
    case PixelType::f64:
      break;
  }
  return ElementType::f64;
}

ByteSource::ByteSource(const std::string& path, bool unwrap_gzip) : path_(path) {
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw InputError("{}: cannot be read: {}", path, std::strerror(errno));
  struct stat status {};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw InputError("{}: is no plain file; expected one that can be read at any position", path);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  try {
    std::array<std::byte, 2> magic{};
    if (size_ >= 2) read(0, magic);
    if (!unwrap_gzip || magic[0] != std::byte{0x1f} || magic[1] != std::byte{0x8b}) return;
    std::vector<std::byte> packed(size_);
    read(0, packed);
    unpacked_ = gunzip(path, packed);
    size_ = unpacked_->size();
  } catch (...) {  // the destructor of a half-made object does not run
    close(descriptor_);
    throw;
  }
}

ByteSource::~ByteSource() { close(descriptor_); }

void ByteSource::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > size_ || size_ - offset < out.size())
    throw InputError("{}: ends at byte {}; expected {} bytes from byte {} on", path_, size_, out.size(),
                     offset);
  if (unpacked_) {
    std::copy_n(unpacked_->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return;
  }
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw InputError("{}: cannot be read: {}", path_, std::strerror(errno));
    if (got == 0) throw InputError("{}: became shorter while it was read", path_);
    done += static_cast<std::size_t>(got);
  }
}

std::string ByteSource::head(std::size_t limit) const {
  std::string text(std::min<std::uint64_t>(limit, size_), '\0');
  read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

Elements read_elements(const ByteSource& source, const ElementBlock& block) {
  const std::array<std::uint64_t, 2> factors{block.count, size_of(block.type)};
  const std::uint64_t size = checked_product(source.path(), "voxels", factors);
  check_room(source, block, size);
  std::vector<std::byte> bytes(size);
  read_block(source, block, bytes);
  if (block.encoding != Encoding::ascii) to_native(bytes, block.type, block.big_endian);
  return finished(source.path(), std::move(bytes), block.type);
}

Elements read_elements(const std::vector<std::string>& paths, const ElementBlock& part) {
  const std::array<std::uint64_t, 3> factors{part.count, size_of(part.type), paths.size()};
  const std::uint64_t size = checked_product(paths.at(0), "voxels", factors);
  for (const std::string& path : paths) check_room(ByteSource(path, false), part, size / paths.size());
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::size_t share = size / paths.size();
    read_block(ByteSource(paths[i], false), part, std::span(bytes).subspan(i * share, share));
  }
  if (part.encoding != Encoding::ascii) to_native(bytes, part.type, part.big_endian);
  return finished(paths.front(), std::move(bytes), part.type);
}

std::uint64_t checked_product(const std::string& file, const std::string& object,
                              std::span<const std::uint64_t> factors) {
  std::uint64_t product = 1;
  for (const std::uint64_t factor : factors) {
    if (factor == 0) throw InputError("{}: {} has a size of 0; expected at least 1", file, object);
    if (product > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor)
      throw InputError("{}: {} is larger than any file; the header is damaged", file, object);
    product *= factor;
  }
  return product;
}

std::vector<std::byte> deflate(std::span<const std::byte> bytes, Deflate wrapper, int level) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(libdeflate_alloc_compressor(level));
  const bool gzip = wrapper == Deflate::gzip;
  std::vector<std::byte> out(gzip ? libdeflate_gzip_compress_bound(compressor.get(), bytes.size())
                                  : libdeflate_zlib_compress_bound(compressor.get(), bytes.size()));
  const std::size_t size =
      gzip ? libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size())
           : libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size());
  if (size == 0) throw ComputationError("compression of {} bytes failed", bytes.size());
  out.resize(size);
  return out;
}

bool starts_as_gzip(const std::string& path) {
  const ByteSource source(path, false);
  const std::string head = source.head(2);
  return head == "\x1f\x8b";
}

void refuse_missing_files(const std::string& header, const std::vector<std::string>& files) {
  for (const std::string& file : files)
    if (access(file.c_str(), F_OK) != 0)
      throw InputError(
          "{}: its voxels should be in '{}', which is missing (keep header and data in one folder)", header,
          file);
}

}  // namespace snitt::formats
