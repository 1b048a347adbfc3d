#include "report/canvas.hpp"

#include <fmt/format.h>

#include <cmath>

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

Canvas::Canvas(double width, double height, const std::string& description)
    : content_(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                           "height=\"{1}\" role=\"img\" aria-label=\"{2}\">\n",
                           coordinate(width), coordinate(height), escaped(description))) {}

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
  constexpr double letter = 6.6;  // mean width of a letter at the size of the plots' text
  for (std::size_t i = 0; i < names.size(); ++i) {
    line(x, y - 4, x + 14, y - 4, "key " + series_class(i));
    text(x + 19, y, names[i], "start");
    x += 19 + letter * static_cast<double>(names[i].size()) + 18;
  }
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
