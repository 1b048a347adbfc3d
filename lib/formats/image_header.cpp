#include "formats/image_header.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "formats/input_file.hpp"

namespace snitt::formats {
namespace {

/// DEFLATE cannot do better than 258 bytes per 2 bits (zlib's technical notes: 1032:1).
constexpr std::uint64_t deflate_best_ratio = 1032;

void refuse_repeated_keys(const HeaderText& text) {
  std::set<std::string_view> seen;
  for (const HeaderLine& line : text.lines) {
    if (line.key.starts_with("Seq_Frame")) continue;  // frame_fields checks these, by frame number
    if (line.key != "Comment" && !seen.insert(line.key).second)
      throw InputError("{}: line {}: '{}' is there twice; expected once", text.path, line.number, line.key);
  }
}

/// Checks the product of all sizes in 64 bits before anybody trusts it.
void check_sizes(ImageHeader& header) {
  if (header.sizes.size() < 2)
    throw InputError("{}: has {} dimensions; expected 2 or more", header.text.path, header.sizes.size());
  header.has_pixels = header.sizes[0] > 0 && header.sizes[1] > 0;
  std::uint64_t bytes = size_of(header.format);
  for (const std::size_t size : header.sizes) {
    if (size > 0 && __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
      throw InputError("{}: the sizes in the header multiply to more than any file can hold",
                       header.text.path);
  }
}

void place_storage(ImageHeader& header, const StatedStorage& stated) {
  namespace fs = std::filesystem;
  PixelStorage& storage = header.storage;
  const bool is_local = stated.data_file.empty() || stated.data_file == "LOCAL" ||
                        stated.data_file == "Local" || stated.data_file == "local";
  storage.file =
      is_local ? header.text.path : (fs::path(header.text.path).parent_path() / stated.data_file).string();
  std::error_code error;
  if (!is_local && !fs::exists(storage.file, error))
    throw InputError("{}: its pixels should be in '{}', which is missing (keep both files in one folder)",
                     header.text.path, storage.file);
  const std::uint64_t file_bytes = InputFile(storage.file).size();
  storage.offset = is_local ? header.text.end : 0;
  if (stated.skip > 0) storage.offset += static_cast<std::uint64_t>(stated.skip);
  if (stated.skip == -1) {
    const std::uint64_t wanted = storage.compressed ? stated.compressed_bytes : header.pixel_bytes();
    storage.offset = file_bytes > wanted ? file_bytes - wanted : 0;
  }
  if (storage.offset > file_bytes)
    throw InputError("{}: has {} bytes; expected pixels from byte {}", storage.file, file_bytes,
                     storage.offset);
  storage.available = file_bytes - storage.offset;
  if (!storage.compressed || stated.compressed_bytes == 0) return;
  if (stated.compressed_bytes > storage.available)
    throw InputError("{}: holds {} bytes of compressed pixels; expected {} (the file is truncated)",
                     storage.file, storage.available, stated.compressed_bytes);
  storage.available = stated.compressed_bytes;
}

void check_room(const ImageHeader& header) {
  const PixelStorage& storage = header.storage;
  const std::uint64_t wanted = header.pixel_bytes();
  if (!storage.compressed) {
    if (storage.available >= wanted) return;
    const std::uint64_t last = header.sizes.back();
    const std::uint64_t slice = wanted / last;
    throw InputError("{}: pixels end after {} bytes, within frame {} of {}; expected {} bytes", storage.file,
                     storage.available, storage.available / slice, last, wanted);
  }
  if (storage.available < wanted / deflate_best_ratio)
    throw InputError(
        "{}: holds {} bytes of compressed pixels, too few for the {} bytes that the sizes promise",
        storage.file, storage.available, wanted);
}

}  // namespace

std::uint64_t ImageHeader::pixel_bytes() const {
  if (!has_pixels) return 0;
  std::uint64_t bytes = size_of(format);
  for (const std::size_t size : sizes) bytes *= size;
  return bytes;
}

ImageHeader read_image_header(const std::string& path) {
  ImageHeader header;
  header.text = read_header_text(path);
  refuse_repeated_keys(header.text);
  const StatedStorage stated =
      header.text.kind == HeaderKind::meta ? interpret_meta(header) : interpret_nrrd(header);
  check_sizes(header);
  if (header.pixel_bytes() == 0) return header;
  place_storage(header, stated);
  check_room(header);
  return header;
}

}  // namespace snitt::formats
