#include "report/residual_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/canvas.hpp"
#include "report/text.hpp"
#include "statistics/summary.hpp"

namespace snitt::report {
namespace {

constexpr double width = 720;
constexpr double most_height = 720;

/// Shaft and head of an arrow in CSS pixels; a dot when it is too short to have a direction.
std::string arrow_path(double x, double y, double dx, double dy) {
  const double length = std::hypot(dx, dy);
  if (length < 0.5) return fmt::format("M{} {}h0", coordinate(x), coordinate(y));
  const double head = std::min(6.0, 0.5 * length);
  const double ux = dx / length;
  const double uy = dy / length;
  const double tip_x = x + dx;
  const double tip_y = y + dy;
  const auto barb = [&](double side) {
    return fmt::format("{} {}", coordinate(tip_x - head * ux + side * 0.5 * head * uy),
                       coordinate(tip_y - head * uy - side * 0.5 * head * ux));
  };
  return fmt::format("M{} {}L{} {}M{}L{} {}L{}", coordinate(x), coordinate(y), coordinate(tip_x),
                     coordinate(tip_y), barb(1), coordinate(tip_x), coordinate(tip_y), barb(-1));
}

Axis pixel_axis(double count) { return axis_of(-0.5, count - 0.5, 9); }

}  // namespace

double exaggeration(const std::vector<Arrow>& arrows, double extent_px) {
  std::vector<double> lengths;
  for (const Arrow& arrow : arrows) {
    const double length = std::hypot(arrow.error_u_px, arrow.error_v_px);
    if (std::isfinite(length)) lengths.push_back(length);
  }
  if (lengths.empty()) return 1;
  const double large = statistics::quantile(lengths, 0.95);
  if (!(large > 0)) return 1;
  const double wanted = 0.05 * extent_px / large;
  if (!(wanted > 1)) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double factor : {5.0, 2.0})
    if (factor * power <= wanted) return factor * power;
  return power;
}

std::string svg(const ResidualImage& image) {
  const double left = 64;
  const double top = 52;
  double wide = width - left - 16;
  double high = wide * image.rows * image.pixel_aspect / image.columns;
  if (high > most_height) {
    wide *= most_height / high;
    high = most_height;
  }
  Frame frame{{left, top, wide, high}, pixel_axis(image.columns), pixel_axis(image.rows)};
  Canvas canvas(width, top + high + 50, "residuals in the image");
  canvas.rectangle(frame.area, "image");
  if (!image.picture.empty())
    canvas.raw(fmt::format(
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" "
        "href=\"data:image/png;base64,{}\"/>\n",
        coordinate(left), coordinate(top), coordinate(wide), coordinate(high), base64(image.picture)));
  // Rows count downwards.
  const auto at_y = [&](double v) { return top + (v - frame.y.low) / (frame.y.high - frame.y.low) * high; };
  for (std::size_t i = 0; i < frame.x.ticks.size(); ++i) {
    canvas.line(frame.at_x(frame.x.ticks[i]), top + high, frame.at_x(frame.x.ticks[i]), top + high + 5,
                "axis");
    canvas.text(frame.at_x(frame.x.ticks[i]), top + high + 18, frame.x.labels[i], "middle", "tick");
  }
  for (std::size_t i = 0; i < frame.y.ticks.size(); ++i) {
    canvas.line(left - 5, at_y(frame.y.ticks[i]), left, at_y(frame.y.ticks[i]), "axis");
    canvas.text(left - 8, at_y(frame.y.ticks[i]) + 4, frame.y.labels[i], "end", "tick");
  }
  canvas.text(left + wide / 2, top + high + 38, "u (px)", "middle");
  canvas.upright_text(14, top + high / 2, "v (px)");

  const double times = exaggeration(image.arrows, std::min(image.columns, image.rows));
  const double x_scale = wide / image.columns;
  const double y_scale = high / image.rows;
  const std::size_t groups = std::max<std::size_t>(1, image.groups.size());
  std::vector<std::string> paths(groups);
  std::vector<std::string> left_out(groups);
  for (const Arrow& arrow : image.arrows)
    if (std::isfinite(arrow.u_px) && std::isfinite(arrow.v_px) && std::isfinite(arrow.error_u_px) &&
        std::isfinite(arrow.error_v_px))
      (arrow.left_out ? left_out : paths)[std::min(arrow.group, groups - 1)] +=
          arrow_path(frame.at_x(arrow.u_px), at_y(arrow.v_px), times * arrow.error_u_px * x_scale,
                     times * arrow.error_v_px * y_scale);
  // Pictures are dark on light pages, too.
  if (!image.picture.empty()) canvas.raw("<g class=\"over\">\n");
  for (std::size_t g = 0; g < groups; ++g) {
    if (!paths[g].empty()) canvas.path(paths[g], "arrow " + series_class(g));
    if (!left_out[g].empty()) canvas.path(left_out[g], "arrow left-out " + series_class(g));
  }

  // A scale: one round length, drawn as the arrows are.
  const double scale_px = round_step(60 / (times * x_scale), 1);
  canvas.path(arrow_path(left, 20, times * scale_px * x_scale, 0), "arrow scale");
  canvas.text(left + times * scale_px * x_scale + 8, 24,
              fmt::format("{:g} px (errors are drawn {:g} times as long as they are)", scale_px, times),
              "start");
  if (image.groups.size() > 1) canvas.legend(left, 44, image.groups);
  if (!image.picture.empty()) canvas.raw("</g>\n");
  return canvas.finish();
}

}  // namespace snitt::report
