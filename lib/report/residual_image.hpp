#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/picture.hpp"
#include "report/plot.hpp"

namespace snitt::report {

/// Where something was seen in an image and by how much it was off, in pixels.
struct Arrow {
  double u_px = 0;
  double v_px = 0;
  double error_u_px = 0;
  double error_v_px = 0;
  std::size_t group = 0;  ///< colour
  bool left_out = false;  ///< of the result: dashed and pale
};

struct ResidualImage {
  double columns = 0;  ///< of the image
  double rows = 0;
  double pixel_aspect = 1;         ///< height of a pixel over its width
  std::vector<std::byte> picture;  ///< PNG to draw on; empty: an empty rectangle
  std::vector<Arrow> arrows;
  std::vector<std::string> groups;  ///< names, shown when there is more than one
};

/// How many times too long errors are drawn, so that the larger ones (their 95th percentile) take up a
/// twentieth of `extent_px`: 1, 2 or 5 times a power of ten, at least 1.
double exaggeration(const std::vector<Arrow>& arrows, double extent_px);

/// Arrows from where it was seen along its error, over the image in its own coordinates, with a scale.
std::string svg(const ResidualImage& image);

}  // namespace snitt::report
