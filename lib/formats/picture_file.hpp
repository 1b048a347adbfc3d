#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/frames.hpp"

namespace snitt::formats {

/// Whether the file starts as a PNG, JPEG or TIFF.
bool is_picture(const std::string& path);

/// Size and pixel format without reading the pixels: grey (1 component) or colours (3); a further component
/// for transparency is left out. Throws InputError naming the file.
FrameShape read_picture_shape(const std::string& path);

/// Pixels [row, column, component] of a picture of this shape, first row on top.
void read_picture(const std::string& path, const FrameShape& shape, std::span<std::byte> out);

/// "frame2" before "frame10": runs of digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace snitt::formats
