#include <bit>

#include "base/error.hpp"
#include "reconstruction/hole_filling_kernels.hpp"

namespace snitt::reconstruction {
namespace {

/// A hole, by the position of its voxel.
struct Hole {
  std::ptrdiff_t x;
  std::ptrdiff_t y;
  std::ptrdiff_t z;
};

/// Bits 0 … 2·half of the result are voxels x-half … x+half of row (y, z).
std::uint64_t window(const KnownMask& known, std::ptrdiff_t x, std::ptrdiff_t y, std::ptrdiff_t z, int half) {
  const std::ptrdiff_t first = x - half + 64;  // counted from the empty word in front of the row
  const std::ptrdiff_t word = first / 64 - 1;
  const int shift = int(first % 64);
  std::uint64_t bits = known.column(word, z)[y] >> shift;
  if (shift != 0) bits |= known.column(word + 1, z)[y] << (64 - shift);
  return bits & ((std::uint64_t{1} << (2 * half + 1)) - 1);
}

/// Calls `visit(dy, dz, bits)` for every row of the cube of reach `half` that has a known voxel.
template <typename Visit>
void for_known_rows(const KnownMask& known, Hole hole, int half, Visit&& visit) {
  for (int dz = -half; dz <= half; ++dz)
    for (int dy = -half; dy <= half; ++dy)
      if (const std::uint64_t bits = window(known, hole.x, hole.y + dy, hole.z + dz, half); bits != 0)
        visit(dy, dz, bits);
}

int count_known(const KnownMask& known, Hole hole, int half) {
  int count = 0;
  for_known_rows(known, hole, half, [&](int, int, std::uint64_t bits) { count += std::popcount(bits); });
  return count;
}

double volume_of_cube(int half) {
  const double side = 2 * half + 1;
  return side * side * side;
}

/// The cube to average over, as its reach; 0 when too little is known.
int usable_reach(const CubeTable& table, const KnownMask& known, Hole hole) {
  for (int half = table.rule == CubeRule::nearest ? 1 : table.half; half <= table.half; ++half) {
    const int count = count_known(known, hole, half);
    if (count == 0) continue;
    const int counted = table.arithmetic == FillArithmetic::plus_compatible ? table.half : half;
    return count / volume_of_cube(counted) > table.minimum_known_ratio ? half : 0;
  }
  return 0;
}

template <typename T>
void fill_hole(const CubeTable& table, const HoledVolume<T>& volume, Hole hole, int half,
               std::vector<double>& sum) {
  const auto [columns, rows, slices] = volume.known->size();
  const std::ptrdiff_t centre = (hole.z * std::ptrdiff_t(rows) + hole.y) * std::ptrdiff_t(columns) + hole.x;
  const std::ptrdiff_t side = 2 * table.half + 1;
  const std::size_t n = volume.components;
  sum.assign(n, 0);
  double total = 0;
  for_known_rows(*volume.known, hole, half,
                 [&, stride = std::ptrdiff_t(columns), plane = std::ptrdiff_t(columns * rows)](
                     int dy, int dz, std::uint64_t bits) {
                   const double* weights =
                       table.weight.data() + ((dz + table.half) * side + dy + table.half) * side + table.half;
                   for (; bits != 0; bits &= bits - 1) {
                     const int dx = std::countr_zero(bits) - half;
                     const std::ptrdiff_t at_voxel = centre + dx + dy * stride + dz * plane;
                     double weight = weights[dx];
                     if (table.rule == CubeRule::weighted_by_accumulation)
                       weight *= volume.accumulation[at_voxel];
                     for (std::size_t c = 0; c < n; ++c)
                       sum[c] +=
                           weight * double(volume.values[at_voxel * std::ptrdiff_t(n) + std::ptrdiff_t(c)]);
                     total += weight;
                   }
                 });
  for (std::size_t c = 0; c < n; ++c)
    volume.values[std::size_t(centre) * n + c] = to_voxel<T>(sum[c] / total, table.arithmetic);
}

template <typename Weight>
std::vector<double> cube_weights(int half, Weight&& weight) {
  std::vector<double> result;
  for (int z = -half; z <= half; ++z)
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x)
        result.push_back(x == 0 && y == 0 && z == 0 ? 0 : weight(x * x + y * y + z * z));
  return result;
}

std::vector<double> gaussian_weights(int half, double sigma) {
  // The constant cancels, but it is part of the peer's arithmetic, which truncates.
  const double scale = 1 / (std::pow(2 * M_PI, 1.5) * sigma * sigma * sigma);
  return cube_weights(half, [&](int squared) { return scale * std::exp(-squared / (2 * sigma * sigma)); });
}

}  // namespace

CubeTable::CubeTable(const HoleFillingElement& element, FillArithmetic how) : arithmetic(how) {
  FillCube cube;
  if (const auto* nearest = std::get_if<FillNearest>(&element)) {
    cube = nearest->cube;
    rule = CubeRule::nearest;
    weight = cube_weights(cube.size_voxels / 2, [](int) { return 1.0; });
  } else if (const auto* inverse = std::get_if<FillInverseDistance>(&element)) {
    cube = inverse->cube;
    rule = CubeRule::weighted;
    weight = cube_weights(cube.size_voxels / 2, [](int squared) { return 1 / std::sqrt(double(squared)); });
  } else if (const auto* gaussian = std::get_if<FillGaussian>(&element)) {
    cube = gaussian->cube;
    rule = CubeRule::weighted;
    weight = gaussian_weights(cube.size_voxels / 2, gaussian->sigma_voxels);
  } else {
    const auto& accumulation = std::get<FillGaussianAccumulation>(element);
    cube = accumulation.cube;
    rule = CubeRule::weighted_by_accumulation;
    weight = gaussian_weights(cube.size_voxels / 2, accumulation.sigma_voxels);
  }
  half = cube.size_voxels / 2;
  minimum_known_ratio = cube.minimum_known_ratio;
}

template <typename T>
Group fill_group(const CubeTable& table, const HoledVolume<T>& volume, GroupPosition at,
                 const Group& wanted) {
  Group filled{};
  std::vector<double> sum;
  for (std::size_t lane = 0; lane < wanted.size(); ++lane)
    for (std::uint64_t rest = wanted[lane]; rest != 0; rest &= rest - 1) {
      const Hole hole{64 * at.word + std::countr_zero(rest), at.y + std::ptrdiff_t(lane), at.z};
      const int half = usable_reach(table, *volume.known, hole);
      if (half == 0) continue;
      fill_hole(table, volume, hole, half, sum);
      filled[lane] |= rest & -rest;
    }
  return filled;
}

template Group fill_group(const CubeTable&, const HoledVolume<std::uint8_t>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<std::int8_t>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<std::uint16_t>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<std::int16_t>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<std::uint32_t>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<std::int32_t>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<float>&, GroupPosition, const Group&);
template Group fill_group(const CubeTable&, const HoledVolume<double>&, GroupPosition, const Group&);

}  // namespace snitt::reconstruction
