#include <algorithm>
#include <cstring>

#include "reconstruction/stick_search.hpp"
#include "base/vector_clones.hpp"

namespace snitt::reconstruction {
namespace {

constexpr std::size_t lanes = KnownMask::lanes;
constexpr std::array<std::size_t, 4> first_of_kind{0, 3, 9, 13};
constexpr std::size_t side_stride = 64;  // steps 1 … 63

/// One vector instruction, or two or four, depending on the clone.
using Lanes [[gnu::vector_size(8 * lanes)]] = std::uint64_t;

struct Search {
  const StickTable* table;
  const KnownMask* known;
  GroupPosition at;
  Group wanted;
  Lanes* hits;  ///< [direction, side, step]
  std::vector<StickMatch>* matches;
};

[[gnu::always_inline]] inline void load(Lanes& lanes_out, const std::uint64_t* from) {
  std::memcpy(&lanes_out, from, sizeof lanes_out);
}
[[gnu::always_inline]] inline void store(const Lanes& from, Group& to) {
  std::memcpy(to.data(), &from, sizeof from);
}

[[gnu::always_inline]] inline bool any(const Lanes& bits) {
  using Half [[gnu::vector_size(4 * lanes)]] = std::uint64_t;
  using Quarter [[gnu::vector_size(2 * lanes)]] = std::uint64_t;
  Half half[2];
  std::memcpy(half, &bits, sizeof half);
  half[0] |= half[1];
  Quarter quarter[2];
  std::memcpy(quarter, half, sizeof quarter);
  quarter[0] |= quarter[1];
  return (quarter[0][0] | quarter[0][1]) != 0;
}

/// hit = the unseen holes whose voxel at (dx, dy, dz) is known; they are seen from then on.
[[gnu::always_inline]] inline void look(const KnownMask& known, GroupPosition at, int dx, int dy, int dz,
                                        Lanes& unseen, Lanes& hit) {
  Lanes here;
  load(here, known.column(at.word, at.z + dz) + at.y + dy);
  if (dx != 0) {
    Lanes beside;
    load(beside, known.column(at.word + (dx > 0 ? 1 : -1), at.z + dz) + at.y + dy);
    here = dx > 0 ? (here >> dx) | (beside << (64 - dx)) : (here << -dx) | (beside >> (64 + dx));
  }
  hit = here & unseen;
  unseen &= ~here;
}

/// Step s along a direction is looked up only when a length that needs it is tried; most holes are settled
/// before.
SNITT_VECTOR_CLONES void search(const Search& s) {
  Lanes pending;
  load(pending, s.wanted.data());
  Lanes unseen[13][2];
  for (auto& direction : unseen) direction[0] = direction[1] = pending;
  int looked[3] = {0, 0, 0};
  const std::size_t sticks = std::size_t(s.table->sticks);
  Lanes enough[13];  // [n]: holes with more than n sticks
  for (Lanes& n : enough) n = Lanes{};
  for (std::size_t i = 0; i < s.table->levels.size(); ++i) {
    const int kind = s.table->levels[i].kind;
    const int steps = s.table->levels[i].steps;
    for (std::size_t d = first_of_kind[std::size_t(kind)]; d < first_of_kind[std::size_t(kind) + 1]; ++d) {
      const Direction way = stick_directions[d];
      Lanes* ahead = s.hits + 2 * side_stride * d;
      Lanes* behind = ahead + side_stride;
      for (int n = looked[kind] + 1; n < steps; ++n) {
        look(*s.known, s.at, n * way.x, n * way.y, n * way.z, unseen[d][0], ahead[n]);
        look(*s.known, s.at, -n * way.x, -n * way.y, -n * way.z, unseen[d][1], behind[n]);
      }
      for (int f = 1; f < steps; ++f) {
        const Lanes holes = ahead[f] & behind[steps - f] & pending;
        if (!any(holes)) continue;
        s.matches->push_back({i, d, f, {}});
        store(holes, s.matches->back().holes);
        for (std::size_t n = sticks - 1; n > 0; --n) enough[n] |= enough[n - 1] & holes;
        enough[0] |= holes;
      }
    }
    looked[kind] = std::max(looked[kind], steps - 1);
    pending &= ~enough[sticks - 1];
    if (!any(pending)) break;
  }
}

}  // namespace

const std::vector<StickMatch>& StickSearch::find(const StickTable& table, const KnownMask& known,
                                                 GroupPosition at, const Group& wanted) {
  matches_.clear();
  alignas(Lanes) thread_local std::array<Lanes, stick_directions.size() * 2 * side_stride> hits;
  search({&table, &known, at, wanted, hits.data(), &matches_});
  return matches_;
}

}  // namespace snitt::reconstruction
