#pragma once
#include <limits>
#include <string>
#include <vector>

#include "report/canvas.hpp"

/// Named rows over one horizontal axis, which box plots, dot plots and bar plots share: names that can be
/// read stand on the left, as many as there are. For the units of this room.
namespace snitt::report {

/// A value that all rows are held against, with its interval where it has one.
struct ReferenceLine {
  std::string name;
  double value = 0;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

class RowChart {
 public:
  /// Values from `low` to `high` are to be shown; `notes` stand on the right ("n = 34").
  struct Content {
    std::string title;
    std::string description;
    std::string x_label;
    std::vector<std::string> names;
    std::vector<std::string> notes;
    std::vector<ReferenceLine> lines;
    std::vector<double> values;  ///< all that must be within the axis
    bool from_zero = false;
    bool whole = false;             ///< counts: no marks between whole numbers
    std::vector<std::string> keys;  ///< names of series, shown above when there is more than one
    bool keys_are_bars = false;     ///< else marks
  };
  RowChart(const Content& content, const Wording& wording);

  Canvas& canvas() { return canvas_; }
  double at_x(double value) const { return frame_.at_x(value); }
  /// Middle of a row.
  double at_y(std::size_t row) const { return top_ + row_height * (static_cast<double>(row) + 0.5); }
  /// The reference lines, over what was drawn, and the end.
  std::string finish();

  static constexpr double row_height = 22;

 private:
  struct Label {
    double x = 0;
    double end = 0;
    int level = 0;
    std::string text;
  };
  static std::vector<Label> placed_labels(const Content& content, const Frame& frame, const Wording& wording);
  void draw_keys();
  Content content_;
  Frame frame_;
  std::vector<Label> labels_;
  double keys_height_;
  double top_;
  Canvas canvas_;
};

}  // namespace snitt::report
