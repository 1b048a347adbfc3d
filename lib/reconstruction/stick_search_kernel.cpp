#include <algorithm>

#include "reconstruction/stick_search.hpp"
#include "reconstruction/vector_clones.hpp"

namespace snitt::reconstruction {
namespace {

constexpr std::size_t lanes = KnownMask::lanes;
constexpr std::array<std::size_t, 4> first_of_kind{0, 3, 9, 13};
constexpr std::size_t side_stride = 64;  // steps 1 … 63

struct Search {
  const StickTable* table;
  const KnownMask* known;
  GroupPosition at;
  Group wanted;
  Group* hits;
  Group* enough;
  std::vector<StickMatch>* matches;
};

/// hit = the unseen holes whose voxel `step` steps along (dx, dy, dz) is known; they are seen from then on.
[[gnu::always_inline]] inline void look(const KnownMask& known, GroupPosition at, int dx, int dy, int dz,
                                        std::uint64_t* unseen, std::uint64_t* hit) {
  const std::uint64_t* here = known.column(at.word, at.z + dz) + at.y + dy;
  if (dx == 0) {
    for (std::size_t l = 0; l < lanes; ++l) hit[l] = here[l] & unseen[l];
  } else if (dx > 0) {
    const std::uint64_t* next = known.column(at.word + 1, at.z + dz) + at.y + dy;
    for (std::size_t l = 0; l < lanes; ++l) hit[l] = ((here[l] >> dx) | (next[l] << (64 - dx))) & unseen[l];
  } else {
    const std::uint64_t* before = known.column(at.word - 1, at.z + dz) + at.y + dy;
    for (std::size_t l = 0; l < lanes; ++l) hit[l] = ((here[l] << -dx) | (before[l] >> (64 + dx))) & unseen[l];
  }
  for (std::size_t l = 0; l < lanes; ++l) unseen[l] &= ~hit[l];
}

/// Step s along a direction is looked up only when a length that needs it is tried; most holes are settled before.
SNITT_VECTOR_CLONES void search(const Search& s) {
  Group pending = s.wanted;
  Group unseen[13][2];
  int looked[3] = {0, 0, 0};
  for (auto& direction : unseen) direction[0] = direction[1] = s.wanted;
  const std::size_t sticks = std::size_t(s.table->sticks);
  for (std::size_t i = 0; i < s.table->levels.size(); ++i) {
    const int kind = s.table->levels[i].kind;
    const int steps = s.table->levels[i].steps;
    for (std::size_t d = first_of_kind[std::size_t(kind)]; d < first_of_kind[std::size_t(kind) + 1]; ++d) {
      const Direction way = stick_directions[d];
      Group* ahead = s.hits + 2 * side_stride * d;
      Group* behind = ahead + side_stride;
      for (int n = looked[kind] + 1; n < steps; ++n) {
        look(*s.known, s.at, n * way.x, n * way.y, n * way.z, unseen[d][0].data(), ahead[n].data());
        look(*s.known, s.at, -n * way.x, -n * way.y, -n * way.z, unseen[d][1].data(), behind[n].data());
      }
      for (int f = 1; f < steps; ++f) {
        Group holes;
        std::uint64_t found = 0;
        for (std::size_t l = 0; l < lanes; ++l) {
          holes[l] = ahead[f][l] & behind[steps - f][l] & pending[l];
          found |= holes[l];
        }
        if (found == 0) continue;
        s.matches->push_back({i, d, f, holes});
        for (std::size_t n = sticks - 1; n > 0; --n)
          for (std::size_t l = 0; l < lanes; ++l) s.enough[n][l] |= s.enough[n - 1][l] & holes[l];
        for (std::size_t l = 0; l < lanes; ++l) s.enough[0][l] |= holes[l];
      }
    }
    looked[kind] = std::max(looked[kind], steps - 1);
    std::uint64_t left = 0;
    for (std::size_t l = 0; l < lanes; ++l) left |= pending[l] &= ~s.enough[sticks - 1][l];
    if (left == 0) break;
  }
}

}  // namespace

const std::vector<StickMatch>& StickSearch::find(const StickTable& table, const KnownMask& known, GroupPosition at,
                                                 const Group& wanted) {
  matches_.clear();
  hits_.resize(stick_directions.size() * 2 * side_stride);
  enough_.assign(std::size_t(table.sticks), Group{});
  search({&table, &known, at, wanted, hits_.data(), enough_.data(), &matches_});
  return matches_;
}

}  // namespace snitt::reconstruction
