#include "formats/png_file.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <filesystem>
#include <new>

#include "base/error.hpp"
#include "formats/output_stream.hpp"

namespace snitt::formats {
namespace {

/// libpng calls these from C and expects them not to return from an error; it was built with unwind tables,
/// so that an exception passes through it, and it is told to release what it holds by the owner below.
void refuse(png_structp, png_const_charp message) { throw ComputationError("libpng: {}", message); }
void ignore_warning(png_structp, png_const_charp) {}

void append(png_structp png, png_bytep bytes, std::size_t count) {
  auto& encoded = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(png));
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  encoded.insert(encoded.end(), first, first + count);
}
void nothing_to_flush(png_structp) {}

/// In memory, because a full disk under libpng's own file writing ends a program that uses it through ITK.
struct PngWriter {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, refuse, ignore_warning);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  PngWriter() {
    if (info == nullptr) throw std::bad_alloc();
  }
  ~PngWriter() { png_destroy_write_struct(&png, &info); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;
};

int colour_type(std::size_t components) {
  return components == 1   ? PNG_COLOR_TYPE_GRAY
         : components == 3 ? PNG_COLOR_TYPE_RGB
                           : PNG_COLOR_TYPE_RGB_ALPHA;
}

std::vector<std::byte> encoded(const std::string& shown, const Picture& picture) {
  const bool grey16 = picture.format == PixelFormat{PixelType::u16, 1};
  const std::size_t components = picture.format.components;
  if (!grey16 && (picture.format.type != PixelType::u8 || components == 2 || components > 4))
    throw UsageError("{}: PNG holds 8-bit grey, RGB and RGBA, and 16-bit grey; not {} with {} components",
                     shown, name_of(picture.format.type), components);
  std::vector<std::byte> bytes;
  PngWriter writer;
  png_set_write_fn(writer.png, &bytes, append, nothing_to_flush);
  png_set_compression_level(writer.png, 6);
  png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(picture.columns),
               static_cast<png_uint_32>(picture.rows), grey16 ? 16 : 8, colour_type(components),
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer.png, writer.info);
  if (grey16) png_set_swap(writer.png);  // PNG is big-endian
  const std::size_t row_bytes = picture.columns * size_of(picture.format);
  for (std::size_t row = 0; row < picture.rows; ++row)
    png_write_row(writer.png, reinterpret_cast<png_const_bytep>(picture.pixels.data() + row * row_bytes));
  png_write_end(writer.png, nullptr);
  return bytes;
}

}  // namespace

std::vector<std::byte> png_bytes(const std::string& shown, const Picture& picture) {
  return encoded(shown, picture);
}

void write_png(const std::string& path, const Picture& picture, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  write_bytes(file, "", encoded(path, picture));
  file.commit();
}

std::vector<std::string> png_folder_names(const std::string& stem, std::size_t count) {
  const std::size_t digits = std::max<std::size_t>(4, std::to_string(count > 0 ? count - 1 : 0).size());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("{}_{:0{}}.png", stem, i, digits));
  return names;
}

namespace {

/// STEM_0012.png, and the tables that go with the pictures.
bool is_of_folder(const std::string& name, const std::string& stem) {
  if (name.ends_with(".csv")) return true;
  if (!name.starts_with(stem + "_") || !name.ends_with(".png")) return false;
  const std::string digits = name.substr(stem.size() + 1, name.size() - stem.size() - 5);
  return digits.size() >= 4 && digits.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

void write_png_folder(const std::string& path, const std::string& stem, std::size_t count,
                      const std::function<Picture(std::size_t)>& picture, IfExists if_exists,
                      const std::function<void(const std::string&)>& also) {
  AtomicFolder folder(path, if_exists, [&](const std::string& name) { return is_of_folder(name, stem); });
  const std::vector<std::string> names = png_folder_names(stem, count);
  for (std::size_t i = 0; i < count; ++i)
    write_bytes((std::filesystem::path(folder.temporary()) / names[i]).string(), path, "",
                encoded(path, picture(i)));
  if (also) also(folder.temporary());
  folder.commit();
}

}  // namespace snitt::formats
