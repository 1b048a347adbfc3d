#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/frames.hpp"
#include "reconstruction/image_region.hpp"

namespace snitt::reconstruction {

struct FanDetectionOptions {
  double threshold = 30;  ///< brighter pixels belong to the image, on a scale where its white (99.9 %) is 255
  std::size_t filter_radius_px = 10;  ///< dark spots and bright specks smaller than this do not matter
  double margin_deg = 0;              ///< taken off the angle on both sides (PLUS: 3)
};

/// The sector, or why there is none; then the whole rectangle is the safe choice.
struct FanDetection {
  std::optional<Fan> fan;
  std::string reason;
};

/// Finds the sector of a curved or phased probe in the brightest value that each pixel had in several frames,
/// so that shadows and dark tissue of a single frame do not matter.
class FanDetector {
 public:
  explicit FanDetector(const FrameShape& shape);

  /// One frame [row, column, component]; the first component counts.
  void add(std::span<const std::byte> frame);
  /// Sides: the lines that most rows' outermost bright pixels lie on; apex: where they meet; radii: where
  /// rays from there enter and leave the image. Good to about 1 degree and 3 pixels when the sides can be
  /// seen over a quarter of the height.
  FanDetection detect(const FanDetectionOptions& options = {}) const;

 private:
  FrameShape shape_;
  std::vector<float> brightest_;  // [row, column]
};

}  // namespace snitt::reconstruction
