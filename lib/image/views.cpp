#include "image/views.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/error.hpp"

namespace snitt::image {
namespace {

/// The voxel axes that run along a picture's columns (to the right) and rows (down), and the one across.
struct SliceAxes {
  std::size_t right;
  std::size_t down;
  std::size_t across;
};
SliceAxes slice_axes(std::size_t across) {
  return across == 2 ? SliceAxes{0, 1, 2} : across == 1 ? SliceAxes{0, 2, 1} : SliceAxes{1, 2, 0};
}

/// Voxel values as numbers, whatever their type.
class Voxels {
 public:
  Voxels(const Volume& volume, std::size_t time)
      : volume_(volume), offset_(time * volume.geometry.voxels()) {}

  double operator()(const std::array<std::size_t, 3>& at, std::size_t component) const {
    const auto& size = volume_.geometry.size;
    const std::size_t voxel = offset_ + at[0] + size[0] * (at[1] + size[1] * at[2]);
    const std::size_t i = voxel * volume_.format.components + component;
    return visit_pixel_type(volume_.format.type, [&](auto tag) {
      using T = typename decltype(tag)::type;
      T value;
      std::memcpy(&value, volume_.voxels.data() + i * sizeof(T), sizeof(T));
      return static_cast<double>(value);
    });
  }

  /// Linear between voxels of the plane; `right` and `down` are voxel indices of its axes, clamped at the
  /// border.
  double between(const SliceAxes& axes, double right, double down, std::size_t across,
                 std::size_t component) const {
    const auto& size = volume_.geometry.size;
    const double x = std::clamp(right, 0.0, static_cast<double>(size[axes.right] - 1));
    const double y = std::clamp(down, 0.0, static_cast<double>(size[axes.down] - 1));
    const auto x0 = static_cast<std::size_t>(x);
    const auto y0 = static_cast<std::size_t>(y);
    const double fx = x - static_cast<double>(x0);
    const double fy = y - static_cast<double>(y0);
    const auto value = [&](std::size_t i, std::size_t j) {
      std::array<std::size_t, 3> at{};
      at[axes.right] = std::min(i, size[axes.right] - 1);
      at[axes.down] = std::min(j, size[axes.down] - 1);
      at[axes.across] = across;
      return (*this)(at, component);
    };
    const double top = (1 - fx) * value(x0, y0) + fx * value(x0 + 1, y0);
    const double bottom = (1 - fx) * value(x0, y0 + 1) + fx * value(x0 + 1, y0 + 1);
    return (1 - fy) * top + fy * bottom;
  }

 private:
  const Volume& volume_;
  std::size_t offset_;
};

std::uint8_t grey(double value, Window window) {
  const double share = (value - window.low) / std::max(window.high - window.low, 1e-12);
  return std::isnan(share) ? std::uint8_t{0}
                           : static_cast<std::uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0)));
}

bool is_colour(const Volume& volume) {
  return volume.format.components == 3 || volume.format.components == 4;
}

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour background{18, 18, 20};
constexpr Colour scale_colour{200, 200, 200};
constexpr std::array<Colour, 3> view_colours{Colour{200, 60, 60}, Colour{70, 160, 70}, Colour{200, 180, 60}};

/// An RGB picture that is drawn on.
class Canvas {
 public:
  Canvas(std::size_t columns, std::size_t rows) : picture_{rows, columns, {PixelType::u8, 3}, {}} {
    picture_.pixels.resize(3 * rows * columns);
    fill(0, 0, columns, rows, background);
  }
  void set(std::size_t column, std::size_t row, const Colour& colour) {
    if (column < picture_.columns && row < picture_.rows)
      std::memcpy(picture_.pixels.data() + 3 * (row * picture_.columns + column), colour.data(), 3);
  }
  void fill(std::size_t column, std::size_t row, std::size_t columns, std::size_t rows,
            const Colour& colour) {
    for (std::size_t y = row; y < row + rows; ++y)
      for (std::size_t x = column; x < column + columns; ++x) set(x, y, colour);
  }
  Picture finish() && { return std::move(picture_); }

 private:
  Picture picture_;
};

/// One view: its plane, its size on the picture, and whether its rows run against the voxel axis.
struct View {
  SliceAxes axes;
  std::size_t columns;
  std::size_t rows;
  bool upside_down;
};

double extent_mm(const VolumeGeometry& g, std::size_t axis) {
  return g.spacing_mm[axis] * static_cast<double>(g.size[axis]);
}

/// Draws a view with its top left pixel at (column, row). Where pixels are larger than voxels, several
/// samples are averaged.
void draw(Canvas& canvas, std::size_t column, std::size_t row, const View& view, const Volume& volume,
          Window window, double pixel_mm, std::size_t across, std::size_t time) {
  const Voxels voxels(volume, time);
  const VolumeGeometry& g = volume.geometry;
  const double step_x = pixel_mm / g.spacing_mm[view.axes.right];
  const double step_y = pixel_mm / g.spacing_mm[view.axes.down];
  const auto samples = static_cast<std::size_t>(std::clamp(std::ceil(std::max(step_x, step_y)), 1.0, 8.0));
  const double share = 1.0 / static_cast<double>(samples);
  for (std::size_t y = 0; y < view.rows; ++y)
    for (std::size_t x = 0; x < view.columns; ++x) {
      std::array<double, 3> sum{};
      for (std::size_t s = 0; s < samples * samples; ++s) {
        const double px = static_cast<double>(x) + (static_cast<double>(s % samples) + 0.5) * share;
        const double py = static_cast<double>(view.upside_down ? view.rows - 1 - y : y) +
                          (static_cast<double>(s / samples) + 0.5) * share;
        for (std::size_t c = 0; c < (is_colour(volume) ? 3 : 1); ++c)
          sum[c] += voxels.between(view.axes, px * step_x - 0.5, py * step_y - 0.5, across, c);
      }
      Colour colour;
      for (std::size_t c = 0; c < 3; ++c)
        colour[c] = grey(sum[is_colour(volume) ? c : 0] * share * share, window);
      canvas.set(column + x, row + y, colour);
    }
}

/// Dashed, so that the anatomy below stays visible, and open around the point it marks.
void draw_crosshair(Canvas& canvas, std::size_t left, std::size_t top, const View& view, std::size_t x,
                    std::size_t y, const Colour& horizontal, const Colour& vertical) {
  constexpr std::size_t gap = 10;
  const auto near = [](std::size_t a, std::size_t b) { return (a > b ? a - b : b - a) < gap; };
  for (std::size_t i = 0; i < view.columns; ++i)
    if (!near(i, x) && i % 6 < 4) canvas.set(left + i, top + y, horizontal);
  for (std::size_t i = 0; i < view.rows; ++i)
    if (!near(i, y) && i % 6 < 4) canvas.set(left + x, top + i, vertical);
}

void draw_frame(Canvas& canvas, std::size_t left, std::size_t top, const View& view, const Colour& colour) {
  canvas.fill(left - 1, top - 1, view.columns + 2, 1, colour);
  canvas.fill(left - 1, top + view.rows, view.columns + 2, 1, colour);
  canvas.fill(left - 1, top - 1, 1, view.rows + 2, colour);
  canvas.fill(left + view.columns, top - 1, 1, view.rows + 2, colour);
}

/// The longest of 1, 2, 5, 10, 20, 50 … mm that is at most `limit_mm`.
double round_length_mm(double limit_mm) {
  const double power = std::pow(10, std::floor(std::log10(limit_mm)));
  return limit_mm >= 5 * power ? 5 * power : limit_mm >= 2 * power ? 2 * power : power;
}

/// Glyphs of 3 x 5 pixels, rows from the top, three bits each.
std::array<std::uint8_t, 5> glyph(char c) {
  constexpr std::array<std::array<std::uint8_t, 5>, 10> digits{{{7, 5, 5, 5, 7},
                                                                {2, 6, 2, 2, 7},
                                                                {7, 1, 7, 4, 7},
                                                                {7, 1, 7, 1, 7},
                                                                {5, 5, 7, 1, 1},
                                                                {7, 4, 7, 1, 7},
                                                                {7, 4, 7, 5, 7},
                                                                {7, 1, 1, 1, 1},
                                                                {7, 5, 7, 5, 7},
                                                                {7, 5, 7, 1, 7}}};
  if (c >= '0' && c <= '9') return digits[static_cast<std::size_t>(c - '0')];
  if (c == '.') return {0, 0, 0, 0, 2};
  return {0, 0, 0, 0, 0};
}

void draw_text(Canvas& canvas, std::size_t left, std::size_t top, const std::string& text) {
  constexpr std::size_t scale = 2;
  for (const char c : text) {
    if (c == 'm') {  // five columns wide
      canvas.fill(left, top + scale * 2, scale * 5, scale, scale_colour);
      for (std::size_t leg = 0; leg < 3; ++leg)
        canvas.fill(left + leg * 2 * scale, top + scale * 2, scale, scale * 3, scale_colour);
      left += 6 * scale;
      continue;
    }
    const auto rows = glyph(c);
    for (std::size_t y = 0; y < 5; ++y)
      for (std::size_t x = 0; x < 3; ++x)
        if ((rows[y] >> (2 - x) & 1U) != 0)
          canvas.fill(left + scale * x, top + scale * y, scale, scale, scale_colour);
    left += 4 * scale;
  }
}

void draw_scale_bar(Canvas& canvas, std::size_t left, std::size_t top, double length_mm, double pixel_mm) {
  const auto length = static_cast<std::size_t>(std::lround(length_mm / pixel_mm));
  canvas.fill(left, top + 4, length, 2, scale_colour);
  canvas.fill(left, top, 2, 10, scale_colour);
  canvas.fill(left + length - 2, top, 2, 10, scale_colour);
  std::string text = std::to_string(length_mm);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  draw_text(canvas, left + length + 8, top, text + " mm");
}

}  // namespace

Window default_window(const Volume& volume) {
  if (volume.units == "HU") return {-160, 240};
  if (is_colour(volume) && volume.format.type == PixelType::u8) return {0, 255};
  const std::size_t components = volume.format.components;
  const std::size_t count = volume.geometry.voxels() * volume.time_points;
  // A regular sample of about a million voxels: percentiles do not change visibly, and the time does.
  const std::size_t step = std::max<std::size_t>(1, count / 1000003);
  std::vector<double> values;
  std::size_t zeros = 0;
  visit_pixel_type(volume.format.type, [&](auto tag) {
    const auto all = volume.values<typename decltype(tag)::type>();
    for (std::size_t i = 0; i < count; i += step) {
      const double value = static_cast<double>(all[i * components]);
      if (value == 0)
        ++zeros;
      else if (std::isfinite(value))
        values.push_back(value);
    }
  });
  const bool ignore_zeros = 20 * zeros >= values.size() + zeros;
  if (!ignore_zeros) values.insert(values.end(), zeros, 0.0);
  if (values.empty()) return {0, 1};
  const auto percentile = [&](double share) {
    const auto at =
        values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
  };
  Window window{percentile(0.005), percentile(0.995)};
  if (ignore_zeros) window.low = std::min(0.0, window.low);
  if (!(window.high > window.low)) window.high = window.low + 1;
  return window;
}

Picture slice_picture(const Volume& volume, std::size_t axis, std::size_t index, Window window,
                      std::size_t time) {
  if (axis > 2 || index >= volume.geometry.size[axis] || time >= volume.time_points)
    throw UsageError("slice {} across axis {} at time {} is outside the volume", index, axis, time);
  const SliceAxes axes = slice_axes(axis);
  const std::size_t components = is_colour(volume) ? 3 : 1;
  Picture picture{
      volume.geometry.size[axes.down], volume.geometry.size[axes.right], {PixelType::u8, components}, {}};
  picture.pixels.resize(picture.rows * picture.columns * components);
  const Voxels voxels(volume, time);
  std::size_t out = 0;
  for (std::size_t row = 0; row < picture.rows; ++row)
    for (std::size_t column = 0; column < picture.columns; ++column)
      for (std::size_t c = 0; c < components; ++c) {
        std::array<std::size_t, 3> at{};
        at[axes.right] = column;
        at[axes.down] = row;
        at[axes.across] = index;
        picture.pixels[out++] = static_cast<std::byte>(grey(voxels(at, c), window));
      }
  return picture;
}

Picture orthogonal_views(const Volume& volume, Window window, const OrthogonalViews& options) {
  const VolumeGeometry& g = volume.geometry;
  if (options.time >= volume.time_points) throw UsageError("time {} is outside the volume", options.time);
  const double longest_mm = std::max({extent_mm(g, 0), extent_mm(g, 1), extent_mm(g, 2)});
  const double pixel_mm = longest_mm / static_cast<double>(std::max<std::size_t>(options.view_pixels, 16));
  const auto pixels = [&](std::size_t axis) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(extent_mm(g, axis) / pixel_mm)));
  };
  const bool up_is_last = volume.frame == "LPS" && g.axis_directions[2].z > 0.5;
  std::array<View, 3> views{};
  std::size_t width = 0;
  std::size_t height = 0;
  constexpr std::size_t margin = 8;
  for (std::size_t i = 0; i < 3; ++i) {
    const SliceAxes axes = slice_axes(2 - i);
    views[i] = {axes, pixels(axes.right), pixels(axes.down), up_is_last && axes.down == 2};
    width += views[i].columns + margin;
    height = std::max(height, views[i].rows);
  }
  constexpr std::size_t footer = 26;
  Canvas canvas(width + margin, height + margin + footer);
  std::array<std::size_t, 3> meeting{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double wanted =
        options.voxel ? (*options.voxel)[axis] : 0.5 * static_cast<double>(g.size[axis] - 1);
    meeting[axis] =
        static_cast<std::size_t>(std::lround(std::clamp(wanted, 0.0, static_cast<double>(g.size[axis] - 1))));
  }
  std::size_t left = margin;
  for (const View& view : views) {
    const std::size_t top = margin + (height - view.rows) / 2;
    draw(canvas, left, top, view, volume, window, pixel_mm, meeting[view.axes.across], options.time);
    const auto at = [&](std::size_t axis) {
      return static_cast<std::size_t>((static_cast<double>(meeting[axis]) + 0.5) * g.spacing_mm[axis] /
                                      pixel_mm);
    };
    const std::size_t row =
        view.upside_down ? view.rows - 1 - std::min(at(view.axes.down), view.rows - 1) : at(view.axes.down);
    // A line has the colour of the view whose plane it is the trace of.
    if (options.crosshair)
      draw_crosshair(canvas, left, top, view, at(view.axes.right), row, view_colours[2 - view.axes.down],
                     view_colours[2 - view.axes.right]);
    draw_frame(canvas, left, top, view, view_colours[2 - view.axes.across]);
    left += view.columns + margin;
  }
  draw_scale_bar(canvas, margin, margin + height + 9, round_length_mm(extent_mm(g, views[0].axes.right) / 2),
                 pixel_mm);
  return std::move(canvas).finish();
}

}  // namespace snitt::image
