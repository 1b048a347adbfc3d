#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/frames.hpp"

/// Bright dots in an ultrasound image: cross-sections of wires and crossings.
namespace snitt::calibration {

/// Pixels u … u+width-1, v … v+height-1.
struct PixelBox {
  std::size_t u = 0;
  std::size_t v = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};

struct DotSettings {
  double pixel_size_mm = 0;        ///< approximate; turns the sizes below into pixels
  std::optional<PixelBox> region;  ///< else the whole image
  double bar_mm = 2.0;    ///< half length: whatever is at least twice as long in any of four directions goes
  double disc_mm = 0.27;  ///< radius: whatever is narrower than twice that goes
  double threshold_percent = 10;  ///< of the range of values that are left
  std::size_t maximum_dots = 20;  ///< the strongest are kept
  std::size_t border_px = 8;      ///< dots nearer to the region's border are left out
};

/// One dot. Position: centre of gravity of the values left after the openings, pixel centres at whole
/// numbers of the full image.
struct Dot {
  double u = 0;
  double v = 0;
  double strength = 0;  ///< sum of those values, in units of the type's largest
  std::size_t pixels = 0;
  std::size_t width = 0;  ///< of the box around it
  std::size_t height = 0;
};

struct Dots {
  std::vector<Dot> dots;     ///< strongest first
  std::size_t left_out = 0;  ///< weaker ones beyond maximum_dots
  std::size_t at_border = 0;
  double largest = 0;  ///< value before thresholding, as a share of the type's largest
};

/// The segmentation that PLUS made common: white top-hats by bars in four directions, an opening by a disc, a
/// threshold, connected components (8 neighbours) weighted by their values. With the settings of a PLUS
/// configuration it gives PLUS's points. Grey images of 8 and 16 bits as they are; colours by their
/// luminance; other types stretched to 16 bits over their range.
/// Throws InputError when the region leaves the image or the pixel size is not positive.
class DotDetector {
 public:
  DotDetector(const FrameShape& shape, const DotSettings& settings);

  /// `frame`: shape.bytes() of pixels. May be called from several threads.
  Dots detect(std::span<const std::byte> frame) const;

  std::size_t bar_half_length_px() const { return bar_px_; }
  std::size_t disc_radius_px() const { return disc_px_; }

 private:
  FrameShape shape_;
  DotSettings settings_;
  PixelBox region_;
  std::size_t bar_px_ = 0;
  std::size_t disc_px_ = 0;
};

}  // namespace snitt::calibration
