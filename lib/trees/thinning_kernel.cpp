#include <algorithm>
#include <array>
#include <bit>

#include "trees/thinning.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

struct Neighbourhood {
  std::array<std::uint32_t, 26> touching_26{};  ///< [neighbour] bits of the others that it touches
  std::array<std::uint32_t, 26> touching_6{};   ///< by faces, among the 18-neighbours only
  std::uint32_t faces = 0;                      ///< bits of the 6-neighbours
  std::uint32_t edges = 0;                      ///< of the 18-neighbours
};

std::array<int, 3> place(std::size_t bit) {
  const int cell = static_cast<int>(bit < 13 ? bit : bit + 1);  // 13 is the middle
  return {cell % 3 - 1, cell / 3 % 3 - 1, cell / 9 - 1};
}

Neighbourhood make_neighbourhood() {
  Neighbourhood n;
  const auto order = [](const std::array<int, 3>& p) {
    return std::abs(p[0]) + std::abs(p[1]) + std::abs(p[2]);
  };
  for (std::size_t a = 0; a < 26; ++a) {
    const auto p = place(a);
    if (order(p) == 1) n.faces |= 1U << a;
    if (order(p) <= 2) n.edges |= 1U << a;
    for (std::size_t b = 0; b < 26; ++b) {
      const auto q = place(b);
      const std::array<int, 3> d{std::abs(p[0] - q[0]), std::abs(p[1] - q[1]), std::abs(p[2] - q[2])};
      if (a == b || std::max({d[0], d[1], d[2]}) > 1) continue;
      n.touching_26[a] |= 1U << b;
      if (d[0] + d[1] + d[2] == 1 && order(p) <= 2 && order(q) <= 2) n.touching_6[a] |= 1U << b;
    }
  }
  return n;
}

const Neighbourhood around = make_neighbourhood();

/// Everything of `all` that hangs together with `seed`.
std::uint32_t connected(std::uint32_t seed, std::uint32_t all,
                        const std::array<std::uint32_t, 26>& touching) {
  std::uint32_t reached = seed;
  std::uint32_t fresh = seed;
  while (fresh != 0) {
    std::uint32_t next = 0;
    for (std::uint32_t bits = fresh; bits != 0; bits &= bits - 1)
      next |= touching[static_cast<std::size_t>(std::countr_zero(bits))];
    fresh = next & all & ~reached;
    reached |= fresh;
  }
  return reached;
}

class Thinning {
 public:
  explicit Thinning(const image::VoxelMask& mask) : grid_(mask.geometry), mask_(mask) {
    for (std::size_t v = 0; v < mask.inside.size(); ++v)
      if (mask.inside[v] != 0) object_.push_back(v);
  }
  image::VoxelMask run() {
    constexpr std::array<std::size_t, 6> faces{4, 21, 10, 15, 12, 13};  // -z +z -y +y -x +x
    bool changed = true;
    while (changed) {
      changed = false;
      for (const std::size_t face : faces) changed = peel(face) || changed;
    }
    return std::move(mask_);
  }

 private:
  std::uint32_t neighbours(std::size_t voxel) const {
    const auto at = grid_.place(voxel);
    const auto& size = mask_.geometry.size;
    const auto& steps = grid_.steps();
    std::uint32_t bits = 0;
    const bool is_inner = at[0] > 0 && at[1] > 0 && at[2] > 0 && at[0] + 1 < size[0] && at[1] + 1 < size[1] &&
                          at[2] + 1 < size[2];
    for (std::size_t n = 0; n < 26; ++n)
      if ((is_inner || grid_.has(at, steps[n])) &&
          mask_.inside[voxel + static_cast<std::size_t>(steps[n].offset)] != 0)
        bits |= 1U << n;
    return bits;
  }
  static bool may_go(std::uint32_t bits) { return std::popcount(bits) > 1 && is_simple(bits); }
  bool peel(std::size_t face) {
    std::vector<std::size_t> border;
    for (const std::size_t v : object_) {
      const std::uint32_t bits = neighbours(v);
      if ((bits >> face & 1U) == 0 && may_go(bits)) border.push_back(v);
    }
    bool changed = false;
    for (const std::size_t v : border)
      if (may_go(neighbours(v))) {
        mask_.inside[v] = 0;
        changed = true;
      }
    if (changed)
      object_.erase(
          std::remove_if(object_.begin(), object_.end(), [&](std::size_t v) { return mask_.inside[v] == 0; }),
          object_.end());
    return changed;
  }

  VoxelGrid grid_;
  image::VoxelMask mask_;
  std::vector<std::size_t> object_;
};

}  // namespace

bool is_simple(std::uint32_t neighbours) {
  constexpr std::uint32_t all = (1U << 26) - 1;
  const std::uint32_t object = neighbours & all;
  if (object == 0) return false;
  if (connected(object & (~object + 1), object, around.touching_26) != object) return false;
  const std::uint32_t background = ~object & all & around.edges;
  const std::uint32_t beside = background & around.faces;
  if (beside == 0) return false;
  const std::uint32_t piece = connected(beside & (~beside + 1), background, around.touching_6);
  return (beside & ~piece) == 0;
}

image::VoxelMask thinned(const image::VoxelMask& mask) { return Thinning(mask).run(); }

}  // namespace snitt::trees
