#include "report/bar_plot.hpp"

#include <cmath>

namespace snitt::report {

std::string svg(const BarPlot& plot, const Wording& wording) {
  RowChart::Content content;
  content.title = plot.title;
  content.x_label = plot.x_label;
  content.from_zero = true;
  content.keys = plot.series;
  content.keys_are_bars = true;
  content.whole = true;
  for (const Bar& bar : plot.bars) {
    double sum = 0;
    for (const double part : bar.parts) sum += std::isfinite(part) ? part : 0;
    content.names.push_back(bar.name);
    content.notes.push_back(wording.number(sum));
    content.values.push_back(sum);
    content.whole = content.whole && sum == std::round(sum);
    content.description += fmt::format("{}: {}. ", bar.name, wording.number(sum));
  }
  RowChart chart(content, wording);
  Canvas& canvas = chart.canvas();
  for (std::size_t row = 0; row < plot.bars.size(); ++row) {
    double sum = 0;
    for (std::size_t part = 0; part < plot.bars[row].parts.size(); ++part) {
      const double value = plot.bars[row].parts[part];
      if (!std::isfinite(value) || value == 0) continue;
      const double left = chart.at_x(std::min(sum, sum + value));
      const double right = chart.at_x(std::max(sum, sum + value));
      const std::string text = wording.number(value);
      const bool named = part < plot.series.size() && plot.series.size() > 1;
      canvas.group(plot.bars[row].name + (named ? ", " + plot.series[part] : "") + ": " + text);
      canvas.rectangle({left, chart.at_y(row) - 7, std::max(0.5, right - left), 14},
                       fmt::format("part p{}", part % 6));
      if (named && right - left > text_width(text) + 6)
        canvas.text((left + right) / 2, chart.at_y(row) + 4, text, "middle", fmt::format("on p{}", part % 6));
      canvas.end_group();
      sum += value;
    }
  }
  return chart.finish();
}

}  // namespace snitt::report
