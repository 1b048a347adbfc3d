#include "image_registration/discrete.hpp"

#include <algorithm>
#include <cmath>

namespace snitt::image_registration {
namespace {

/// Isotropic voxels over the fixed image.
VolumeGeometry isotropic(const VolumeGeometry& fixed, double voxel_mm) {
  VolumeGeometry grid = fixed;
  Vec3 first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double length = static_cast<double>(fixed.size[axis]) * fixed.spacing_mm[axis];
    grid.size[axis] = static_cast<std::size_t>(std::max(2.0, std::floor(length / voxel_mm)));
    grid.spacing_mm[axis] = voxel_mm;
    first[axis] = 0.5 * (voxel_mm / fixed.spacing_mm[axis] - 1);
  }
  grid.origin_mm = transform_point(index_to_space(fixed), first);
  return grid;
}

/// One image on the common grid, shrunk first so that what is finer does not fold into it.
struct Side {
  image::ScalarVolume image;
  std::vector<std::uint8_t> inside;
  Coefficients field_mm;
};

Coefficients zero(const SplineGrid& grid) { return Coefficients(3 * grid.points()); }

image::ScalarVolume warped(const image::ScalarVolume& image, const SplineGrid& grid,
                           const Coefficients& field, const Matrix4& grid_to_image) {
  const Domain domain = whole_domain(grid.image);
  const MovingImages moving{image.geometry, {image.values}, {}};
  Warped out;
  SplineWarp(grid, domain, moving, grid_to_image).warp(field, out);
  return {grid.image, std::move(out.channels[0].values)};
}

Side side_of(const image::ScalarVolume& volume, const std::optional<image::VoxelMask>& mask,
             const SplineGrid& grid, const Matrix4& grid_to_image, double voxel_mm) {
  const auto small = image::shrunk(volume, shrink_factors(volume.geometry, voxel_mm));
  Side side{warped(small, grid, zero(grid), grid_to_image), {}, {}};
  if (!mask) return side;
  // The mask at the common grid's voxels, mapped as the image is.
  VolumeGeometry seen = mask->geometry;
  const Matrix4 back = inverse(grid_to_image);
  seen.origin_mm = transform_point(back, seen.origin_mm);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 turned = transform_vector(back, seen.axis_directions[axis]);
    seen.spacing_mm[axis] *= norm(turned);
    seen.axis_directions[axis] = (1 / norm(turned)) * turned;
  }
  side.inside = image::on_grid({seen, mask->inside}, grid.image).inside;
  return side;
}

/// Mean value of each control point's cell.
std::vector<float> cell_means(const SplineGrid& grid, const image::ScalarVolume& image) {
  const auto points = grid.size();
  std::vector<float> means;
  for (std::size_t k = 0; k < points[2]; ++k)
    for (std::size_t j = 0; j < points[1]; ++j)
      for (std::size_t i = 0; i < points[0]; ++i) {
        const std::array<std::size_t, 3> point{i, j, k};
        std::array<std::array<std::size_t, 2>, 3> range{};
        for (std::size_t axis = 0; axis < 3; ++axis) {
          const auto tile = static_cast<long>(grid.tile[axis]);
          const auto n = static_cast<long>(grid.image.size[axis]);
          const long center = std::clamp((static_cast<long>(point[axis]) - 1) * tile, 0L, n - 1);
          range[axis] = {static_cast<std::size_t>(std::max(0L, center - tile / 2)),
                         static_cast<std::size_t>(std::min(n, center + tile / 2 + 1))};
        }
        double sum = 0;
        double n = 0;
        for (std::size_t z = range[2][0]; z < range[2][1]; ++z)
          for (std::size_t y = range[1][0]; y < range[1][1]; ++y)
            for (std::size_t x = range[0][0]; x < range[0][1]; ++x, ++n)
              sum += static_cast<double>(image.at(x, y, z));
        means.push_back(static_cast<float>(sum / n));
      }
  return means;
}

/// One direction: adds the best increments to `to.field_mm`. Returns the share of points at the search's rim.
double search(Side& from, const Side& to, const SplineGrid& grid, const DiscreteLevel& level,
              double smoothness) {
  const std::vector<Ssc> here = ssc_descriptors(from.image);
  const std::vector<Ssc> there = ssc_descriptors(warped(to.image, grid, from.field_mm, {}));
  LabelProblem problem;
  problem.reach = level.reach;
  problem.costs = label_costs(grid, here, there, from.inside, level.reach);
  const double step = static_cast<double>(level.tile);
  problem.weight = static_cast<float>(smoothness / (step * step));
  const std::size_t points = grid.points();
  // Displacements along the image's axes, in voxels.
  const Matrix4 to_voxels = image::space_to_index(grid.image);
  for (std::size_t p = 0; p < points; ++p) {
    const Vec3 voxels = transform_vector(
        to_voxels, {from.field_mm[p], from.field_mm[points + p], from.field_mm[2 * points + p]});
    problem.offsets.push_back(
        {static_cast<float>(voxels.x), static_cast<float>(voxels.y), static_cast<float>(voxels.z)});
  }
  const SpanningTree tree = spanning_tree(grid.size(), cell_means(grid, from.image));
  const auto labels = best_labels(tree, std::move(problem));
  const Matrix4 to_space = index_to_space(grid.image);
  double at_rim = 0;
  for (std::size_t p = 0; p < points; ++p) {
    const Vec3 move =
        transform_vector(to_space, {static_cast<double>(labels[p][0]), static_cast<double>(labels[p][1]),
                                    static_cast<double>(labels[p][2])});
    for (std::size_t c = 0; c < 3; ++c) from.field_mm[c * points + p] += move[c];
    int farthest = 0;
    for (const int f : labels[p]) farthest = std::max(farthest, std::abs(f));
    at_rim += farthest == static_cast<int>(level.reach);
  }
  return at_rim / static_cast<double>(points);
}

/// v at the places x + u(x) of the lattice of control points, linear between them.
Coefficients composed(const SplineGrid& grid, const Coefficients& v, const Coefficients& u) {
  const auto size = grid.size();
  const std::size_t points = grid.points();
  const Matrix4 to_index = image::space_to_index(grid.geometry());
  Coefficients out(v.size());
  for (std::size_t p = 0; p < points; ++p) {
    const Vec3 move = transform_vector(to_index, {u[p], u[points + p], u[2 * points + p]});
    const std::array<std::size_t, 3> at{p % size[0], p / size[0] % size[1], p / (size[0] * size[1])};
    std::array<std::size_t, 3> low{};
    std::array<double, 3> f{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto last = static_cast<double>(size[axis] - 1);
      const double place = std::clamp(static_cast<double>(at[axis]) + move[axis], 0.0, last);
      low[axis] = std::min(static_cast<std::size_t>(place), size[axis] - 2);
      f[axis] = place - static_cast<double>(low[axis]);
    }
    for (std::size_t corner = 0; corner < 8; ++corner) {
      double weight = 1;
      std::size_t index = 0;
      for (std::size_t axis = 3; axis-- > 0;) {
        const std::size_t up = (corner >> axis) & 1;
        weight *= up != 0 ? f[axis] : 1 - f[axis];
        index = index * size[axis] + low[axis] + up;
      }
      for (std::size_t c = 0; c < 3; ++c) out[c * points + p] += weight * v[c * points + index];
    }
  }
  return out;
}

/// Makes both fields each other's inverse, half of the difference at a time. Returns how far they were from
/// it.
double make_consistent(const SplineGrid& grid, Coefficients& u, Coefficients& v) {
  const std::size_t points = grid.points();
  double missed = 0;
  for (int round = 0; round < 8; ++round) {
    const Coefficients back_there = composed(grid, v, u);
    const Coefficients there_back = composed(grid, u, v);
    if (round == 0)
      for (std::size_t p = 0; p < points; ++p) {
        Vec3 sum;
        for (std::size_t c = 0; c < 3; ++c) sum[c] = u[c * points + p] + back_there[c * points + p];
        missed += norm(sum) / static_cast<double>(points);
      }
    for (std::size_t i = 0; i < u.size(); ++i) {
      u[i] = 0.5 * (u[i] - back_there[i]);
      v[i] = 0.5 * (v[i] - there_back[i]);
    }
  }
  return missed;
}

}  // namespace

DiscreteField discrete_field(const ImagePair& pair, const Matrix4& start,
                             const std::vector<DiscreteLevel>& levels, double smoothness) {
  DiscreteField result;
  Coefficients backward;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    const DiscreteLevel& level = levels[l];
    const SplineGrid grid{isotropic(pair.fixed.geometry, level.voxel_mm),
                          {level.tile, level.tile, level.tile}};
    Side fixed = side_of(pair.fixed, pair.fixed_mask, grid, {}, level.voxel_mm);
    Side moving = side_of(pair.moving, pair.moving_mask, grid, start, level.voxel_mm);
    fixed.field_mm = l == 0 ? zero(grid) : on_spline_grid(result.grid, result.coefficients_mm, grid);
    moving.field_mm = l == 0 ? zero(grid) : on_spline_grid(result.grid, backward, grid);
    const double rim_share = search(fixed, moving, grid, level, smoothness);
    search(moving, fixed, grid, level, smoothness);
    if (l == 0) result.border_share = rim_share;
    result.inconsistency_mm = make_consistent(grid, fixed.field_mm, moving.field_mm);
    result.grid = grid;
    result.coefficients_mm = std::move(fixed.field_mm);
    backward = std::move(moving.field_mm);
  }
  return result;
}

}  // namespace snitt::image_registration
