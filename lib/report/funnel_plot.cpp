#include "report/funnel_plot.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/label_places.hpp"
#include "report/plot_frame.hpp"

namespace snitt::report {
namespace {

/// By rising size, so that the limits are lines.
FunnelLimit sorted(const FunnelLimit& limit) {
  std::vector<std::size_t> order(limit.size.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return limit.size[a] < limit.size[b]; });
  FunnelLimit result{limit.name, {}, {}, {}};
  for (const std::size_t i : order) {
    if (!std::isfinite(limit.size[i])) continue;
    result.size.push_back(limit.size[i]);
    result.low.push_back(limit.low[i]);
    result.high.push_back(limit.high[i]);
  }
  return result;
}

/// Those farther out first: their names get the better places.
std::vector<std::size_t> by_importance(const std::vector<FunnelPoint>& points) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return points[a].outside > points[b].outside; });
  return order;
}

}  // namespace

int outside_of(const Rows& rows, std::size_t row, double value) {
  const std::string said = rows.word("by_chance", row);
  if (!said.empty()) return said.ends_with("99.8 %") ? 2 : said.ends_with("95 %") ? 1 : 0;
  const auto at = [&](const char* name) { return rows.number(name, row); };
  if (value < at("low_998") || value > at("high_998")) return 2;
  return value < at("low_95") || value > at("high_95") ? 1 : 0;
}

std::string svg(const FunnelPlot& plot, const Wording& wording) {
  Extent x;
  Extent y;
  for (const FunnelPoint& point : plot.points)
    if (std::isfinite(point.size) && std::isfinite(point.value)) {
      x.add(point.size);
      y.add(point.value);
    }
  if (x.empty()) return nothing_to_show(plot.y_label, wording);
  y.add(plot.target);
  if (plot.from_zero) y.add(0);
  for (const FunnelLimit& limit : plot.limits)
    for (std::size_t i = 0; i < limit.size.size(); ++i) {
      y.add(limit.low[i]);
      y.add(limit.high[i]);
    }
  const double room = 0.03 * (x.high - x.low);
  x.add(std::max(0.0, x.low - room));
  x.add(x.high + room);
  const Frame frame = plot_frame(x, y, 62, wording);
  std::string outliers;
  for (const FunnelPoint& point : plot.points)
    if (point.outside > 0)
      outliers +=
          fmt::format("{}{} ({})", outliers.empty() ? "" : ", ", point.name, wording.number(point.value));
  Canvas canvas(plot_width, plot_height, plot.title,
                outliers.empty() ? wording("No unit lies outside the limits.")
                                 : wording.say("Outside the limits: {}.", outliers));
  draw_axes(canvas, frame, plot.x_label, plot.y_label);
  const double right = frame.area.left + frame.area.width;
  const double target_y = frame.at_y(plot.target);
  if (std::isfinite(plot.target)) canvas.line(frame.area.left, target_y, right, target_y, "level");
  std::vector<double> ends;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plot.limits.size(); ++i) {
    const FunnelLimit limit = sorted(plot.limits[i]);
    for (const std::vector<double>* side : {&limit.low, &limit.high}) {
      canvas.path(polyline(frame, limit.size, *side), fmt::format("limit l{}", i + 1));
      if (side->empty() || !std::isfinite(side->back())) continue;
      ends.push_back(frame.at_y(side->back()));
      names.push_back(limit.name);
    }
  }
  ends.push_back(target_y);
  names.push_back(wording.number(plot.target));
  const std::vector<double> places = spread(ends, 13, frame.area.top + 6, frame.area.top + frame.area.height);
  for (std::size_t i = 0; i < names.size(); ++i)
    canvas.text(right + 6, places[i] + 4, names[i], "start", "tick");
  std::vector<NamedPlace> named;
  const std::vector<std::size_t> order = by_importance(plot.points);
  for (const std::size_t i : order) {
    const FunnelPoint& point = plot.points[i];
    named.push_back({frame.at_x(point.size), frame.at_y(point.value), point.outside > 0 ? point.name : ""});
    if (!std::isfinite(point.size) || !std::isfinite(point.value)) continue;
    canvas.group(
        fmt::format("{}: {} ({})", point.name, wording.number(point.value), wording.number(point.size)));
    const std::size_t shape = point.outside == 0 ? 0 : point.outside == 1 ? 1 : 3;
    canvas.mark(named.back().x, named.back().y, shape, point.outside == 0 ? "open" : "mark out");
    canvas.end_group();
  }
  const std::vector<LabelPlace> labels = label_places(named, frame.area);
  for (std::size_t i = 0; i < named.size(); ++i)
    if (labels[i].placed) canvas.text(labels[i].x, labels[i].y, named[i].name, labels[i].anchor, "halo");
  return canvas.finish();
}

}  // namespace snitt::report
