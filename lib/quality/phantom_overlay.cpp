#include "quality/phantom_overlay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "image/drawing.hpp"

namespace snitt::quality {
namespace {

constexpr image::Color axis_color{255, 200, 0};
constexpr image::Color region_color{0, 220, 120};
constexpr image::Color square_color{80, 160, 255};
constexpr image::Color text_color{255, 255, 255};

image::Window window_of(const std::string& purpose) {
  if (purpose == "uniformity" || purpose == "low contrast") return {-60, 140};
  return {-300, 700};
}

struct Canvas {
  Picture picture;
  double zoom = 1;
  double x(double column) const { return (column + 0.5) * zoom - 0.5; }
  double y(double row) const { return (row + 0.5) * zoom - 0.5; }
};

void draw_axis(Canvas& canvas, const PhantomScan& scan, std::size_t slice) {
  const PhantomSlice& s = scan.slices[slice];
  const double x = canvas.x(s.centre.column);
  const double y = canvas.y(s.centre.row);
  image::draw_line(canvas.picture, x - 6, y, x + 6, y, axis_color);
  image::draw_line(canvas.picture, x, y - 6, x, y + 6, axis_color);
  if (!std::isnan(s.body_diameter_mm))
    image::draw_ellipse(canvas.picture, x, y, s.body_diameter_mm / 2 / scan.column_spacing_mm * canvas.zoom,
                        s.body_diameter_mm / 2 / scan.row_spacing_mm * canvas.zoom, axis_color);
  if (!scan.is_roll_known) return;
  const PlanePoint up = scan.pixel_of(slice, 0, -20);
  const PlanePoint right = scan.pixel_of(slice, 10, 0);
  image::draw_line(canvas.picture, x, y, canvas.x(up.column), canvas.y(up.row), axis_color);
  image::draw_line(canvas.picture, x, y, canvas.x(right.column), canvas.y(right.row), axis_color);
}

void draw_region(Canvas& canvas, const PhantomScan& scan, const MeasuredRegion& region) {
  const double x = canvas.x(region.centre.column);
  const double y = canvas.y(region.centre.row);
  const double half_x = region.radius_mm / scan.column_spacing_mm * canvas.zoom;
  const double half_y = region.radius_mm / scan.row_spacing_mm * canvas.zoom;
  if (region.is_square) {
    image::draw_line(canvas.picture, x - half_x, y - half_y, x + half_x, y - half_y, square_color);
    image::draw_line(canvas.picture, x + half_x, y - half_y, x + half_x, y + half_y, square_color);
    image::draw_line(canvas.picture, x + half_x, y + half_y, x - half_x, y + half_y, square_color);
    image::draw_line(canvas.picture, x - half_x, y + half_y, x - half_x, y - half_y, square_color);
  } else {
    image::draw_ellipse(canvas.picture, x, y, half_x, half_y, region_color);
  }
  const double width = 6 * static_cast<double>(region.label.size());
  image::draw_text(canvas.picture, x - width / 2, y + half_y + 3, region.label, region_color);
}

}  // namespace

Picture module_overlay(const PhantomScan& scan, const FoundModule& found, const PhantomFindings& findings) {
  const std::size_t middle = found.slices[found.slices.size() / 2];
  const PhantomModule& module = scan.description(found);
  const ImagePlane plane = scan.plane(middle);
  const std::size_t zoom = std::clamp<std::size_t>(700 / std::max<std::size_t>(1, scan.columns), 1, 4);
  Canvas canvas{image::colored(plane.hu, plane.rows, plane.columns, window_of(module.purpose), zoom),
                static_cast<double>(zoom)};
  draw_axis(canvas, scan, middle);
  for (const MeasuredRegion& region : findings.regions)
    if (std::ranges::find(found.slices, region.slice) != found.slices.end())
      draw_region(canvas, scan, region);
  std::string line = fmt::format("{} {} slice {} z {:.1f} mm", scan.model.name, module.name, middle,
                                 std::isnan(scan.slices[middle].z_mm) ? 0.0 : scan.slices[middle].z_mm);
  image::draw_text(canvas.picture, 4, 4, line, text_color);
  line = scan.is_roll_known
             ? fmt::format("roll {:.1f} deg{}{}", scan.roll_deg, scan.is_mirrored ? " mirrored" : "",
                           found.is_seen ? "" : " (by place alone)")
             : "roll not known";
  image::draw_text(canvas.picture, 4, 14, line, text_color);
  return std::move(canvas.picture);
}

std::string overlay_name(const PhantomScan& scan, std::size_t found) {
  std::string name;
  for (const char c : scan.description(scan.modules[found]).name)
    name += (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? c : '-';
  return name + ".png";
}

}  // namespace snitt::quality
