#include "report/label_places.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace snitt::report {
namespace {

constexpr double text_height = 13;
constexpr double mark_radius = 4.5;

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height &&
         b.top < a.top + a.height;
}

bool inside(const Rectangle& a, const Rectangle& area) {
  return a.left >= area.left && a.top >= area.top && a.left + a.width <= area.left + area.width &&
         a.top + a.height <= area.top + area.height;
}

struct Direction {
  double x;
  double y;
};
constexpr std::array<Direction, 8> directions{
    {{1, 0}, {-1, 0}, {0, -1}, {0, 1}, {1, -1}, {-1, -1}, {1, 1}, {-1, 1}}};

}  // namespace

std::vector<LabelPlace> label_places(const std::vector<NamedPlace>& points, const Rectangle& area) {
  std::vector<Rectangle> taken;
  for (const NamedPlace& point : points)
    taken.push_back({point.x - mark_radius, point.y - mark_radius, 2 * mark_radius, 2 * mark_radius});
  std::vector<LabelPlace> places(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].name.empty()) continue;
    const double width = text_width(points[i].name);
    for (const double distance : {7.0, 14.0, 22.0}) {
      for (const Direction& d : directions) {
        const double middle_x = points[i].x + d.x * (distance + width / 2);
        const double middle_y = points[i].y + d.y * (distance + text_height / 2) * (d.x == 0 ? 0.9 : 0.75);
        const Rectangle box{middle_x - width / 2, middle_y - text_height / 2, width, text_height};
        const bool free =
            inside(box, area) &&
            std::none_of(taken.begin(), taken.end(), [&](const Rectangle& t) { return overlap(box, t); });
        if (!free) continue;
        places[i] = {middle_x, middle_y + 4, "middle", true};
        taken.push_back(box);
        break;
      }
      if (places[i].placed) break;
    }
  }
  return places;
}

std::vector<double> spread(const std::vector<double>& wanted, double apart, double top, double bottom) {
  std::vector<std::size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
  std::vector<double> places = wanted;
  double lowest = top;
  for (const std::size_t i : order) {
    places[i] = std::max(places[i], lowest);
    lowest = places[i] + apart;
  }
  double highest = bottom;  // back up from the bottom
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    places[*i] = std::min(places[*i], highest);
    highest = places[*i] - apart;
  }
  return places;
}

}  // namespace snitt::report
