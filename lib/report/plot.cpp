#include "report/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/canvas.hpp"
#include "report/plot_frame.hpp"
#include "statistics/summary.hpp"

namespace snitt::report {
namespace {

constexpr double width = 720;
constexpr double height = 300;
constexpr Rectangle area{64, 28, width - 64 - 16, height - 28 - 50};
constexpr std::size_t most_x = 9;
constexpr std::size_t most_y = 6;

std::string dots_path(const Frame& frame, const Series& series) {
  std::string data;
  for (std::size_t i = 0; i < series.x.size(); ++i)
    if (std::isfinite(series.x[i]) &&
        std::isfinite(series.y[i]))  // a line of no length with round ends is a dot
      data +=
          fmt::format("M{} {}h0", coordinate(frame.at_x(series.x[i])), coordinate(frame.at_y(series.y[i])));
  return data;
}

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& all) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return names;
}

}  // namespace

std::string svg(const Plot& plot) {
  Extent x;
  Extent y;
  for (const Series& series : plot.series)
    for (std::size_t i = 0; i < series.x.size(); ++i)
      if (std::isfinite(series.x[i]) && std::isfinite(series.y[i])) {
        x.add(series.x[i]);
        y.add(series.y[i]);
      }
  if (x.empty()) return nothing_to_show(plot.y_label, Wording());
  if (plot.from_zero) y.add(0);
  const Frame frame{area, axis_of(x.low, x.high, most_x), widened_axis(y.low, y.high, most_y)};
  Canvas canvas(width, height, plot.y_label + " over " + plot.x_label);
  if (plot.band_x) {
    const double left = frame.at_x(std::clamp((*plot.band_x)[0], frame.x.low, frame.x.high));
    const double right = frame.at_x(std::clamp((*plot.band_x)[1], frame.x.low, frame.x.high));
    canvas.rectangle({left, area.top, std::max(right - left, 0.75), area.height}, "band");
  }
  draw_axes(canvas, frame, plot.x_label, plot.y_label);
  if (plot.marked_x && *plot.marked_x >= frame.x.low && *plot.marked_x <= frame.x.high)
    canvas.line(frame.at_x(*plot.marked_x), area.top, frame.at_x(*plot.marked_x), area.top + area.height,
                "result");
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    const bool dots = series.mark == Mark::dots;
    canvas.path(dots ? dots_path(frame, series) : polyline(frame, series.x, series.y),
                (dots ? "dots " : "curve ") + series_class(i));
  }
  if (plot.series.size() > 1) canvas.legend(area.left, 16, names_of(plot.series));
  return canvas.finish();
}

std::vector<double> bin_edges(const std::vector<double>& values) {
  Extent extent;
  for (const double value : values) extent.add(value);
  if (extent.empty()) return {};
  const double span =
      extent.high > extent.low ? extent.high - extent.low : std::max(1e-3, std::abs(extent.low));
  const double spread = statistics::quantile(values, 0.75) - statistics::quantile(values, 0.25);
  const double wanted = spread > 0 ? 2 * spread / std::cbrt(static_cast<double>(values.size())) : span / 5;
  const auto bins = static_cast<std::size_t>(std::clamp(std::ceil(span / wanted), 5.0, 40.0));
  const double step = round_step(span, bins);
  const double first = std::floor(extent.low / step + 1e-9);
  const double last = std::max(first + 1, std::ceil(extent.high / step - 1e-9));
  std::vector<double> edges;
  for (double i = first; i <= last; ++i) edges.push_back(i * step);
  return edges;
}

std::vector<std::size_t> bin_counts(const std::vector<double>& values, const std::vector<double>& edges) {
  std::vector<std::size_t> counts(edges.size() < 2 ? 0 : edges.size() - 1, 0);
  for (const double value : values) {
    if (counts.empty() || !(value >= edges.front() && value <= edges.back())) continue;
    const auto above = std::upper_bound(edges.begin(), edges.end(), value) - edges.begin();
    ++counts[std::min(static_cast<std::size_t>(above - 1), counts.size() - 1)];
  }
  return counts;
}

std::string svg(const Histogram& histogram) {
  std::vector<double> all;
  for (const Group& group : histogram.groups)
    std::copy_if(group.values.begin(), group.values.end(), std::back_inserter(all),
                 [](double value) { return std::isfinite(value); });
  const std::vector<double> edges = bin_edges(all);
  if (edges.empty()) return nothing_to_show(histogram.x_label, Wording());
  std::size_t most = 1;
  std::vector<std::vector<std::size_t>> counts;
  for (const Group& group : histogram.groups) {
    counts.push_back(bin_counts(group.values, edges));
    most = std::max(most, *std::max_element(counts.back().begin(), counts.back().end()));
  }
  const Frame frame{area, axis_of(edges.front(), edges.back(), most_x),
                    widened_axis(0, static_cast<double>(most), most_y)};
  Canvas canvas(width, height, "histogram of " + histogram.x_label);
  draw_axes(canvas, frame, histogram.x_label, histogram.y_label);
  for (std::size_t g = 0; g < counts.size(); ++g)
    for (std::size_t i = 0; i < counts[g].size(); ++i)
      if (counts[g][i] > 0) {
        const double left = frame.at_x(edges[i]);
        const double top = frame.at_y(static_cast<double>(counts[g][i]));
        canvas.rectangle({left + 0.5, top, frame.at_x(edges[i + 1]) - left - 1, frame.at_y(0) - top},
                         "bar " + series_class(g));
      }
  if (histogram.groups.size() > 1) canvas.legend(area.left, 16, names_of(histogram.groups));
  return canvas.finish();
}

std::string correlation_svg(const std::vector<std::string>& names,
                            const std::vector<std::vector<double>>& correlation) {
  constexpr double cell = 46;
  constexpr double letter = 7.3;
  std::size_t longest = 0;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  const double left = 12 + letter * static_cast<double>(longest);
  const double side = cell * static_cast<double>(names.size());
  Canvas canvas(left + side + 12, side + left + 4, "correlation of the parameters");
  for (std::size_t row = 0; row < names.size(); ++row) {
    const double y = cell * static_cast<double>(row);
    canvas.text(left - 6, y + cell / 2 + 4, names[row], "end");
    const double x = left + cell * (static_cast<double>(row) + 0.5);
    canvas.raw(fmt::format("<g transform=\"rotate(-90 {0} {1})\">", coordinate(x), coordinate(side + 8)));
    canvas.text(x, side + 12, names[row], "end");
    canvas.raw("</g>\n");
    for (std::size_t column = 0; column < names.size(); ++column) {
      const double value = correlation[row][column];
      const double share = std::isfinite(value) ? std::min(1.0, std::abs(value)) : 0;
      const double at = left + cell * static_cast<double>(column);
      canvas.raw(fmt::format(
          "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\" fill-opacity=\"{}\"/>\n",
          coordinate(at), coordinate(y), coordinate(cell - 1), coordinate(cell - 1),
          value < 0 ? "minus" : "plus", coordinate(share)));
      canvas.text(at + cell / 2, y + cell / 2 + 4, fmt::format("{:.2f}", value), "middle",
                  share > 0.6 ? "strong" : "");
    }
  }
  return canvas.finish();
}

}  // namespace snitt::report
