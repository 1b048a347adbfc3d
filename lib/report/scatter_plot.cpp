#include "report/scatter_plot.hpp"

#include <algorithm>
#include <cmath>

#include "report/label_places.hpp"
#include "report/plot_frame.hpp"

namespace snitt::report {

std::string svg(const ScatterPlot& plot, const Wording& wording) {
  Extent x;
  Extent y;
  for (const ScatterPoint& point : plot.points)
    if (std::isfinite(point.x) && std::isfinite(point.y)) {
      x.add(point.x);
      y.add(point.y);
    }
  if (x.empty()) return nothing_to_show(plot.y_label, wording);
  for (const ReferenceLine& line : plot.x_lines) x.add(line.value);
  for (const ReferenceLine& line : plot.y_lines) y.add(line.value);
  const double highest = y.high + 0.08 * (y.high - y.low);
  if (plot.from_zero) {
    x.add(0);
    y.add(0);
  }
  for (const double value : plot.curve_x) x.add(value);
  const double room = 0.04 * (x.high - x.low);
  x.add(x.high + room);
  if (!plot.from_zero) x.add(std::max(0.0, x.low - room));
  double right = 16;
  for (const ReferenceLine& line : plot.y_lines) right = std::max(right, text_width(line.name) + 12);
  y.add(highest);
  const Frame frame = plot_frame(x, y, right, wording);
  Canvas canvas(plot_width, plot_height, plot.title, [&] {
    std::string text;
    for (const auto* lines : {&plot.x_lines, &plot.y_lines})
      for (const ReferenceLine& line : *lines)
        text += fmt::format("{}: {}. ", line.name, wording.interval(line.value, line.low, line.high));
    return text;
  }());
  const double bottom = frame.area.top + frame.area.height;
  const double end = frame.area.left + frame.area.width;
  for (const ReferenceLine& line : plot.x_lines) {
    if (!std::isfinite(line.low) || !std::isfinite(line.high)) continue;
    const double from = frame.at_x(std::clamp(line.low, frame.x.low, frame.x.high));
    const double to = frame.at_x(std::clamp(line.high, frame.x.low, frame.x.high));
    canvas.rectangle({from, frame.area.top, std::max(0.75, to - from), frame.area.height}, "shade");
  }
  draw_axes(canvas, frame, plot.x_label, plot.y_label);
  std::vector<double> curve_y = plot.curve_y;
  for (double& value : curve_y)
    if (value > frame.y.high || value < frame.y.low) value = std::numeric_limits<double>::quiet_NaN();
  canvas.path(polyline(frame, plot.curve_x, curve_y), "curve s0");
  std::vector<NamedPlace> named;
  for (const ScatterPoint& point : plot.points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    named.push_back({frame.at_x(point.x), frame.at_y(point.y), point.name});
    canvas.group(fmt::format("{}: {}; {}", point.name, wording.number(point.x), wording.number(point.y)));
    canvas.mark(named.back().x, named.back().y, 0, "mark");
    canvas.end_group();
  }
  for (std::size_t i = 0; i < plot.x_lines.size(); ++i) {
    const ReferenceLine& line = plot.x_lines[i];
    const double at = frame.at_x(line.value);
    canvas.line(at, frame.area.top, at, bottom, fmt::format("level l{}", i));
    const std::string text = line.name + ": " + wording.number(line.value);
    const bool left = at + 6 + text_width(text) > end;
    const double height = frame.area.top + 12 + 15 * static_cast<double>(i);
    canvas.text(left ? at - 6 : at + 6, height, text, left ? "end" : "start", "halo");
    named.push_back({left ? at - 6 - text_width(text) / 2 : at + 6 + text_width(text) / 2, height - 4, ""});
  }
  for (std::size_t i = 0; i < plot.y_lines.size(); ++i) {
    const double at = frame.at_y(plot.y_lines[i].value);
    canvas.line(frame.area.left, at, end, at, fmt::format("level l{}", i + 1));
    canvas.text(end + 6, at + 4, plot.y_lines[i].name, "start", "tick");
  }
  const std::vector<LabelPlace> labels = label_places(named, frame.area);
  for (std::size_t i = 0; i < named.size(); ++i)
    if (labels[i].placed) canvas.text(labels[i].x, labels[i].y, named[i].name, labels[i].anchor, "halo");
  return canvas.finish();
}

}  // namespace snitt::report
