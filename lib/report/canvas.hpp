#pragma once
#include <string>
#include <vector>

#include "report/ticks.hpp"
#include "report/wording.hpp"

/// What all plots draw on. For the units of this room.
namespace snitt::report {

struct Rectangle {
  double left;
  double top;
  double width;
  double height;
};

/// SVG being written; coordinates in CSS pixels, rounded to hundredths.
class Canvas {
 public:
  /// `title` is what it is called by those who hear it, `description` what it shows in words.
  Canvas(double width, double height, const std::string& title, const std::string& description = "");

  void line(double x1, double y1, double x2, double y2, const std::string& style);
  void rectangle(const Rectangle& r, const std::string& style);
  /// `anchor` is start, middle or end.
  void text(double x, double y, const std::string& text, const std::string& anchor,
            const std::string& style = "");
  void upright_text(double x, double y, const std::string& text);
  /// Path data as SVG has it.
  void path(const std::string& data, const std::string& style);
  void raw(const std::string& element) { content_ += element; }
  /// What is drawn until end_group shows `title` under the pointer.
  void group(const std::string& title);
  void end_group() { content_ += "</g>\n"; }
  /// A mark around a point whose shape tells the i-th series from the others: disc, triangle, square,
  /// diamond, cross, star.
  void mark(double x, double y, std::size_t shape, const std::string& style);
  /// Coloured names in a row above the plot.
  void legend(double x, double y, const std::vector<std::string>& names);
  std::string finish() const { return content_ + "</svg>\n"; }

 private:
  std::string content_;
};

/// Width of a text at the plots' size, near enough to keep texts apart.
double text_width(const std::string& text);
/// The text, or so much of it as has room, with an ellipsis.
std::string shortened(const std::string& text, double width);

/// "12.5": at most two decimals.
std::string coordinate(double value);
/// Style class of the i-th of several series, which repeat after six.
std::string series_class(std::size_t i);

/// Places values in a rectangle between two axes, y upwards.
struct Frame {
  Rectangle area;
  Axis x;
  Axis y;
  double at_x(double value) const { return area.left + (value - x.low) / (x.high - x.low) * area.width; }
  double at_y(double value) const {
    return area.top + area.height - (value - y.low) / (y.high - y.low) * area.height;
  }
};

/// The labels in the page's numbers: decimal commas.
Axis worded(Axis axis, const Wording& wording);

/// Grid, ticks, labels and names of both axes.
void draw_axes(Canvas& canvas, const Frame& frame, const std::string& x_label, const std::string& y_label);

}  // namespace snitt::report
