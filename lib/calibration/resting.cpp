#include "calibration/resting.hpp"

#include <algorithm>

#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr std::size_t half_window = 5;

double middle(std::array<double, 2 * half_window + 1>& values, std::size_t count) {
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(values.begin(), nth, values.begin() + static_cast<std::ptrdiff_t>(count));
  return *nth;
}

std::vector<Vec3> running_median(std::span<const Vec3> path) {
  std::vector<Vec3> medians(path.size());
  std::array<double, 2 * half_window + 1> values{};
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::size_t first = i < half_window ? 0 : i - half_window;
    const std::size_t end = std::min(i + half_window + 1, path.size());
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t k = first; k < end; ++k) values[k - first] = path[k][a];
      medians[i][a] = middle(values, end - first);
    }
  }
  return medians;
}

/// More than half of the samples around `i` are near its median.
bool settled(std::span<const Vec3> path, const std::vector<Vec3>& medians, std::size_t i, double tolerance) {
  const std::size_t first = i < half_window ? 0 : i - half_window;
  const std::size_t end = std::min(i + half_window + 1, path.size());
  std::size_t near = 0;
  for (std::size_t k = first; k < end; ++k) near += norm(path[k] - medians[i]) < tolerance ? 1 : 0;
  return 10 * near > 6 * (end - first);
}

}  // namespace

Vec3 median_point(std::span<const Vec3> points) {
  Vec3 result;
  std::vector<double> values(points.size());
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t k = 0; k < points.size(); ++k) values[k] = points[k][a];
    result[a] = statistics::median(values);
  }
  return result;
}

std::vector<Rest> find_rests(std::span<const Vec3> path, double tolerance_mm, std::size_t minimum) {
  const std::vector<Vec3> medians = running_median(path);
  std::vector<Rest> rests;
  for (std::size_t i = 0; i < path.size();) {
    if (!settled(path, medians, i, tolerance_mm)) {
      ++i;
      continue;
    }
    Rest rest{i, i, medians[i], {}};
    double count = 1;
    for (++i; i < path.size() && norm(medians[i] - rest.place_mm) < tolerance_mm; ++i) {
      count += 1;
      rest.place_mm = rest.place_mm + (1 / count) * (medians[i] - rest.place_mm);
      rest.last = i;
    }
    if (rest.first > 0) rest.first += half_window;
    if (rest.last + 1 < path.size()) rest.last -= std::min(half_window, rest.last);
    if (rest.last < rest.first || rest.last - rest.first + 1 < minimum) continue;
    rest.place_mm = median_point(path.subspan(rest.first, rest.last - rest.first + 1));
    for (std::size_t k = rest.first; k <= rest.last; ++k)
      if (norm(path[k] - rest.place_mm) < tolerance_mm) rest.members.push_back(k);
    if (rest.members.size() >= minimum) rests.push_back(std::move(rest));
  }
  return rests;
}

}  // namespace snitt::calibration
