#include "quality/phantom_disk.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/summary.hpp"

namespace snitt::quality {

void for_disk(const ImagePlane& plane, PlanePoint centre, double outer_mm,
              const std::function<void(float hu, double x_mm, double y_mm)>& visit) {
  const double across = plane.column_spacing_mm;
  const double down = plane.row_spacing_mm;
  const auto first = [](double at) { return static_cast<std::ptrdiff_t>(std::max(0.0, std::ceil(at))); };
  const auto last = [](double at, std::size_t size) {
    return static_cast<std::ptrdiff_t>(std::min(static_cast<double>(size) - 1, std::floor(at)));
  };
  for (auto r = first(centre.row - outer_mm / down); r <= last(centre.row + outer_mm / down, plane.rows); ++r)
    for (auto c = first(centre.column - outer_mm / across);
         c <= last(centre.column + outer_mm / across, plane.columns); ++c) {
      const double x = (static_cast<double>(c) - centre.column) * across;
      const double y = (static_cast<double>(r) - centre.row) * down;
      if (x * x + y * y <= outer_mm * outer_mm)
        visit(plane.at(static_cast<std::size_t>(r), static_cast<std::size_t>(c)), x, y);
    }
}

DiskStatistics disk_statistics(const ImagePlane& plane, PlanePoint centre, double inner_mm, double outer_mm) {
  std::vector<double> values;
  for_disk(plane, centre, outer_mm, [&](float hu, double x, double y) {
    if (x * x + y * y >= inner_mm * inner_mm) values.push_back(static_cast<double>(hu));
  });
  DiskStatistics found;
  found.pixels = values.size();
  if (values.empty()) return {0, std::nan(""), std::nan(""), std::nan("")};
  found.mean_hu = statistics::mean(values);
  found.deviation_hu = statistics::standard_deviation(values);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  found.median_hu = *middle;
  return found;
}

bool disk_centre(const ImagePlane& plane, PlanePoint& guess, double radius_mm, double margin_mm,
                 double background_hu, double contrast_hu) {
  PlanePoint at = guess;
  for (int round = 0; round < 8; ++round) {
    double sum = 0;
    double x_sum = 0;
    double y_sum = 0;
    for_disk(plane, at, radius_mm + margin_mm, [&](float hu, double x, double y) {
      // Below a fifth it is noise and the blur's far end, which would pull the centre towards the window's.
      const double share = (static_cast<double>(hu) - background_hu) / contrast_hu;
      if (share < 0.2) return;
      const double weight = std::min(share, 1.2);
      sum += weight;
      x_sum += weight * x;
      y_sum += weight * y;
    });
    if (!(sum > 0)) return false;
    const double dx = x_sum / sum;
    const double dy = y_sum / sum;
    at.column += dx / plane.column_spacing_mm;
    at.row += dy / plane.row_spacing_mm;
    if (std::hypot(dx, dy) < 1e-3) break;
  }
  const double moved = std::hypot((at.column - guess.column) * plane.column_spacing_mm,
                                  (at.row - guess.row) * plane.row_spacing_mm);
  if (moved > radius_mm + margin_mm) return false;
  guess = at;
  return true;
}

}  // namespace snitt::quality
