#include "report/dot_plot.hpp"

#include <cmath>

namespace snitt::report {

std::string svg(const DotPlot& plot, const Wording& wording) {
  RowChart::Content content;
  content.title = plot.title;
  content.x_label = plot.x_label;
  content.lines = plot.lines;
  content.from_zero = plot.from_zero;
  content.keys = plot.series;
  bool notes = false;
  for (const Dot& dot : plot.dots) {
    content.names.push_back(dot.name);
    content.notes.push_back(dot.note);
    notes = notes || !dot.note.empty();
    for (const double value : {dot.value, dot.low, dot.high}) content.values.push_back(value);
    content.description += fmt::format("{}: {}. ", dot.name, wording.interval(dot.value, dot.low, dot.high));
  }
  if (!notes) content.notes.clear();
  RowChart chart(content, wording);
  Canvas& canvas = chart.canvas();
  for (std::size_t row = 0; row < plot.dots.size(); ++row) {
    const Dot& dot = plot.dots[row];
    const double y = chart.at_y(row);
    const bool many = plot.series.size() > 1;
    const std::string style = many ? " " + series_class(dot.shape) : "";
    const std::string name =
        many && dot.shape < plot.series.size() ? dot.name + ", " + plot.series[dot.shape] : dot.name;
    canvas.group(fmt::format("{}: {}", name, wording.interval(dot.value, dot.low, dot.high)));
    if (std::isfinite(dot.low) && std::isfinite(dot.high))
      canvas.line(chart.at_x(dot.low), y, chart.at_x(dot.high), y, "range" + style);
    if (std::isfinite(dot.value)) canvas.mark(chart.at_x(dot.value), y, dot.shape, "mark" + style);
    canvas.end_group();
  }
  return chart.finish();
}

}  // namespace snitt::report
