#pragma once
#include <limits>

#include "report/canvas.hpp"

/// The frame of plots over two axes. For the units of this room.
namespace snitt::report {

/// Smallest and largest of finite values.
class Extent {
 public:
  void add(double value);
  bool empty() const { return low > high; }
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

constexpr double plot_width = 720;
constexpr double plot_height = 330;

/// Axes for these extents with room for a name of `right` px beyond the area.
Frame plot_frame(const Extent& x, const Extent& y, double right, const Wording& wording);

/// "M1 2L3 4…" through the points in their order, with gaps where one is not finite; `steps` goes across
/// before it goes up. Of many points on one column of pixels the first, lowest, highest and last are drawn,
/// which looks the same.
std::string polyline(const Frame& frame, const std::vector<double>& x, const std::vector<double>& y,
                     bool steps = false);

/// The area between two lines over x, as far as both are finite.
std::string ribbon(const Frame& frame, const std::vector<double>& x, const std::vector<double>& low,
                   const std::vector<double>& high);

/// What stands where nothing can be drawn.
std::string nothing_to_show(const std::string& what, const Wording& wording);

}  // namespace snitt::report
