#include "report/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.hpp"
#include "report/text.hpp"

namespace snitt::report {

std::string coordinate(double value) {
  if (!std::isfinite(value)) return "0";  // of numbers beyond any axis
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string series_class(std::size_t i) { return fmt::format("s{}", i % 6); }

double text_width(const std::string& text) {
  constexpr double letter = 6.7;  // mean width of a letter at the size of the plots' text
  return letter * static_cast<double>(character_count(text));
}

std::string shortened(const std::string& text, double width) {
  if (text_width(text) <= width) return text;
  const auto fit = static_cast<std::size_t>(std::max(1.0, width / text_width("a") - 1));
  return std::string(first_characters(text, fit)) + "\u2026";
}

Canvas::Canvas(double width, double height, const std::string& title, const std::string& description)
    : content_(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                           "height=\"{1}\" role=\"img\">\n<title>{2}</title>\n",
                           coordinate(width), coordinate(height), escaped(title))) {
  if (!description.empty()) content_ += fmt::format("<desc>{}</desc>\n", escaped(description));
}

void Canvas::group(const std::string& title) {
  content_ += fmt::format("<g><title>{}</title>\n", escaped(title));
}

void Canvas::mark(double x, double y, std::size_t shape, const std::string& style) {
  const auto at = [&](double dx, double dy) { return coordinate(x + dx) + " " + coordinate(y + dy); };
  switch (shape % 6) {
    case 0:
      return raw(fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\" class=\"{}\"/>\n", coordinate(x),
                             coordinate(y), style));
    case 1:
      return path(fmt::format("M{}L{}L{}Z", at(0, -5.2), at(4.8, 3.6), at(-4.8, 3.6)), style);
    case 2:
      return path(fmt::format("M{}L{}L{}L{}Z", at(-3.7, -3.7), at(3.7, -3.7), at(3.7, 3.7), at(-3.7, 3.7)),
                  style);
    case 3:
      return path(fmt::format("M{}L{}L{}L{}Z", at(0, -5.4), at(5.4, 0), at(0, 5.4), at(-5.4, 0)), style);
    case 4:
      return path(fmt::format("M{}h3v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3Z", at(-5, -1.5)), style);
    default:
      return path(fmt::format("M{}L{}L{}Z", at(0, 5.2), at(4.8, -3.6), at(-4.8, -3.6)), style);
  }
}

void Canvas::line(double x1, double y1, double x2, double y2, const std::string& style) {
  content_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n", coordinate(x1),
                          coordinate(y1), coordinate(x2), coordinate(y2), style);
}

void Canvas::rectangle(const Rectangle& r, const std::string& style) {
  content_ +=
      fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"/>\n", coordinate(r.left),
                  coordinate(r.top), coordinate(r.width), coordinate(r.height), style);
}

void Canvas::text(double x, double y, const std::string& text, const std::string& anchor,
                  const std::string& style) {
  content_ +=
      fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", coordinate(x), coordinate(y),
                  anchor, style.empty() ? "" : fmt::format(" class=\"{}\"", style), escaped(text));
}

void Canvas::upright_text(double x, double y, const std::string& text) {
  content_ += fmt::format(
      "<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\" transform=\"rotate(-90 {0} {1})\">{2}</text>\n",
      coordinate(x), coordinate(y), escaped(text));
}

void Canvas::path(const std::string& data, const std::string& style) {
  content_ += fmt::format("<path d=\"{}\" class=\"{}\"/>\n", data, style);
}

void Canvas::legend(double x, double y, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    line(x, y - 4, x + 14, y - 4, "key " + series_class(i));
    text(x + 19, y, names[i], "start");
    x += 19 + text_width(names[i]) + 18;
  }
}

Axis worded(Axis axis, const Wording& wording) {
  constexpr double least_parted = 1e4;
  for (std::size_t i = 0; i < axis.labels.size(); ++i) {
    std::string& label = axis.labels[i];
    const std::size_t point = label.find('.');
    if (std::abs(axis.ticks[i]) >= least_parted && point == std::string::npos)
      label = wording.number(axis.ticks[i]);
    else if (wording.language() == Language::bokmal && point != std::string::npos)
      label[point] = ',';
  }
  return axis;
}

void draw_axes(Canvas& canvas, const Frame& frame, const std::string& x_label, const std::string& y_label) {
  const Rectangle& a = frame.area;
  const double bottom = a.top + a.height;
  for (std::size_t i = 0; i < frame.x.ticks.size(); ++i) {
    const double x = frame.at_x(frame.x.ticks[i]);
    canvas.line(x, bottom, x, bottom + 5, "axis");
    canvas.text(x, bottom + 18, frame.x.labels[i], "middle", "tick");
  }
  for (std::size_t i = 0; i < frame.y.ticks.size(); ++i) {
    const double y = frame.at_y(frame.y.ticks[i]);
    canvas.line(a.left, y, a.left + a.width, y, "grid");
    canvas.text(a.left - 8, y + 4, frame.y.labels[i], "end", "tick");
  }
  canvas.line(a.left, bottom, a.left + a.width, bottom, "axis");
  canvas.text(a.left + a.width / 2, bottom + 38, x_label, "middle");
  canvas.upright_text(14, a.top + a.height / 2, y_label);
}

}  // namespace snitt::report
