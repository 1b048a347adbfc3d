#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "base/vector_clones.hpp"
#include "image/opening.hpp"

namespace snitt::image {
namespace {

/// Pixels that are worked on side by side: one cache line.
template <typename T>
constexpr std::size_t lanes = 64 / sizeof(T);

struct Lower {
  template <typename T>
  static T pick(T a, T b) {
    return b < a ? b : a;
  }
  template <typename T>
  static constexpr T neutral = std::numeric_limits<T>::max();
};
struct Higher {
  template <typename T>
  static T pick(T a, T b) {
    return b > a ? b : a;
  }
  template <typename T>
  static constexpr T neutral = 0;
};

/// row[y] <- pick over y … y+length-1, for `rows` rows of one cache line each, by doubling: windows of 1, 2,
/// 4 … rows, then two that overlap. Rows below are read before they are written, so it works in place.
template <typename Pick, typename T>
[[gnu::always_inline]] inline void slide_rows(T* strip, std::size_t rows, std::size_t length) {
  const auto combine = [&](std::size_t count, std::size_t shift) {
    for (std::size_t y = 0; y < count; ++y) {
      T* to = strip + y * lanes<T>;
      const T* from = to + shift * lanes<T>;
      T line[lanes<T>];
      for (std::size_t i = 0; i < lanes<T>; ++i) line[i] = Pick::pick(to[i], from[i]);
      std::memcpy(to, line, sizeof line);
    }
  };
  std::size_t window = 1;
  std::size_t left = rows;
  for (; 2 * window <= length; window *= 2) {
    left -= window;
    combine(left, window);
  }
  if (window < length) combine(left - (length - window), length - window);
}

/// Whether a row holds nothing but zeros.
template <typename T>
[[gnu::always_inline]] inline bool is_empty(const T* row, std::size_t count) {
  unsigned any = 0;
  for (std::size_t i = 0; i < count; ++i) any |= row[i];
  return any == 0;
}

/// Columns first + slant·y … of row y lie side by side in the lanes; slant 0 for columns, ±1 for diagonals.
struct Strip {
  std::ptrdiff_t first = 0;
  std::ptrdiff_t slant = 0;
};

/// Lanes [from, to) of a row that lie in the image; the first of them is at column `column`.
struct Lanes {
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t column = 0;
};

template <typename T>
[[gnu::always_inline]] inline Lanes lanes_inside(const Strip& strip, std::size_t y, std::size_t columns) {
  const std::ptrdiff_t x = strip.first + strip.slant * static_cast<std::ptrdiff_t>(y);
  const auto width = static_cast<std::ptrdiff_t>(lanes<T>);
  const std::ptrdiff_t low = std::clamp<std::ptrdiff_t>(-x, 0, width);
  const std::ptrdiff_t high = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(columns) - x, 0, width);
  return {static_cast<std::size_t>(low), static_cast<std::size_t>(std::max(low, high)),
          static_cast<std::size_t>(std::max<std::ptrdiff_t>(x + low, 0))};
}

/// Rows [first, last) of a strip that matter: those with anything in them and one empty one on either side,
/// which stands for all beyond it.
struct Rows {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Copies the strip to line 0 … of `lines`, with the erosion's neutral value where the image ends.
template <typename T>
[[gnu::always_inline]] inline Rows load_strip(PlaneView<T> image, const Strip& strip, T* lines) {
  Rows filled{image.rows, 0};
  for (std::size_t y = 0; y < image.rows; ++y) {
    const Lanes in = lanes_inside<T>(strip, y, image.columns);
    const T* row = image.pixels + y * image.columns + in.column;
    T line[lanes<T>];
    unsigned any = 0;
    if (in.to - in.from == lanes<T>) {
      std::memcpy(line, row, sizeof line);
      for (std::size_t i = 0; i < lanes<T>; ++i) any |= line[i];
    } else {
      std::memset(line, 0xff, sizeof line);
      for (std::size_t i = in.from; i < in.to; ++i) {
        line[i] = row[i - in.from];
        any |= line[i];
      }
    }
    std::memcpy(lines + y * lanes<T>, line, sizeof line);
    if (any == 0) continue;
    filled.first = std::min(filled.first, y);
    filled.last = y + 1;
  }
  if (filled.first > filled.last) return {};
  return {filled.first - std::min<std::size_t>(filled.first, 1), std::min(filled.last + 1, image.rows)};
}

/// Opening of the strip's rows by a vertical bar. `lines` has room for 2 half_length lines before the strip
/// and half_length after it; the result starts 2 half_length lines before the first of the rows.
template <typename T>
[[gnu::always_inline]] inline const T* open_strip(PlaneView<T> image, const Strip& strip, Rows rows, T* lines,
                                                  std::size_t half_length) {
  const std::size_t length = 2 * half_length + 1;
  const std::size_t count = rows.last - rows.first;
  const std::size_t border = half_length * lanes<T>;
  T* middle = lines + rows.first * lanes<T>;
  T* start = middle - border;
  std::memset(start, 0xff, border * sizeof(T));
  std::memset(middle + count * lanes<T>, 0xff, border * sizeof(T));
  slide_rows<Lower>(start, count + 2 * half_length, length);
  // The erosion of row y now lies half_length lines above it; what does not exist must not grow.
  for (std::size_t y = 0; y < count; ++y) {
    const Lanes in = lanes_inside<T>(strip, rows.first + y, image.columns);
    if (in.to - in.from == lanes<T>) continue;
    std::fill_n(start + y * lanes<T>, in.from, T{0});
    std::fill_n(start + y * lanes<T> + in.to, lanes<T> - in.to, T{0});
  }
  std::memset(start - border, 0, border * sizeof(T));
  std::memset(start + count * lanes<T>, 0, border * sizeof(T));
  slide_rows<Higher>(start - border, count + 2 * half_length, length);
  return start - border;
}

template <typename T>
[[gnu::always_inline]] inline void subtract_strip(PlaneView<T> image, const Strip& strip, Rows rows,
                                                  const T* opened) {
  for (std::size_t y = rows.first; y < rows.last; ++y, opened += lanes<T>) {
    const Lanes in = lanes_inside<T>(strip, y, image.columns);
    T* row = image.pixels + y * image.columns + in.column;
    if (in.to - in.from == lanes<T>) {
      for (std::size_t i = 0; i < lanes<T>; ++i) row[i] = static_cast<T>(row[i] - opened[i]);
    } else {
      for (std::size_t i = in.from; i < in.to; ++i)
        row[i - in.from] = static_cast<T>(row[i - in.from] - opened[i]);
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline void remove_across_rows(PlaneView<T> image, std::size_t half_length,
                                                      std::ptrdiff_t slant) {
  std::vector<T> work((image.rows + 3 * half_length) * lanes<T>);
  T* lines = work.data() + 2 * half_length * lanes<T>;
  const auto lean = static_cast<std::ptrdiff_t>(image.rows - 1);
  const std::ptrdiff_t begin = slant > 0 ? -lean : 0;
  const std::ptrdiff_t end = static_cast<std::ptrdiff_t>(image.columns) + (slant < 0 ? lean : 0);
  for (std::ptrdiff_t first = begin; first < end; first += static_cast<std::ptrdiff_t>(lanes<T>)) {
    const Strip strip{first, slant};
    const Rows rows = load_strip(image, strip, lines);
    if (rows.last == 0) continue;
    subtract_strip(image, strip, rows, open_strip(image, strip, rows, lines, half_length));
  }
}

/// out[x] = pick over in[x] … in[x+length-1] for x < count; `in` has count + length - 1 values and is
/// spoiled.
template <typename Pick, typename T>
[[gnu::always_inline]] inline T* slide_row(T* __restrict a, T* __restrict b, std::size_t count,
                                           std::size_t length) {
  std::size_t left = count + length - 1;
  std::size_t window = 1;
  const auto combine = [&](std::size_t shift) {
    left -= shift;
    for (std::size_t x = 0; x < left; ++x) b[x] = Pick::pick(a[x], a[x + shift]);
    std::swap(a, b);
  };
  for (; 2 * window <= length; window *= 2) combine(window);
  if (window < length) combine(length - window);
  return a;
}

template <typename T>
[[gnu::always_inline]] inline void remove_along_rows(PlaneView<T> image, std::size_t half_length) {
  const std::size_t length = 2 * half_length + 1;
  const std::size_t padded = image.columns + 2 * half_length;
  std::vector<T> first(padded + lanes<T>);
  std::vector<T> second(padded + lanes<T>);
  for (std::size_t y = 0; y < image.rows; ++y) {
    T* row = image.pixels + y * image.columns;
    if (is_empty(row, image.columns)) continue;
    std::fill_n(first.data(), padded, std::numeric_limits<T>::max());
    std::copy_n(row, image.columns, first.data() + half_length);
    const T* eroded = slide_row<Lower>(first.data(), second.data(), image.columns, length);
    T* other = eroded == first.data() ? second.data() : first.data();
    std::fill_n(other, half_length, T{0});
    std::copy_n(eroded, image.columns, other + half_length);
    std::fill_n(other + half_length + image.columns, half_length, T{0});
    T* spare = other == first.data() ? second.data() : first.data();
    const T* opened = slide_row<Higher>(other, spare, image.columns, length);
    for (std::size_t x = 0; x < image.columns; ++x) row[x] = static_cast<T>(row[x] - opened[x]);
  }
}

SNITT_VECTOR_CLONES void remove_u8(PlaneView<std::uint8_t> image, std::size_t half_length,
                                   BarDirection direction) {
  if (direction == BarDirection::along_row) return remove_along_rows(image, half_length);
  remove_across_rows(image, half_length,
                     direction == BarDirection::along_column ? 0
                     : direction == BarDirection::falling    ? 1
                                                             : -1);
}
SNITT_VECTOR_CLONES void remove_u16(PlaneView<std::uint16_t> image, std::size_t half_length,
                                    BarDirection direction) {
  if (direction == BarDirection::along_row) return remove_along_rows(image, half_length);
  remove_across_rows(image, half_length,
                     direction == BarDirection::along_column ? 0
                     : direction == BarDirection::falling    ? 1
                                                             : -1);
}

/// Half width of the disc's row at each distance from its middle.
std::vector<std::size_t> disc_rows(std::size_t radius) {
  std::vector<std::size_t> half_width;
  for (std::size_t y = 0; y <= radius; ++y) {
    std::size_t x = radius;
    while (x * x + y * y > radius * radius) --x;
    half_width.push_back(x);
  }
  return half_width;
}

/// Erosion (Lower) or dilation (Higher) by the disc. For each row of the image the windows of all half widths
/// are kept, for as many rows as the disc has.
template <typename Pick, typename T>
[[gnu::always_inline]] inline void sweep_disc(PlaneView<const T> in, T* __restrict out, std::size_t radius) {
  const std::vector<std::size_t> half_width = disc_rows(radius);
  const std::size_t kept = 2 * radius + 1;
  const std::size_t padded = in.columns + 2 * radius;
  // [row modulo kept, half width, column]
  std::vector<T> windows(kept * (radius + 1) * in.columns);
  std::vector<std::uint8_t> empty(kept, 1);
  std::vector<T> line(padded);
  const auto window = [&](std::size_t row, std::size_t half) {
    return windows.data() + ((row % kept) * (radius + 1) + half) * in.columns;
  };
  const auto load = [&](std::size_t row) {
    const T* pixels = in.pixels + row * in.columns;
    empty[row % kept] = is_empty(pixels, in.columns) ? 1 : 0;
    if (empty[row % kept] != 0) return;
    std::fill(line.begin(), line.end(), Pick::template neutral<T>);
    std::copy_n(pixels, in.columns, line.data() + radius);
    std::copy_n(pixels, in.columns, window(row, 0));
    for (std::size_t half = 1; half <= radius; ++half) {
      const T* __restrict narrower = window(row, half - 1);
      const T* __restrict left = line.data() + radius - half;
      const T* __restrict right = line.data() + radius + half;
      T* __restrict wider = window(row, half);
      for (std::size_t x = 0; x < in.columns; ++x)
        wider[x] = Pick::pick(narrower[x], Pick::pick(left[x], right[x]));
    }
  };
  for (std::size_t row = 0; row < std::min(radius, in.rows); ++row) load(row);
  for (std::size_t y = 0; y < in.rows; ++y) {
    if (y + radius < in.rows) load(y + radius);
    const std::size_t from = y < radius ? 0 : y - radius;
    const std::size_t to = std::min(in.rows - 1, y + radius);
    T* __restrict result = out + y * in.columns;
    std::size_t full = 0;
    for (std::size_t row = from; row <= to; ++row) full += empty[row % kept] == 0 ? 1 : 0;
    // An erosion that touches an empty row is empty; a dilation of nothing but empty rows too.
    const bool nothing = Pick::template neutral<T> == 0 ? full == 0 : full < to - from + 1;
    if (nothing) {
      std::fill_n(result, in.columns, T{0});
      continue;
    }
    std::fill_n(result, in.columns, Pick::template neutral<T>);
    for (std::size_t row = from; row <= to; ++row) {
      if (empty[row % kept] != 0) continue;
      const T* __restrict part = window(row, half_width[row > y ? row - y : y - row]);
      for (std::size_t x = 0; x < in.columns; ++x) result[x] = Pick::pick(result[x], part[x]);
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline void open_disc(PlaneView<T> image, std::size_t radius) {
  std::vector<T> eroded(image.rows * image.columns);
  sweep_disc<Lower, T>({image.pixels, image.rows, image.columns}, eroded.data(), radius);
  sweep_disc<Higher, T>({eroded.data(), image.rows, image.columns}, image.pixels, radius);
}

SNITT_VECTOR_CLONES void disc_u8(PlaneView<std::uint8_t> image, std::size_t radius) {
  open_disc(image, radius);
}
SNITT_VECTOR_CLONES void disc_u16(PlaneView<std::uint16_t> image, std::size_t radius) {
  open_disc(image, radius);
}

}  // namespace

template <>
void remove_bars(PlaneView<std::uint8_t> image, std::size_t half_length, BarDirection direction) {
  if (image.rows > 0 && image.columns > 0) remove_u8(image, half_length, direction);
}
template <>
void remove_bars(PlaneView<std::uint16_t> image, std::size_t half_length, BarDirection direction) {
  if (image.rows > 0 && image.columns > 0) remove_u16(image, half_length, direction);
}
template <>
void open_with_disc(PlaneView<std::uint8_t> image, std::size_t radius) {
  if (image.rows > 0 && image.columns > 0) disc_u8(image, radius);
}
template <>
void open_with_disc(PlaneView<std::uint16_t> image, std::size_t radius) {
  if (image.rows > 0 && image.columns > 0) disc_u16(image, radius);
}

}  // namespace snitt::image
