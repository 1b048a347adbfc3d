#include "quality/phantom_scan.hpp"

#include <cmath>
#include <numbers>

namespace snitt::quality {

ImagePlane PhantomScan::plane(std::size_t slice) const {
  const std::size_t pixels = rows * columns;
  return {std::span(hu).subspan(slice * pixels, pixels),
          rows,
          columns,
          row_spacing_mm,
          column_spacing_mm,
          slice_position_mm[slice]};
}

PlanePoint PhantomScan::pixel_of(std::size_t slice, double x_mm, double y_mm) const {
  const double angle = roll_deg * std::numbers::pi / 180;
  const double x = is_mirrored ? -x_mm : x_mm;
  const PlanePoint& centre = slices[slice].centre;
  return {centre.column + (std::cos(angle) * x - std::sin(angle) * y_mm) / column_spacing_mm,
          centre.row + (std::sin(angle) * x + std::cos(angle) * y_mm) / row_spacing_mm};
}

void PhantomScan::phantom_of(std::size_t slice, PlanePoint pixel, double& x_mm, double& y_mm) const {
  const double angle = roll_deg * std::numbers::pi / 180;
  const PlanePoint& centre = slices[slice].centre;
  const double across = (pixel.column - centre.column) * column_spacing_mm;
  const double down = (pixel.row - centre.row) * row_spacing_mm;
  const double x = std::cos(angle) * across + std::sin(angle) * down;
  y_mm = std::cos(angle) * down - std::sin(angle) * across;
  x_mm = is_mirrored ? -x : x;
}

const FoundModule* PhantomScan::find(const std::string& purpose) const {
  for (const FoundModule& found : modules)
    if (description(found).purpose == purpose) return &found;
  return nullptr;
}

}  // namespace snitt::quality
