#include "report/box_plot.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/summary.hpp"

namespace snitt::report {

std::string svg(const BoxPlot& plot, const Wording& wording) {
  RowChart::Content content;
  content.title = plot.title;
  content.x_label = plot.x_label;
  content.lines = plot.lines;
  content.from_zero = true;
  bool notes = false;
  for (const Box& box : plot.boxes) {
    content.names.push_back(box.name);
    content.notes.push_back(box.note);
    notes = notes || !box.note.empty();
    for (const double value : {box.low, box.lower_quartile, box.median, box.upper_quartile, box.high,
                               box.median_low, box.median_high})
      content.values.push_back(value);
    if (std::isfinite(box.median))
      content.description += fmt::format("{}: {}. ", box.name, wording.number(box.median));
  }
  if (!notes) content.notes.clear();
  RowChart chart(content, wording);
  Canvas& canvas = chart.canvas();
  for (std::size_t row = 0; row < plot.boxes.size(); ++row) {
    const Box& box = plot.boxes[row];
    const double y = chart.at_y(row);
    canvas.group(fmt::format("{}: {} ({}\u2013{})", box.name, wording.number(box.median),
                             wording.number(box.lower_quartile), wording.number(box.upper_quartile)));
    if (std::isfinite(box.low) && std::isfinite(box.high)) {
      canvas.line(chart.at_x(box.low), y, chart.at_x(box.high), y, "whisker");
      for (const double end : {box.low, box.high})
        canvas.line(chart.at_x(end), y - 3, chart.at_x(end), y + 3, "whisker");
    }
    if (std::isfinite(box.lower_quartile) && std::isfinite(box.upper_quartile))
      canvas.rectangle({chart.at_x(box.lower_quartile), y - 7,
                        std::max(0.75, chart.at_x(box.upper_quartile) - chart.at_x(box.lower_quartile)), 14},
                       "box");
    if (std::isfinite(box.median_low) && std::isfinite(box.median_high))
      canvas.line(chart.at_x(box.median_low), y, chart.at_x(box.median_high), y, "range");
    if (std::isfinite(box.median)) canvas.mark(chart.at_x(box.median), y, 0, box.flagged ? "open" : "mark");
    canvas.end_group();
  }
  return chart.finish();
}

Box box_of(const std::string& name, const std::vector<double>& values, const Wording& wording) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  Box box;
  box.name = name;
  box.note = wording.say("n = {}", wording.number(static_cast<double>(finite.size())));
  if (finite.empty()) return box;
  const auto quantile = [&](double share) { return statistics::quantile(finite, share); };
  box.low = quantile(0.05);
  box.lower_quartile = quantile(0.25);
  box.median = quantile(0.5);
  box.upper_quartile = quantile(0.75);
  box.high = quantile(0.95);
  return box;
}

}  // namespace snitt::report
