#include "report/row_chart.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace snitt::report {
namespace {

constexpr double width = 720;
constexpr double most_of_names = 210;
constexpr double label_height = 15;
constexpr double gap = 8;

/// Where the names of series stand: {x, row} of each.
std::vector<std::pair<double, int>> key_places(const std::vector<std::string>& keys) {
  std::vector<std::pair<double, int>> places;
  double x = gap;
  int row = 0;
  for (const std::string& key : keys) {
    const double size = 20 + text_width(key) + 14;
    if (x + size > width && x > gap) x = gap, ++row;
    places.emplace_back(x, row);
    x += size;
  }
  return places;
}

double height_of_keys(const std::vector<std::string>& keys) {
  return keys.size() < 2 ? 0 : 18.0 * (key_places(keys).back().second + 1) + 4;
}

double widest(const std::vector<std::string>& texts) {
  double most = 0;
  for (const std::string& text : texts) most = std::max(most, text_width(text));
  return most;
}

Frame frame_of(const RowChart::Content& content, const Wording& wording) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  const auto add = [&](double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  };
  for (const double value : content.values) add(value);
  for (const ReferenceLine& line : content.lines) add(line.value);
  if (content.from_zero) add(0);
  if (low > high) low = 0, high = 1;
  const double left = gap + std::clamp(widest(content.names), 20.0, most_of_names) + gap;
  const double right = content.notes.empty() ? 16 : widest(content.notes) + 2 * gap;
  std::size_t most_steps = 8;
  if (content.whole && high < static_cast<double>(most_steps))
    most_steps = static_cast<std::size_t>(std::max(1.0, high));
  return {{left, 0, width - left - right, 0}, worded(widened_axis(low, high, most_steps), wording), {}};
}

}  // namespace

std::vector<RowChart::Label> RowChart::placed_labels(const Content& content, const Frame& frame,
                                                     const Wording& wording) {
  std::vector<std::size_t> order(content.lines.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return content.lines[a].value < content.lines[b].value;
  });
  // Each name stands right of its line, and lower than the names it meets that are left of it: so no line
  // runs through a name. Only at the right edge a name stands left of its line.
  std::vector<Label> labels(content.lines.size());
  std::vector<std::size_t> placed;
  for (const std::size_t i : order) {
    const ReferenceLine& line = content.lines[i];
    Label& label = labels[i];
    label.text = line.name + ": " + wording.number(line.value);
    const double size = text_width(label.text);
    const double x = frame.at_x(line.value) + 4;
    label.x = x + size <= width ? x : std::max(4.0, x - 8 - size);
    label.end = label.x + size;
    for (const std::size_t other : placed)
      if (labels[other].end + gap > label.x) label.level = std::max(label.level, labels[other].level + 1);
    placed.push_back(i);
  }
  return labels;
}

RowChart::RowChart(const Content& content, const Wording& wording)
    : content_(content),
      frame_(frame_of(content, wording)),
      labels_(placed_labels(content, frame_, wording)),
      keys_height_(height_of_keys(content.keys)),
      top_([&] {
        int levels = 0;
        for (const Label& label : labels_) levels = std::max(levels, label.level + 1);
        return keys_height_ + 6 + label_height * levels + (levels > 0 ? 4 : 0);
      }()),
      canvas_(width, top_ + row_height * static_cast<double>(content.names.size()) + 46, content.title,
              content.description) {
  draw_keys();
  const double bottom = top_ + row_height * static_cast<double>(content_.names.size());
  const Rectangle& area = frame_.area;
  for (std::size_t i = 0; i < frame_.x.ticks.size(); ++i) {
    const double x = at_x(frame_.x.ticks[i]);
    canvas_.line(x, top_, x, bottom + 4, "grid");
    canvas_.text(x, bottom + 17, frame_.x.labels[i], "middle", "tick");
  }
  canvas_.line(area.left, bottom, area.left + area.width, bottom, "axis");
  canvas_.text(area.left + area.width / 2, bottom + 37, content_.x_label, "middle");
  for (std::size_t row = 0; row < content_.names.size(); ++row) {
    const std::string& name = content_.names[row];
    const std::string shown = shortened(name, most_of_names);
    if (shown != name) canvas_.group(name);
    canvas_.text(area.left - gap, at_y(row) + 4, shown, "end");
    if (shown != name) canvas_.end_group();
    if (row < content_.notes.size())
      canvas_.text(width - gap, at_y(row) + 4, content_.notes[row], "end", "tick");
  }
  for (std::size_t i = 0; i < content_.lines.size(); ++i) {  // behind the rows
    const ReferenceLine& line = content_.lines[i];
    if (!std::isfinite(line.low) || !std::isfinite(line.high)) continue;
    const double left = at_x(std::clamp(line.low, frame_.x.low, frame_.x.high));
    const double right = at_x(std::clamp(line.high, frame_.x.low, frame_.x.high));
    canvas_.rectangle({left, top_, std::max(0.75, right - left), bottom - top_}, "shade");
  }
}

void RowChart::draw_keys() {
  if (content_.keys.size() < 2) return;
  const auto places = key_places(content_.keys);
  for (std::size_t i = 0; i < content_.keys.size(); ++i) {
    const auto& [x, row] = places[i];
    const double y = 12 + 18.0 * row;
    if (content_.keys_are_bars)
      canvas_.rectangle({x, y - 6, 14, 12}, "part p" + std::to_string(i % 6));
    else
      canvas_.mark(x + 7, y, i, "mark " + series_class(i));
    canvas_.text(x + 20, y + 4, content_.keys[i], "start");
  }
}

std::string RowChart::finish() {
  const double bottom = top_ + row_height * static_cast<double>(content_.names.size());
  for (std::size_t i = 0; i < content_.lines.size(); ++i) {
    const double x = at_x(content_.lines[i].value);
    if (!std::isfinite(x)) continue;
    const double y = keys_height_ + label_height * (labels_[i].level + 1);
    canvas_.line(x, y - 9, x, bottom, "level l" + std::to_string(i == 0 ? 0 : 1 + (i - 1) % 3));
    canvas_.text(labels_[i].x, y, labels_[i].text, "start", "halo");
  }
  return canvas_.finish();
}

}  // namespace snitt::report
