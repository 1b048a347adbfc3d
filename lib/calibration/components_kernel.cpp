#include <algorithm>
#include <cstdint>
#include <numeric>

#include "base/vector_clones.hpp"
#include "calibration/components.hpp"

namespace snitt::calibration {
namespace {

/// Pixels first … last of one row that belong together.
struct Run {
  std::size_t first;
  std::size_t last;
  std::size_t component;  ///< index into the forest
};

/// Sets that can be united; the root is the smallest member.
class Forest {
 public:
  std::size_t add() {
    parent_.push_back(parent_.size());
    return parent_.back();
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  std::size_t unite(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
    return std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

template <typename T>
void add_run(Component& to, const T* row, std::size_t v, std::size_t first, std::size_t last) {
  if (to.pixels == 0) to = {0, 0, 0, 0, first, last, v, v};
  to.pixels += last - first + 1;
  to.first_u = std::min(to.first_u, first);
  to.last_u = std::max(to.last_u, last);
  to.last_v = v;
  // Whole numbers up to 2^53: exact in any order.
  std::uint64_t sum = 0;
  std::uint64_t moment = 0;
  for (std::size_t u = first; u <= last; ++u) {
    sum += row[u];
    moment += static_cast<std::uint64_t>(row[u]) * u;
  }
  to.weight += static_cast<double>(sum);
  to.weighted_u += static_cast<double>(moment);
  to.weighted_v += static_cast<double>(sum * v);
}

void merge(Component& to, const Component& from) {
  to.weight += from.weight;
  to.weighted_u += from.weighted_u;
  to.weighted_v += from.weighted_v;
  to.pixels += from.pixels;
  to.first_u = std::min(to.first_u, from.first_u);
  to.last_u = std::max(to.last_u, from.last_u);
  to.first_v = std::min(to.first_v, from.first_v);
  to.last_v = std::max(to.last_v, from.last_v);
}

/// Whether one of 64 bytes' worth of pixels reaches the threshold.
template <typename T>
[[gnu::always_inline]] inline bool any_reaches(const T* block, T threshold) {
  unsigned any = 0;
  for (std::size_t i = 0; i < 64 / sizeof(T); ++i) any |= block[i] >= threshold ? 1u : 0u;
  return any != 0;
}

template <typename T>
[[gnu::always_inline]] inline std::vector<Component> find(image::PlaneView<const T> plane, T threshold) {
  constexpr std::size_t block = 64 / sizeof(T);
  Forest forest;
  std::vector<Component> parts;
  std::vector<Run> above;
  std::vector<Run> runs;
  for (std::size_t v = 0; v < plane.rows; ++v) {
    const T* row = plane.pixels + v * plane.columns;
    runs.clear();
    for (std::size_t u = 0; u < plane.columns;) {
      if (u + block <= plane.columns && !any_reaches(row + u, threshold)) {
        u += block;
        continue;
      }
      if (row[u] < threshold) {
        ++u;
        continue;
      }
      const std::size_t first = u;
      while (u < plane.columns && row[u] >= threshold) ++u;
      runs.push_back({first, u - 1, forest.add()});
      parts.emplace_back();
      add_run(parts.back(), row, v, first, u - 1);
      for (const Run& other : above)
        if (other.first <= u && other.last + 1 >= first) forest.unite(other.component, runs.back().component);
    }
    std::swap(above, runs);
  }
  std::vector<Component> components;
  std::vector<std::size_t> place(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t root = forest.root(i);
    if (root == i) {
      place[i] = components.size();
      components.push_back(parts[i]);
    } else {
      merge(components[place[root]], parts[i]);
    }
  }
  return components;
}

template <typename T>
[[gnu::always_inline]] inline ValueRange<T> range(image::PlaneView<const T> plane) {
  const std::size_t count = plane.rows * plane.columns;
  T lowest = plane.pixels[0];
  T highest = plane.pixels[0];
  for (std::size_t i = 0; i < count; ++i) {
    lowest = plane.pixels[i] < lowest ? plane.pixels[i] : lowest;
    highest = plane.pixels[i] > highest ? plane.pixels[i] : highest;
  }
  return {lowest, highest};
}

SNITT_VECTOR_CLONES ValueRange<std::uint8_t> range_u8(image::PlaneView<const std::uint8_t> plane) {
  return range(plane);
}
SNITT_VECTOR_CLONES ValueRange<std::uint16_t> range_u16(image::PlaneView<const std::uint16_t> plane) {
  return range(plane);
}

SNITT_VECTOR_CLONES std::vector<Component> find_u8(image::PlaneView<const std::uint8_t> plane,
                                                   std::uint8_t threshold) {
  return find(plane, threshold);
}
SNITT_VECTOR_CLONES std::vector<Component> find_u16(image::PlaneView<const std::uint16_t> plane,
                                                    std::uint16_t threshold) {
  return find(plane, threshold);
}

}  // namespace

template <>
ValueRange<std::uint8_t> range_of(image::PlaneView<const std::uint8_t> plane) {
  return range_u8(plane);
}
template <>
ValueRange<std::uint16_t> range_of(image::PlaneView<const std::uint16_t> plane) {
  return range_u16(plane);
}
template <>
std::vector<Component> components_of(image::PlaneView<const std::uint8_t> plane, std::uint8_t threshold) {
  return find_u8(plane, std::max<std::uint8_t>(threshold, 1));
}
template <>
std::vector<Component> components_of(image::PlaneView<const std::uint16_t> plane, std::uint16_t threshold) {
  return find_u16(plane, std::max<std::uint16_t>(threshold, 1));
}

}  // namespace snitt::calibration
