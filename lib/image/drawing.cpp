#include "image/drawing.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace snitt::image {
namespace {

struct Letter {
  char sign;
  std::array<std::uint8_t, 7> rows;  // five bits each, the leftmost pixel highest
};

constexpr Letter letters[] = {
    {'A', {14, 17, 17, 31, 17, 17, 17}}, {'B', {30, 17, 17, 30, 17, 17, 30}},
    {'C', {14, 17, 16, 16, 16, 17, 14}}, {'D', {30, 17, 17, 17, 17, 17, 30}},
    {'E', {31, 16, 16, 30, 16, 16, 31}}, {'F', {31, 16, 16, 30, 16, 16, 16}},
    {'G', {14, 17, 16, 23, 17, 17, 15}}, {'H', {17, 17, 17, 31, 17, 17, 17}},
    {'I', {14, 4, 4, 4, 4, 4, 14}},      {'J', {7, 2, 2, 2, 2, 18, 12}},
    {'K', {17, 18, 20, 24, 20, 18, 17}}, {'L', {16, 16, 16, 16, 16, 16, 31}},
    {'M', {17, 27, 21, 21, 17, 17, 17}}, {'N', {17, 25, 21, 19, 17, 17, 17}},
    {'O', {14, 17, 17, 17, 17, 17, 14}}, {'P', {30, 17, 17, 30, 16, 16, 16}},
    {'Q', {14, 17, 17, 17, 21, 18, 13}}, {'R', {30, 17, 17, 30, 20, 18, 17}},
    {'S', {15, 16, 16, 14, 1, 1, 30}},   {'T', {31, 4, 4, 4, 4, 4, 4}},
    {'U', {17, 17, 17, 17, 17, 17, 14}}, {'V', {17, 17, 17, 17, 17, 10, 4}},
    {'W', {17, 17, 17, 21, 21, 27, 17}}, {'X', {17, 17, 10, 4, 10, 17, 17}},
    {'Y', {17, 17, 10, 4, 4, 4, 4}},     {'Z', {31, 1, 2, 4, 8, 16, 31}},
    {'0', {14, 17, 19, 21, 25, 17, 14}}, {'1', {4, 12, 4, 4, 4, 4, 14}},
    {'2', {14, 17, 1, 6, 8, 16, 31}},    {'3', {30, 1, 1, 14, 1, 1, 30}},
    {'4', {2, 6, 10, 18, 31, 2, 2}},     {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {6, 8, 16, 30, 17, 17, 14}},   {'7', {31, 1, 2, 4, 8, 8, 8}},
    {'8', {14, 17, 17, 14, 17, 17, 14}}, {'9', {14, 17, 17, 15, 1, 2, 12}},
    {'.', {0, 0, 0, 0, 0, 12, 12}},      {'-', {0, 0, 0, 31, 0, 0, 0}},
    {'+', {0, 4, 4, 31, 4, 4, 0}},       {'/', {1, 1, 2, 4, 8, 16, 16}},
    {':', {0, 12, 12, 0, 12, 12, 0}},    {'%', {24, 25, 2, 4, 8, 19, 3}},
    {'(', {2, 4, 8, 8, 8, 4, 2}},        {')', {8, 4, 2, 2, 2, 4, 8}},
};

void set(Picture& picture, std::ptrdiff_t x, std::ptrdiff_t y, Color color) {
  if (x < 0 || y < 0 || x >= static_cast<std::ptrdiff_t>(picture.columns) ||
      y >= static_cast<std::ptrdiff_t>(picture.rows))
    return;
  const std::size_t at = 3 * (static_cast<std::size_t>(y) * picture.columns + static_cast<std::size_t>(x));
  for (std::size_t i = 0; i < 3; ++i) picture.pixels[at + i] = static_cast<std::byte>(color[i]);
}

}  // namespace

Picture colored(std::span<const float> values, std::size_t rows, std::size_t columns, Window window,
                std::size_t zoom) {
  Picture picture{rows * zoom, columns * zoom, {PixelType::u8, 3}, {}};
  picture.pixels.resize(3 * picture.rows * picture.columns);
  const double scale = 255 / (window.high - window.low);
  for (std::size_t r = 0; r < picture.rows; ++r)
    for (std::size_t c = 0; c < picture.columns; ++c) {
      const double value = static_cast<double>(values[r / zoom * columns + c / zoom]);
      const auto grey = static_cast<std::uint8_t>(std::clamp((value - window.low) * scale + 0.5, 0.0, 255.0));
      set(picture, static_cast<std::ptrdiff_t>(c), static_cast<std::ptrdiff_t>(r), {grey, grey, grey});
    }
  return picture;
}

void draw_line(Picture& picture, double x0, double y0, double x1, double y1, Color color) {
  const auto steps = static_cast<int>(std::ceil(std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0})));
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    set(picture, std::lround(x0 + share * (x1 - x0)), std::lround(y0 + share * (y1 - y0)), color);
  }
}

void draw_ellipse(Picture& picture, double x, double y, double half_width, double half_height, Color color) {
  const auto steps = static_cast<int>(std::ceil(8 * std::max({half_width, half_height, 1.0})));
  for (int i = 0; i < steps; ++i) {
    const double angle = 2 * std::numbers::pi * i / steps;
    set(picture, std::lround(x + half_width * std::cos(angle)),
        std::lround(y + half_height * std::sin(angle)), color);
  }
}

void draw_text(Picture& picture, double x, double y, std::string_view text, Color color, std::size_t size) {
  const auto scale = static_cast<std::ptrdiff_t>(size);
  std::ptrdiff_t left = std::lround(x);
  const std::ptrdiff_t top = std::lround(y);
  for (const char c : text) {
    const char sign = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const auto letter = std::ranges::find(letters, sign, &Letter::sign);
    if (letter != std::end(letters))
      for (std::ptrdiff_t r = 0; r < 7 * scale; ++r)
        for (std::ptrdiff_t b = 0; b < 5 * scale; ++b)
          if ((letter->rows[static_cast<std::size_t>(r / scale)] >> (4 - b / scale)) & 1)
            set(picture, left + b, top + r, color);
    left += 6 * scale;
  }
}

}  // namespace snitt::image
