#include "formats/picture_file.hpp"

#include <itkJPEGImageIO.h>
#include <itkPNGImageIO.h>
#include <itkTIFFImageIO.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/png_chunks.hpp"

namespace snitt::formats {
namespace {

enum class PictureKind { png, jpeg, tiff };

std::optional<PictureKind> picture_kind(const InputFile& file) {
  std::array<char, 8> buffer{};
  const std::string_view head(buffer.data(), file.read_at(0, std::as_writable_bytes(std::span(buffer))));
  using namespace std::string_view_literals;
  if (head.starts_with("\x89PNG\r\n")) return PictureKind::png;
  if (head.starts_with("\xff\xd8\xff")) return PictureKind::jpeg;
  if (head.starts_with("II*\0"sv) || head.starts_with("MM\0*"sv)) return PictureKind::tiff;
  return std::nullopt;
}

/// libjpeg paints the missing part of a truncated file grey and goes on; its end mark tells.
void check_jpeg_end(const InputFile& file) {
  std::array<char, 4096> tail{};
  const std::uint64_t start = file.size() > tail.size() ? file.size() - tail.size() : 0;
  const std::string_view text(tail.data(), file.read_at(start, std::as_writable_bytes(std::span(tail))));
  if (text.find("\xff\xd9") == std::string_view::npos)
    throw InputError("{}: the JPEG image has no end; it is truncated", file.path());
}

itk::ImageIOBase::Pointer make_reader(const std::string& path, PngCheck check) {
  const InputFile file(path);
  const auto kind = picture_kind(file);
  if (!kind) throw InputError("{}: is no PNG, JPEG or TIFF image", path);
  itk::ImageIOBase::Pointer reader;
  if (*kind == PictureKind::png) {
    check_png_chunks(file, check);
    reader = itk::PNGImageIO::New();
  }
  if (*kind == PictureKind::jpeg) {
    check_jpeg_end(file);
    reader = itk::JPEGImageIO::New();
  }
  if (*kind == PictureKind::tiff) reader = itk::TIFFImageIO::New();
  reader->SetFileName(path);
  reader->ReadImageInformation();
  return reader;
}

/// Runs `call`, turning ITK's exceptions into ours.
template <typename Call>
auto with_itk(const std::string& path, Call call) {
  try {
    return call();
  } catch (const itk::ExceptionObject& error) {
    std::string text = error.GetDescription();
    std::replace(text.begin(), text.end(), '\n', ' ');
    throw InputError("{}: cannot be read as an image: {}", path, text);
  }
}

PixelType pixel_type_in(const itk::ImageIOBase& reader, const std::string& path) {
  switch (reader.GetComponentType()) {
    case itk::IOComponentEnum::UCHAR:
      return PixelType::u8;
    case itk::IOComponentEnum::CHAR:
      return PixelType::i8;
    case itk::IOComponentEnum::USHORT:
      return PixelType::u16;
    case itk::IOComponentEnum::SHORT:
      return PixelType::i16;
    case itk::IOComponentEnum::UINT:
      return PixelType::u32;
    case itk::IOComponentEnum::INT:
      return PixelType::i32;
    case itk::IOComponentEnum::FLOAT:
      return PixelType::f32;
    case itk::IOComponentEnum::DOUBLE:
      return PixelType::f64;
    default:
      break;
  }
  throw InputError("{}: has pixels of type '{}'; expected integers of 8, 16 or 32 bits or floating point",
                   path, itk::ImageIOBase::GetComponentTypeAsString(reader.GetComponentType()));
}

FrameShape shape_in(const itk::ImageIOBase& reader, const std::string& path) {
  const std::size_t stored = reader.GetNumberOfComponents();
  if (reader.GetNumberOfDimensions() > 2 && reader.GetDimensions(2) > 1)
    throw InputError("{}: holds {} images; expected one per file (split it)", path, reader.GetDimensions(2));
  const FrameShape shape{reader.GetDimensions(1),
                         reader.GetDimensions(0),
                         {pixel_type_in(reader, path), stored == 2 ? 1 : std::min<std::size_t>(stored, 3)}};
  if (shape.pixels() == 0) throw InputError("{}: has no pixels", path);
  return shape;
}

}  // namespace

bool is_picture(const std::string& path) { return picture_kind(InputFile(path)).has_value(); }

FrameShape read_picture_shape(const std::string& path) {
  return with_itk(path, [&] { return shape_in(*make_reader(path, PngCheck::structure), path); });
}

void read_picture(const std::string& path, const FrameShape& shape, std::span<std::byte> out) {
  with_itk(path, [&] {
    const auto reader = make_reader(path, PngCheck::everything);
    if (shape_in(*reader, path) != shape)
      throw InputError("{}: has changed since the folder was opened", path);
    itk::ImageIORegion region(2);
    region.SetSize(0, shape.columns);
    region.SetSize(1, shape.rows);
    reader->SetIORegion(region);
    const std::size_t stored = reader->GetNumberOfComponents();
    const std::size_t kept = shape.format.components;
    if (stored == kept) {
      reader->Read(out.data());
      return;
    }
    const std::size_t component = size_of(shape.format.type);
    std::vector<std::byte> all(shape.pixels() * stored * component);
    reader->Read(all.data());
    for (std::size_t i = 0; i < shape.pixels(); ++i)
      std::memcpy(out.data() + i * kept * component, all.data() + i * stored * component, kept * component);
  });
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    const auto run = [&](std::string_view text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t start = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return text.substr(start, at - start);
    };
    const std::string_view left = run(a, i);
    const std::string_view right = run(b, j);
    if (left.size() != right.size()) return left.size() < right.size();
    if (left != right) return left < right;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // "01" and "1" are equal numbers, but an order must not call them the same
}

}  // namespace snitt::formats
