#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "data/picture.hpp"
#include "image/views.hpp"

/// Lines, circles and words on colour pictures. Points are {column, row} in pixels, pixel centres 0-based;
/// what falls outside is left out.
namespace snitt::image {

using Color = std::array<std::uint8_t, 3>;

/// Grey picture as RGB, each pixel repeated `zoom` times in both directions.
Picture colored(std::span<const float> values, std::size_t rows, std::size_t columns, Window window,
                std::size_t zoom);

void draw_line(Picture& picture, double x0, double y0, double x1, double y1, Color color);
void draw_ellipse(Picture& picture, double x, double y, double half_width, double half_height, Color color);
/// Capitals, digits and . - + / : % ( ), six pixels wide and seven high times `size`, its upper left corner
/// at (x, y); small letters become capitals, others blanks.
void draw_text(Picture& picture, double x, double y, std::string_view text, Color color,
               std::size_t size = 1);

}  // namespace snitt::image
