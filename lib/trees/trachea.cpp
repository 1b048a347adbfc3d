#include "trees/trachea.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

constexpr float air_hu = -800;
constexpr double least_area_mm2 = 20;  // a child's trachea is 5 mm wide
constexpr double largest_area_mm2 = 900;
constexpr double least_length_mm = 15;

/// The image axis that runs along the body (nearest to the z of LPS), the two others, and which way is down.
struct BodyAxes {
  std::size_t along = 2;
  std::size_t across = 0;
  std::size_t deep = 1;
  int downwards = -1;
};

BodyAxes body_axes(const VolumeGeometry& g) {
  BodyAxes axes;
  for (std::size_t a = 0; a < 3; ++a)
    if (std::abs(g.axis_directions[a].z) > std::abs(g.axis_directions[axes.along].z)) axes.along = a;
  axes.across = axes.along == 0 ? 1 : 0;
  axes.deep = axes.along == 2 ? 1 : 2;
  axes.downwards = g.axis_directions[axes.along].z > 0 ? -1 : 1;
  return axes;
}

/// A dark spot of one slice.
struct Spot {
  std::vector<std::size_t> voxels;
  Vec3 center_mm;  ///< local
  double area_mm2 = 0;
  double roundness = 0;  ///< 1 for a disk: area over that of the disk with the same moment of inertia
  bool touches_side = false;
};

class Slice {
 public:
  Slice(const image::ScalarVolume& ct, const BodyAxes& axes)
      : ct_(ct),
        grid_(ct.geometry),
        axes_(axes),
        seen_(ct.geometry.size[axes.across] * ct.geometry.size[axes.deep]) {}

  std::vector<Spot> spots(std::size_t slice) {
    std::fill(seen_.begin(), seen_.end(), std::uint8_t{0});
    std::vector<Spot> found;
    for (std::size_t v = 0; v < deep(); ++v)
      for (std::size_t u = 0; u < across(); ++u)
        if (is_air(u, v, slice) && seen_[v * across() + u] == 0) found.push_back(spot(u, v, slice));
    return found;
  }
  Spot spot(std::size_t u, std::size_t v, std::size_t slice) {
    Spot spot;
    std::vector<std::array<std::size_t, 2>> queue{{u, v}};
    seen_[v * across() + u] = 1;
    for (std::size_t next = 0; next < queue.size(); ++next) {
      const auto [x, y] = queue[next];
      if (x == 0 || y == 0 || x + 1 == across() || y + 1 == deep()) spot.touches_side = true;
      for (const auto& [dx, dy] :
           {std::array{-1, 0}, std::array{1, 0}, std::array{0, -1}, std::array{0, 1}}) {
        const std::size_t to_x = x + static_cast<std::size_t>(dx);  // wraps below 0 and is then too large
        const std::size_t to_y = y + static_cast<std::size_t>(dy);
        if (to_x >= across() || to_y >= deep() || seen_[to_y * across() + to_x] != 0 ||
            !is_air(to_x, to_y, slice))
          continue;
        seen_[to_y * across() + to_x] = 1;
        queue.push_back({to_x, to_y});
      }
    }
    for (const auto& [x, y] : queue) spot.voxels.push_back(index(x, y, slice));
    describe(spot);
    return spot;
  }

 private:
  std::size_t across() const { return ct_.geometry.size[axes_.across]; }
  std::size_t deep() const { return ct_.geometry.size[axes_.deep]; }
  std::size_t index(std::size_t u, std::size_t v, std::size_t slice) const {
    std::array<std::size_t, 3> place{};
    place[axes_.across] = u;
    place[axes_.deep] = v;
    place[axes_.along] = slice;
    return grid_.index(place[0], place[1], place[2]);
  }
  bool is_air(std::size_t u, std::size_t v, std::size_t slice) const {
    return ct_.values[index(u, v, slice)] < air_hu;
  }
  void describe(Spot& spot) const {
    const Vec3& s = ct_.geometry.spacing_mm;
    const double pixel = s[axes_.across] * s[axes_.deep];
    const auto count = static_cast<double>(spot.voxels.size());
    spot.area_mm2 = count * pixel;
    for (const std::size_t v : spot.voxels) spot.center_mm = spot.center_mm + (1 / count) * grid_.local_mm(v);
    // Each pixel has an inertia of its own, which matters in spots of a few pixels.
    double inertia = count * pixel * (s[axes_.across] * s[axes_.across] + s[axes_.deep] * s[axes_.deep]) / 12;
    for (const std::size_t v : spot.voxels) {
      const Vec3 d = grid_.local_mm(v) - spot.center_mm;
      inertia += pixel * dot(d, d);
    }
    spot.roundness = spot.area_mm2 * spot.area_mm2 / (2 * std::numbers::pi * inertia);
  }

  const image::ScalarVolume& ct_;
  VoxelGrid grid_;
  BodyAxes axes_;
  std::vector<std::uint8_t> seen_;
};

/// A spot followed from slice to slice.
struct Chain {
  std::vector<Spot> spots;
  std::size_t last_slice = 0;
  double roundness = 0;  ///< summed
};

bool goes_on(const Chain& chain, const Spot& spot, std::size_t before) {
  const Spot& last = chain.spots.back();
  const double reach = std::sqrt(last.area_mm2 / std::numbers::pi);
  return chain.last_slice == before && norm(spot.center_mm - last.center_mm) < reach + 1 &&
         spot.area_mm2 < 1.5 * last.area_mm2 && spot.area_mm2 > last.area_mm2 / 1.5;
}

/// How much it looks like the trachea; 0 when not at all.
double merit(const Chain& chain, const VolumeGeometry& g, const BodyAxes& axes) {
  const double length = static_cast<double>(chain.spots.size()) * g.spacing_mm[axes.along];
  if (length < least_length_mm) return 0;
  const double width = static_cast<double>(g.size[axes.across]) * g.spacing_mm[axes.across];
  double off_center = 0;
  for (const Spot& spot : chain.spots)
    off_center +=
        std::abs(spot.center_mm[axes.across] / width - 0.5) / static_cast<double>(chain.spots.size());
  const double round = chain.roundness / static_cast<double>(chain.spots.size());
  return std::max(0.0, 1 - 2 * off_center) * round * round * std::min(length, 60.0);
}

TracheaCut cut_of(const Spot& spot, const BodyAxes& axes) {
  return {spot.voxels, spot.area_mm2, static_cast<int>(axes.along), axes.downwards};
}

}  // namespace

TracheaCut find_trachea(const image::ScalarVolume& ct) {
  const BodyAxes axes = body_axes(ct.geometry);
  Slice slice(ct, axes);
  const std::size_t slices = ct.geometry.size[axes.along];
  std::vector<Chain> chains;
  const std::size_t depth = slices - slices / 3;  // the upper two thirds
  std::size_t before = slices;
  for (std::size_t step = 0; step < depth; ++step) {
    const std::size_t at = axes.downwards > 0 ? step : slices - 1 - step;
    std::vector<Chain> begun;
    for (Spot& spot : slice.spots(at)) {
      if (spot.touches_side || spot.area_mm2 < least_area_mm2 || spot.area_mm2 > largest_area_mm2 ||
          spot.roundness < 0.6)
        continue;
      const auto chain = std::find_if(chains.begin(), chains.end(),
                                      [&](const Chain& c) { return goes_on(c, spot, before); });
      Chain& target = chain != chains.end() ? *chain : begun.emplace_back();
      target.roundness += spot.roundness;
      target.last_slice = at;
      target.spots.push_back(std::move(spot));
    }
    std::move(begun.begin(), begun.end(), std::back_inserter(chains));
    before = at;
  }
  const auto best = std::max_element(chains.begin(), chains.end(), [&](const Chain& a, const Chain& b) {
    return merit(a, ct.geometry, axes) < merit(b, ct.geometry, axes);
  });
  if (best == chains.end() || merit(*best, ct.geometry, axes) <= 0)
    throw ComputationError(
        "no trachea found: no round dark spot of {} to {} mm2 goes on for {} mm in the upper slices; "
        "expected a chest "
        "CT in HU with the trachea in it (give a point inside it with --seed-mm)",
        least_area_mm2, largest_area_mm2, least_length_mm);
  return cut_of(best->spots.front(), axes);
}

TracheaCut trachea_at(const image::ScalarVolume& ct, Vec3 seed_mm) {
  const VolumeGeometry& g = ct.geometry;
  const Vec3 at = transform_point(image::space_to_index(g), seed_mm);
  std::array<std::size_t, 3> place{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double rounded = std::floor(at[a] + 0.5);
    if (!(rounded >= 0 && rounded < static_cast<double>(g.size[a])))
      throw InputError("the seed ({}, {}, {}) mm lies outside the image; expected a point inside the trachea",
                       seed_mm.x, seed_mm.y, seed_mm.z);
    place[a] = static_cast<std::size_t>(rounded);
  }
  const float value = ct.at(place[0], place[1], place[2]);
  if (value > air_hu + 100)
    throw InputError("the seed ({}, {}, {}) mm lies on {} HU; expected air, below {} HU, inside the trachea",
                     seed_mm.x, seed_mm.y, seed_mm.z, value, air_hu + 100);
  const BodyAxes axes = body_axes(g);
  Slice slice(ct, axes);
  return cut_of(slice.spot(place[axes.across], place[axes.deep], place[axes.along]), axes);
}

}  // namespace snitt::trees
