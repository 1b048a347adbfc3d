#include "report/curve_plot.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "report/label_places.hpp"
#include "report/plot_frame.hpp"

namespace snitt::report {
namespace {

constexpr double most_of_names = 170;

struct Extents {
  Extent x;
  Extent y;
};

Extents extents_of(const CurvePlot& plot) {
  Extents e;
  for (const Curve& curve : plot.curves)
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) continue;
      e.x.add(curve.x[i]);
      e.y.add(curve.y[i]);
      if (i < curve.low.size()) e.y.add(curve.low[i]);
      if (i < curve.high.size()) e.y.add(curve.high[i]);
    }
  if (e.x.empty()) return e;
  if (plot.from_zero) e.y.add(0);
  for (const ReferenceLine& line : plot.y_lines) e.y.add(line.value);
  return e;
}

/// Place of the last point that is drawn.
std::optional<std::pair<double, double>> end_of(const Curve& curve) {
  for (std::size_t i = curve.x.size(); i > 0; --i)
    if (std::isfinite(curve.x[i - 1]) && std::isfinite(curve.y[i - 1]))
      return {{curve.x[i - 1], curve.y[i - 1]}};
  return std::nullopt;
}

/// First, last and highest value of each curve, for those who hear the plot.
std::string described(const CurvePlot& plot, const Wording& wording) {
  std::string text;
  for (const Curve& curve : plot.curves) {
    const auto end = end_of(curve);
    if (!end) continue;
    Extent y;
    for (const double value : curve.y) y.add(value);
    text += wording.say("{}: from {} to {}, at the end {}. ", curve.name.empty() ? plot.y_label : curve.name,
                        wording.number(y.low), wording.number(y.high), wording.number(end->second));
  }
  return text;
}

void draw(Canvas& canvas, const Frame& frame, const Curve& curve, const std::string& style,
          std::size_t shape) {
  if (!curve.low.empty() && curve.low.size() == curve.x.size() && curve.high.size() == curve.x.size())
    canvas.path(ribbon(frame, curve.x, curve.low, curve.high), "shade " + style);
  if (curve.kind != Curve::Kind::dots)
    canvas.path(polyline(frame, curve.x, curve.y, curve.kind == Curve::Kind::steps), "curve " + style);
  if (curve.kind == Curve::Kind::line || curve.kind == Curve::Kind::steps) return;
  constexpr std::size_t most_marks = 400;  // beyond them dots
  std::string dots;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) continue;
    if (curve.x.size() <= most_marks)
      canvas.mark(frame.at_x(curve.x[i]), frame.at_y(curve.y[i]), shape, "mark " + style);
    else
      dots += fmt::format("M{} {}h0", coordinate(frame.at_x(curve.x[i])), coordinate(frame.at_y(curve.y[i])));
  }
  if (!dots.empty()) canvas.path(dots, "dots " + style);
}

}  // namespace

std::string svg(const CurvePlot& plot, const Wording& wording) {
  const Extents e = extents_of(plot);
  if (e.x.empty()) return nothing_to_show(plot.y_label, wording);
  const bool named = plot.curves.size() > 1;
  double right = 16;
  if (named)
    for (const Curve& curve : plot.curves)
      right = std::max(right, std::min(most_of_names, text_width(curve.name)) + 14);
  Frame frame = plot_frame(e.x, e.y, right, wording);
  if (!plot.x_ticks.empty()) {
    frame.x.ticks.clear();
    frame.x.labels.clear();
    double last = -1e9;
    for (const auto& [place, text] : plot.x_ticks) {
      if (place < frame.x.low || place > frame.x.high || frame.at_x(place) - last < text_width(text) + 8)
        continue;
      frame.x.ticks.push_back(place);
      frame.x.labels.push_back(text);
      last = frame.at_x(place);
    }
  }
  Canvas canvas(plot_width, plot_height, plot.title, described(plot, wording));
  const Rectangle& area = frame.area;
  for (const ReferenceLine& line : plot.x_lines) {
    if (!std::isfinite(line.low) || !std::isfinite(line.high)) continue;
    const double from = frame.at_x(std::clamp(line.low, frame.x.low, frame.x.high));
    const double to = frame.at_x(std::clamp(line.high, frame.x.low, frame.x.high));
    canvas.rectangle({from, area.top, std::max(0.75, to - from), area.height}, "shade");
  }
  draw_axes(canvas, frame, plot.x_label, plot.y_label);
  for (std::size_t i = 0; i < plot.curves.size(); ++i)
    draw(canvas, frame, plot.curves[i], series_class(i), i);
  std::vector<double> heights;
  std::vector<std::string> names;
  std::vector<std::string> styles;
  for (std::size_t i = 0; i < plot.y_lines.size(); ++i) {
    const double y = frame.at_y(plot.y_lines[i].value);
    canvas.line(area.left, y, area.left + area.width, y, fmt::format("level l{}", i + 1));
    canvas.text(area.left + area.width - 4, y - 4, plot.y_lines[i].name, "end", "halo");
  }
  for (std::size_t i = 0; named && i < plot.curves.size(); ++i)
    if (const auto end = end_of(plot.curves[i])) {
      heights.push_back(frame.at_y(end->second));
      names.push_back(plot.curves[i].name.empty() ? wording("(none)") : plot.curves[i].name);
      styles.push_back("name " + series_class(i));
    }
  const std::vector<double> places = spread(heights, 14, area.top + 4, area.top + area.height);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const double x = area.left + area.width + 6;
    canvas.text(x, places[i] + 4, shortened(names[i], most_of_names), "start", styles[i]);
  }
  for (std::size_t i = 0; i < plot.x_lines.size(); ++i) {
    const ReferenceLine& line = plot.x_lines[i];
    const double x = frame.at_x(line.value);
    if (!(x >= area.left && x <= area.left + area.width)) continue;
    canvas.line(x, area.top, x, area.top + area.height, fmt::format("level l{}", i));
    const std::string text = line.name.empty() ? "" : line.name + ": " + wording.number(line.value);
    const bool left = x + 6 + text_width(text) > area.left + area.width;
    canvas.text(left ? x - 5 : x + 5, area.top + 10 + 14 * static_cast<double>(i), text,
                left ? "end" : "start", "halo");
  }
  return canvas.finish();
}

}  // namespace snitt::report
