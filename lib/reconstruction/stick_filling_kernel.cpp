#include <algorithm>
#include <bit>
#include <numbers>

#include "reconstruction/hole_filling_kernels.hpp"

namespace snitt::reconstruction {
namespace {

struct Direction {
  int x;
  int y;
  int z;
};

constexpr std::array<Direction, 13> directions{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1},
                                                {1, 1, 0}, {1, 0, 1}, {0, 1, 1}, {1, -1, 0}, {1, 0, -1}, {0, 1, -1},
                                                {1, 1, 1}, {-1, 1, 1}, {1, -1, 1}, {1, 1, -1}}};
constexpr std::array<std::size_t, 4> first_of_kind{0, 3, 9, 13};
constexpr int longest = 64;

/// For 64 holes of a row at once: in which of them is the first known voxel along a direction exactly s steps away?
/// Steps are looked up only as far as the lengths tried so far need them.
class FirstHits {
 public:
  FirstHits(const KnownMask& known, WordPosition at, std::uint64_t wanted) : known_(known), at_(at) {
    unseen_.fill({wanted, wanted});
    looked_.fill(0);
  }

  void look(std::size_t direction, int steps) {
    const Direction d = directions[direction];
    for (int s = looked_[direction] + 1; s <= steps; ++s)
      for (int side = 0; side < 2; ++side) {
        const int step = side == 0 ? s : -s;
        const std::uint64_t seen =
            shifted(known_.row(at_.y + step * d.y, at_.z + step * d.z), at_.word, step * d.x);
        hits_[direction][side][s] = seen & unseen_[direction][side];
        unseen_[direction][side] &= ~seen;
      }
    looked_[direction] = std::max(looked_[direction], steps);
  }

  std::uint64_t forward(std::size_t direction, int steps) const { return hits_[direction][0][steps]; }
  std::uint64_t backward(std::size_t direction, int steps) const { return hits_[direction][1][steps]; }

 private:
  const KnownMask& known_;
  WordPosition at_;
  std::array<std::array<std::uint64_t, 2>, 13> unseen_;
  std::array<int, 13> looked_;
  std::uint64_t hits_[13][2][longest];
};

/// Weighted sums of the sticks found so far for the 64 holes of a word.
template <typename T>
class StickSums {
 public:
  StickSums(const StickTable& table, const HoledVolume<T>& volume, WordPosition at)
      : table_(table), volume_(volume), size_(volume.known->size()) {
    first_ = (std::ptrdiff_t(at.z) * std::ptrdiff_t(size_[1]) + at.y) * std::ptrdiff_t(size_[0]) +
             std::ptrdiff_t(64 * at.word);
    weight_.fill(0);
    used_.fill(0);
    sum_.resize(64 * volume.components);
  }

  void add(const StickLevel& level, Direction d, int f, int r, std::uint64_t holes) {
    const std::ptrdiff_t step =
        d.x + std::ptrdiff_t(size_[0]) * (d.y + std::ptrdiff_t(size_[1]) * std::ptrdiff_t(d.z));
    const bool plus = table_.arithmetic == FillArithmetic::plus_compatible;
    const double share = plus ? double(r + 1) / (f + r + 1) : double(r) / (f + r);
    const std::size_t n = volume_.components;
    for (; holes != 0; holes &= holes - 1) {
      const int bit = std::countr_zero(holes);
      const T* ahead = volume_.values + (first_ + bit + f * step) * std::ptrdiff_t(n);
      const T* behind = volume_.values + (first_ + bit - r * step) * std::ptrdiff_t(n);
      for (std::size_t c = 0; c < n; ++c) {
        double value = share * double(ahead[c]) + (1 - share) * double(behind[c]);
        if (plus) value = double(static_cast<T>(value));
        sum_[std::size_t(bit) * n + c] += level.weight * value;
      }
      weight_[std::size_t(bit)] += level.weight;
      ++used_[std::size_t(bit)];
    }
  }

  /// Those of `holes` that have as many sticks as are wanted.
  std::uint64_t satisfied(std::uint64_t holes) const {
    if (table_.sticks == 1) return holes;
    std::uint64_t result = 0;
    for (std::uint64_t rest = holes; rest != 0; rest &= rest - 1)
      if (used_[std::size_t(std::countr_zero(rest))] >= table_.sticks) result |= rest & -rest;
    return result;
  }

  void store(std::uint64_t holes) const {
    const std::size_t n = volume_.components;
    for (; holes != 0; holes &= holes - 1) {
      const std::size_t bit = std::size_t(std::countr_zero(holes));
      for (std::size_t c = 0; c < n; ++c)
        volume_.values[(std::size_t(first_) + bit) * n + c] =
            to_voxel<T>(sum_[bit * n + c] / weight_[bit], table_.arithmetic);
    }
  }

 private:
  const StickTable& table_;
  const HoledVolume<T>& volume_;
  std::array<std::size_t, 3> size_;
  std::ptrdiff_t first_;
  std::array<double, 64> weight_;
  std::array<int, 64> used_;
  std::vector<double> sum_;
};

}  // namespace

StickTable::StickTable(const FillStick& element, FillArithmetic how) : sticks(element.sticks), arithmetic(how) {
  const std::array<double, 3> length_of_step{1, std::numbers::sqrt2, std::numbers::sqrt3};
  const int extra = how == FillArithmetic::plus_compatible ? 1 : 0;
  for (int kind = 0; kind < 3; ++kind)
    for (int steps = 2; steps + 1 <= element.length_limit; ++steps)
      levels.push_back({kind, steps, 1 / ((steps + extra) * length_of_step[std::size_t(kind)])});
  std::stable_sort(levels.begin(), levels.end(),
                   [](const StickLevel& a, const StickLevel& b) { return a.weight > b.weight; });
}

template <typename T>
std::uint64_t fill_word(const StickTable& table, const HoledVolume<T>& volume, WordPosition at,
                        std::uint64_t wanted) {
  FirstHits hits(*volume.known, at, wanted);
  StickSums<T> sums(table, volume, at);
  std::uint64_t pending = wanted;
  std::uint64_t touched = 0;
  for (const StickLevel& level : table.levels) {
    std::uint64_t found = 0;
    for (std::size_t d = first_of_kind[std::size_t(level.kind)]; d < first_of_kind[std::size_t(level.kind) + 1]; ++d) {
      hits.look(d, level.steps - 1);
      for (int f = 1; f < level.steps; ++f) {
        const std::uint64_t holes = hits.forward(d, f) & hits.backward(d, level.steps - f) & pending;
        if (holes == 0) continue;
        sums.add(level, directions[d], f, level.steps - f, holes);
        found |= holes;
      }
    }
    touched |= found;
    pending &= ~sums.satisfied(found);
    if (pending == 0) break;
  }
  sums.store(touched);
  return touched;
}

template std::uint64_t fill_word(const StickTable&, const HoledVolume<std::uint8_t>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<std::int8_t>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<std::uint16_t>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<std::int16_t>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<std::uint32_t>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<std::int32_t>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<float>&, WordPosition, std::uint64_t);
template std::uint64_t fill_word(const StickTable&, const HoledVolume<double>&, WordPosition, std::uint64_t);

}  // namespace snitt::reconstruction
