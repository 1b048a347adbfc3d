#include <tbb/parallel_for.h>

#include <cmath>
#include <limits>

#include "image/distance_transform.hpp"

namespace snitt::image {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Room for one line.
struct Line {
  std::vector<double> f;          ///< heights of the parabolas
  std::vector<std::size_t> apex;  ///< of the lower envelope, in order
  std::vector<double> from;       ///< where each begins to be the lowest
};

/// f(x) <- min over q of f(q) + (spacing (x - q))².
void transform_line(double* values, std::size_t size, std::size_t stride, double spacing, Line& line) {
  line.f.resize(size);
  line.apex.clear();
  line.from.clear();
  const double s2 = spacing * spacing;
  for (std::size_t q = 0; q < size; ++q) {
    line.f[q] = values[q * stride];
    if (!(line.f[q] < infinite)) continue;
    double start = -infinite;
    while (!line.apex.empty()) {
      const std::size_t p = line.apex.back();
      const auto dp = static_cast<double>(p);
      const auto dq = static_cast<double>(q);
      start = ((line.f[q] - line.f[p]) / s2 + dq * dq - dp * dp) / (2 * (dq - dp));
      if (start > line.from.back()) break;
      line.apex.pop_back();
      line.from.pop_back();
      start = -infinite;
    }
    line.apex.push_back(q);
    line.from.push_back(start);
  }
  if (line.apex.empty()) return;
  std::size_t k = 0;
  for (std::size_t x = 0; x < size; ++x) {
    const auto dx = static_cast<double>(x);
    while (k + 1 < line.apex.size() && line.from[k + 1] < dx) ++k;
    const double away = dx - static_cast<double>(line.apex[k]);
    values[x * stride] = line.f[line.apex[k]] + s2 * away * away;
  }
}

}  // namespace

std::vector<double> squared_distances(const std::vector<std::uint8_t>& set,
                                      const std::array<std::size_t, 3>& size, Vec3 spacing_mm) {
  std::vector<double> values(set.size());
  for (std::size_t i = 0; i < set.size(); ++i) values[i] = set[i] != 0 ? 0 : infinite;
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t inner = axis == 0 ? 1 : 0;
    const std::size_t outer = axis == 2 ? 1 : 2;
    tbb::parallel_for(std::size_t{0}, size[outer], [&](std::size_t o) {
      Line line;
      for (std::size_t i = 0; i < size[inner]; ++i)
        transform_line(values.data() + o * stride[outer] + i * stride[inner], size[axis], stride[axis],
                       spacing_mm[axis], line);
    });
  }
  return values;
}

}  // namespace snitt::image
