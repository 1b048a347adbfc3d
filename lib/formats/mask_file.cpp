#include "formats/mask_file.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "formats/picture_file.hpp"
#include "store/layouts.hpp"

namespace snitt::formats {

std::vector<std::uint8_t> read_mask(const std::string& path, const FrameShape& frame) {
  PixelFormat format;
  std::array<std::size_t, 3> size{};
  std::vector<std::byte> bytes;
  if (store::is_snitt_file(path)) {
    Volume volume = store::read_volume(path);
    format = volume.format;
    size = volume.geometry.size;
    bytes = std::move(volume.voxels);
  } else {
    const FrameShape shape = read_picture_shape(path);
    format = shape.format;
    size = {shape.columns, shape.rows, 1};
    bytes.resize(shape.bytes());
    read_picture(path, shape, bytes);
  }
  if (format != PixelFormat{PixelType::u8, 1})
    throw InputError("{}: the mask has {} components of {}; expected one of uint8", path, format.components,
                     name_of(format.type));
  // A turned mask has as many pixels as the right one.
  if (size != std::array<std::size_t, 3>{frame.columns, frame.rows, 1})
    throw InputError("{}: the mask has {} columns and {} rows; expected {} and {} as the frames have", path,
                     size[0], size[1] * size[2], frame.columns, frame.rows);
  std::vector<std::uint8_t> mask(bytes.size());
  std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()), mask.size(), mask.begin());
  return mask;
}

}  // namespace snitt::formats
