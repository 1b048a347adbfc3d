#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "data/pixel.hpp"
#include "data/transform.hpp"

namespace snitt {

struct FrameShape {
  std::size_t rows = 0;  ///< 0 in a recording of poses alone
  std::size_t columns = 0;
  PixelFormat format;
  std::size_t pixels() const { return rows * columns; }
  std::size_t bytes() const { return pixels() * size_of(format); }
  friend bool operator==(const FrameShape&, const FrameShape&) = default;
};

/// Anything else a recording says once per frame: encoder values, frame numbers, notes. [frame]
struct FrameField {
  std::string name;
  std::variant<std::vector<double>, std::vector<std::string>> values;
};

/// A recorded sequence of 2-D images with its poses: everything but the pixels, which are streamed.
/// Pixel coordinates (u, v, 0) of frame "Image": u = column, v = row, 0 at the centre of the first pixel, in
/// MF orientation (+u towards the marked side of the probe, +v away from it); readers turn other
/// orientations.
struct Frames {
  std::size_t count = 0;
  FrameShape shape;
  std::string recorded_orientation =
      "MF";                               ///< MF, MN, UF or UN (third letter A or D kept when there was one)
  std::string image_type = "BRIGHTNESS";  ///< as in IGS sequences: BRIGHTNESS, RF_REAL, …
  std::optional<std::array<double, 2>> pixel_spacing_mm;  ///< {along u, along v}, what the scanner claims
  std::vector<double> time_s;                             ///< [frame]
  std::vector<Status> image_status;                       ///< [frame]
  std::vector<TrackedTransform> tracked;
  std::vector<StaticTransform> constant;
  std::vector<FrameField> fields;
  std::vector<std::pair<std::string, std::string>> header;  ///< free keys of the source, in its order
  std::vector<std::uint8_t> mask;  ///< [row, column], 0 outside the image sector; empty when there is none
};

/// Pixels of a recording, read in any order. `read` may be called from one thread at a time.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual const Frames& frames() const = 0;
  /// Frames first … first+count-1 into `out` [frame, row, column, component], out.size() == count *
  /// shape.bytes().
  virtual void read(std::size_t first, std::size_t count, std::span<std::byte> out) = 0;
};

}  // namespace snitt
