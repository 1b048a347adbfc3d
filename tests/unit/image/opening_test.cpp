#include "image/opening.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace snitt::image {
namespace {

using Offsets = std::vector<std::pair<int, int>>;  // rows, columns

Offsets bar(int half, int row_step, int column_step) {
  Offsets all;
  for (int k = -half; k <= half; ++k) all.emplace_back(k * row_step, k * column_step);
  return all;
}

Offsets disc(int radius) {
  Offsets all;
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x)
      if (x * x + y * y <= radius * radius) all.emplace_back(y, x);
  return all;
}

/// Erosion or dilation by definition.
template <typename T>
std::vector<T> extreme(const std::vector<T>& in, int rows, int columns, const Offsets& offsets, bool lowest) {
  std::vector<T> out(in.size());
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x) {
      T value = lowest ? std::numeric_limits<T>::max() : T{0};
      for (const auto& [dy, dx] : offsets) {
        if (y + dy < 0 || y + dy >= rows || x + dx < 0 || x + dx >= columns) continue;
        const T other = in[static_cast<std::size_t>((y + dy) * columns + x + dx)];
        value = lowest ? std::min(value, other) : std::max(value, other);
      }
      out[static_cast<std::size_t>(y * columns + x)] = value;
    }
  return out;
}

template <typename T>
std::vector<T> opened(const std::vector<T>& in, int rows, int columns, const Offsets& offsets) {
  return extreme(extreme(in, rows, columns, offsets, true), rows, columns, offsets, false);
}

/// Noise with blobs and empty regions, so that shortcuts for zeros are tried too.
template <typename T>
std::vector<T> picture(int rows, int columns, unsigned seed, double filled) {
  std::mt19937 random(seed);
  std::vector<T> pixels(static_cast<std::size_t>(rows * columns));
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x)
      if (static_cast<double>(random() % 1000) < filled * 1000 && (y / 9 + x / 70) % 3 != 0)
        pixels[static_cast<std::size_t>(y * columns + x)] =
            static_cast<T>(random() % (std::numeric_limits<T>::max() + 1ul));
  return pixels;
}

template <typename T>
void expect_bars_by_definition(int rows, int columns, int half) {
  const std::pair<BarDirection, std::pair<int, int>> directions[] = {{BarDirection::along_row, {0, 1}},
                                                                     {BarDirection::rising, {-1, 1}},
                                                                     {BarDirection::along_column, {1, 0}},
                                                                     {BarDirection::falling, {1, 1}}};
  for (const auto& [direction, step] : directions)
    for (const double filled : {0.0, 0.2, 0.97}) {
      const std::vector<T> in = picture<T>(rows, columns, 5, filled);
      std::vector<T> expected = opened(in, rows, columns, bar(half, step.first, step.second));
      for (std::size_t i = 0; i < in.size(); ++i) expected[i] = static_cast<T>(in[i] - expected[i]);
      std::vector<T> out = in;
      remove_bars<T>({out.data(), static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)},
                     static_cast<std::size_t>(half), direction);
      ASSERT_EQ(out, expected) << rows << " x " << columns << ", half " << half << ", direction "
                               << static_cast<int>(direction) << ", filled " << filled;
    }
}

TEST(Opening, BarsAreRemovedAsTheDefinitionSaysForAnySizeAndDirection) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {3, 200}, {70, 5}, {65, 129}, {40, 64}})
    for (const int half : {0, 1, 2, 7, 26}) {
      expect_bars_by_definition<std::uint8_t>(rows, columns, half);
      expect_bars_by_definition<std::uint16_t>(rows, columns, half);
    }
}

TEST(Opening, ADiscOpensAsTheDefinitionSays) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {3, 200}, {70, 5}, {33, 129}})
    for (const int radius : {0, 1, 2, 3, 5, 9})
      for (const double filled : {0.3, 0.999}) {
        std::vector<std::uint8_t> pixels = picture<std::uint8_t>(rows, columns, 7, filled);
        if (filled > 0.9) std::replace(pixels.begin(), pixels.end(), std::uint8_t{0}, std::uint8_t{9});
        const std::vector<std::uint8_t> expected = opened(pixels, rows, columns, disc(radius));
        open_with_disc<std::uint8_t>(
            {pixels.data(), static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)},
            static_cast<std::size_t>(radius));
        ASSERT_EQ(pixels, expected) << rows << " x " << columns << ", radius " << radius;
      }
}

TEST(Opening, RemovingBarsTwiceRemovesNothingMore) {
  std::vector<std::uint16_t> once = picture<std::uint16_t>(90, 150, 3, 0.8);
  remove_bars<std::uint16_t>({once.data(), 90, 150}, 4, BarDirection::rising);
  std::vector<std::uint16_t> twice = once;
  remove_bars<std::uint16_t>({twice.data(), 90, 150}, 4, BarDirection::rising);
  EXPECT_EQ(once, twice);  // a top-hat is idempotent (Serra 1982)
}

}  // namespace
}  // namespace snitt::image
