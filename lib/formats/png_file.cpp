#include "formats/png_file.hpp"

#include <fmt/format.h>
#include <itkPNGImageIO.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

void write_into(const std::string& path, const Picture& picture) {
  const bool grey16 = picture.format == PixelFormat{PixelType::u16, 1};
  const std::size_t components = picture.format.components;
  if (!grey16 && (picture.format.type != PixelType::u8 || components == 2 || components > 4))
    throw UsageError("{}: PNG holds 8-bit grey, RGB and RGBA, and 16-bit grey; not {} with {} components",
                     path, name_of(picture.format.type), components);
  const auto io = itk::PNGImageIO::New();
  io->SetFileName(path);
  io->SetNumberOfDimensions(2);
  io->SetDimensions(0, picture.columns);
  io->SetDimensions(1, picture.rows);
  io->SetComponentType(grey16 ? itk::IOComponentEnum::USHORT : itk::IOComponentEnum::UCHAR);
  io->SetNumberOfComponents(static_cast<unsigned>(components));
  io->SetPixelType(components == 1   ? itk::IOPixelEnum::SCALAR
                   : components == 3 ? itk::IOPixelEnum::RGB
                                     : itk::IOPixelEnum::RGBA);
  io->SetUseCompression(true);
  io->SetCompressionLevel(6);
  itk::ImageIORegion region(2);
  region.SetSize(0, picture.columns);
  region.SetSize(1, picture.rows);
  io->SetIORegion(region);
  try {
    io->Write(picture.pixels.data());
  } catch (const itk::ExceptionObject& error) {
    throw OutputError("{}: cannot be written: {}", path, error.GetDescription());
  }
}

}  // namespace

void write_png(const std::string& path, const Picture& picture, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  write_into(file.temporary(), picture);
  file.commit();
}

std::vector<std::string> png_folder_names(const std::string& stem, std::size_t count) {
  const std::size_t digits = std::max<std::size_t>(4, std::to_string(count > 0 ? count - 1 : 0).size());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("{}_{:0{}}.png", stem, i, digits));
  return names;
}

void write_png_folder(const std::string& path, const std::string& stem, std::size_t count,
                      const std::function<Picture(std::size_t)>& picture, IfExists if_exists,
                      const std::function<void(const std::string&)>& also) {
  AtomicFolder folder(path, if_exists);
  const std::vector<std::string> names = png_folder_names(stem, count);
  for (std::size_t i = 0; i < count; ++i)
    write_into((std::filesystem::path(folder.temporary()) / names[i]).string(), picture(i));
  if (also) also(folder.temporary());
  folder.commit();
}

}  // namespace snitt::formats
