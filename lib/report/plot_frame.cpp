#include "report/plot_frame.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::report {

void Extent::add(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

Frame plot_frame(const Extent& x, const Extent& y, double right, const Wording& wording) {
  constexpr std::size_t most_x = 9;
  constexpr std::size_t most_y = 6;
  const Axis upright = worded(widened_axis(y.low, y.high, most_y), wording);
  double left = 64;  // the name of the axis stands left of its numbers
  for (const std::string& label : upright.labels) left = std::max(left, text_width(label) + 30);
  const Rectangle area{left, 16, plot_width - left - std::max(16.0, right), plot_height - 16 - 50};
  return {area, worded(axis_of(x.low, x.high, most_x), wording), upright};
}

std::string polyline(const Frame& frame, const std::vector<double>& x, const std::vector<double>& y,
                     bool steps) {
  std::string data;
  bool pen_down = false;
  double last_y = 0;
  const auto draw = [&](std::size_t k) {
    const double at_x = frame.at_x(x[k]);
    const double at_y = frame.at_y(y[k]);
    if (pen_down && steps) data += fmt::format("L{} {}", coordinate(at_x), coordinate(last_y));
    data += fmt::format("{}{} {}", pen_down ? "L" : "M", coordinate(at_x), coordinate(at_y));
    pen_down = true;
    last_y = at_y;
  };
  for (std::size_t i = 0; i < x.size();) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) {
      pen_down = false;
      ++i;
      continue;
    }
    const double column = std::floor(2 * frame.at_x(x[i]));
    std::size_t end = i + 1;
    while (end < x.size() && std::isfinite(y[end]) && std::floor(2 * frame.at_x(x[end])) == column) ++end;
    const auto first = y.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = y.begin() + static_cast<std::ptrdiff_t>(end);
    const auto [lowest, highest] = std::minmax_element(first, last);
    std::vector<std::size_t> drawn{i, static_cast<std::size_t>(lowest - y.begin()),
                                   static_cast<std::size_t>(highest - y.begin()), end - 1};
    std::sort(drawn.begin(), drawn.end());
    drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
    for (const std::size_t k : drawn) draw(k);
    i = end;
  }
  return data;
}

std::string ribbon(const Frame& frame, const std::vector<double>& x, const std::vector<double>& low,
                   const std::vector<double>& high) {
  std::string data;
  for (std::size_t i = 0; i < x.size();) {
    const auto finite = [&](std::size_t k) {
      return std::isfinite(x[k]) && std::isfinite(low[k]) && std::isfinite(high[k]);
    };
    if (!finite(i)) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < x.size() && finite(end)) ++end;
    const char* pen = "M";
    const auto add = [&](std::size_t k, double value) {
      data += fmt::format("{}{} {}", pen, coordinate(frame.at_x(x[k])),
                          coordinate(frame.at_y(std::clamp(value, frame.y.low, frame.y.high))));
      pen = "L";
    };
    for (std::size_t k = i; k < end; ++k) add(k, low[k]);
    for (std::size_t k = end; k > i; --k) add(k - 1, high[k - 1]);
    data += "Z";
    i = end;
  }
  return data;
}

std::string nothing_to_show(const std::string& what, const Wording& wording) {
  const std::string text = wording.say("nothing to show: {}", what);
  Canvas canvas(plot_width, 40, text);
  canvas.text(plot_width / 2, 25, text, "middle");
  return canvas.finish();
}

}  // namespace snitt::report
