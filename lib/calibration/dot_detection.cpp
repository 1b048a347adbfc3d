#include "calibration/dot_detection.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "calibration/components.hpp"
#include "image/opening.hpp"

namespace snitt::calibration {
namespace {

/// Rounds as PLUS does: half up.
std::size_t in_pixels(double length_mm, double pixel_size_mm) {
  return static_cast<std::size_t>(std::floor(length_mm / pixel_size_mm + 0.5));
}

/// Red, green and blue in 16ths (ITU-R BT.601, rounded so that they add up and grey stays grey exactly).
template <typename T>
T luminance(const T* pixel, std::size_t components) {
  if (components < 3) return pixel[0];
  return static_cast<T>((5 * pixel[0] + 9 * pixel[1] + 2 * pixel[2] + 8) / 16);
}

/// Values stretched to 16 bits over the frame's range.
template <typename T>
std::vector<std::uint16_t> stretched(const T* frame, const FrameShape& shape, const PixelBox& region) {
  const std::size_t components = shape.format.components;
  const auto value = [&](std::size_t v, std::size_t u) {
    const T* pixel = frame + (v * shape.columns + u) * components;
    double sum = 0;
    for (std::size_t c = 0; c < std::min<std::size_t>(components, 3); ++c)
      sum += static_cast<double>(pixel[c]);
    return std::isfinite(sum) ? sum : 0.0;
  };
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t v = 0; v < region.height; ++v)
    for (std::size_t u = 0; u < region.width; ++u) {
      low = std::min(low, value(region.v + v, region.u + u));
      high = std::max(high, value(region.v + v, region.u + u));
    }
  const double factor = high > low ? 65535 / (high - low) : 0;
  std::vector<std::uint16_t> plane;
  plane.reserve(region.width * region.height);
  for (std::size_t v = 0; v < region.height; ++v)
    for (std::size_t u = 0; u < region.width; ++u)
      plane.push_back(
          static_cast<std::uint16_t>(std::lround((value(region.v + v, region.u + u) - low) * factor)));
  return plane;
}

template <typename T>
std::vector<T> cropped(const T* frame, const FrameShape& shape, const PixelBox& region) {
  const std::size_t components = shape.format.components;
  std::vector<T> plane(region.width * region.height);
  for (std::size_t v = 0; v < region.height; ++v) {
    const T* row = frame + ((region.v + v) * shape.columns + region.u) * components;
    T* to = plane.data() + v * region.width;
    if (components == 1) {
      std::memcpy(to, row, region.width * sizeof(T));
    } else {
      for (std::size_t u = 0; u < region.width; ++u) to[u] = luminance(row + u * components, components);
    }
  }
  return plane;
}

/// Everything after the pixels have become one plane.
template <typename T>
Dots find_dots(std::vector<T> pixels, const PixelBox& region, const DotSettings& settings, std::size_t bar_px,
               std::size_t disc_px) {
  using image::BarDirection;
  constexpr double largest = std::numeric_limits<T>::max();
  const image::PlaneView<T> plane{pixels.data(), region.height, region.width};
  for (const BarDirection direction :
       {BarDirection::along_row, BarDirection::rising, BarDirection::along_column, BarDirection::falling})
    image::remove_bars(plane, bar_px, direction);
  image::open_with_disc(plane, disc_px);

  const image::PlaneView<const T> view{plane.pixels, plane.rows, plane.columns};
  const ValueRange<T> range = range_of(view);
  const double span = range.highest - range.lowest;
  const double cut = range.lowest + std::floor(span * settings.threshold_percent / 100 + 0.5);
  Dots found;
  found.largest = range.highest / largest;
  for (const Component& c : components_of(view, static_cast<T>(std::min(cut, largest)))) {
    const double u = c.weighted_u / c.weight;
    const double v = c.weighted_v / c.weight;
    const auto margin = static_cast<double>(settings.border_px);
    if (u < margin || v < margin || u > static_cast<double>(region.width - 1) - margin ||
        v > static_cast<double>(region.height - 1) - margin) {
      ++found.at_border;
      continue;
    }
    found.dots.push_back({u + static_cast<double>(region.u), v + static_cast<double>(region.v),
                          c.weight / largest, c.pixels, c.last_u - c.first_u + 1, c.last_v - c.first_v + 1});
  }
  // The order of equal dots is that of the image: stable.
  std::stable_sort(found.dots.begin(), found.dots.end(),
                   [](const Dot& a, const Dot& b) { return a.strength > b.strength; });
  if (found.dots.size() > settings.maximum_dots) {
    found.left_out = found.dots.size() - settings.maximum_dots;
    found.dots.resize(settings.maximum_dots);
  }
  return found;
}

}  // namespace

DotDetector::DotDetector(const FrameShape& shape, const DotSettings& settings)
    : shape_(shape), settings_(settings) {
  if (shape.rows == 0 || shape.columns == 0)
    throw InputError("the recording has no images; expected frames of the phantom");
  if (!(settings.pixel_size_mm > 0))
    throw InputError("the size of a pixel is {} mm; expected a positive number", settings.pixel_size_mm);
  region_ = settings.region.value_or(PixelBox{0, 0, shape.columns, shape.rows});
  if (region_.width == 0 || region_.height == 0 || region_.u + region_.width > shape.columns ||
      region_.v + region_.height > shape.rows)
    throw InputError("the region of {} x {} pixels at ({}, {}) leaves the image of {} x {}", region_.width,
                     region_.height, region_.u, region_.v, shape.columns, shape.rows);
  bar_px_ = in_pixels(settings.bar_mm, settings.pixel_size_mm);
  disc_px_ = in_pixels(settings.disc_mm, settings.pixel_size_mm);
}

Dots DotDetector::detect(std::span<const std::byte> frame) const {
  return visit_pixel_type(shape_.format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* pixels = reinterpret_cast<const T*>(frame.data());
    if constexpr (std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint16_t>)
      return find_dots(cropped(pixels, shape_, region_), region_, settings_, bar_px_, disc_px_);
    else
      return find_dots(stretched(pixels, shape_, region_), region_, settings_, bar_px_, disc_px_);
  });
}

}  // namespace snitt::calibration
