#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "image/scalar_volume.hpp"
#include "phantom/noise.hpp"
#include "phantom/tube_rendering.hpp"

namespace snitt::phantom {
namespace {

/// How deep a point lies below the surface of a tube; negative outside.
class Depth {
 public:
  explicit Depth(const Tube& tube)
      : from_(tube.from_mm),
        radius_(tube.from_radius_mm),
        widening_(tube.to_radius_mm - tube.from_radius_mm) {
    way_ = tube.to_mm - tube.from_mm;
    const double squared = dot(way_, way_);
    inverse_ = squared > 0 ? 1 / squared : 0;
  }
  double at(Vec3 p) const {
    const Vec3 d = p - from_;
    const double t = std::clamp(dot(d, way_) * inverse_, 0.0, 1.0);
    const Vec3 off = d - t * way_;
    return radius_ + t * widening_ - std::sqrt(dot(off, off));
  }

 private:
  Vec3 from_;
  Vec3 way_;
  double radius_;
  double widening_;
  double inverse_;
};

double share_of_voxel(const Depth& depth, Vec3 center, Vec3 spacing) {
  const double reach = 0.5 * std::sqrt(dot(spacing, spacing));
  const double middle = depth.at(center);
  if (middle >= reach) return 1;
  if (middle <= -reach) return 0;
  const double ramp = (spacing.x + spacing.y + spacing.z) / 6;  // of a half voxel
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 at = center + Vec3{((corner & 1) != 0 ? 0.25 : -0.25) * spacing.x,
                                  ((corner & 2) != 0 ? 0.25 : -0.25) * spacing.y,
                                  ((corner & 4) != 0 ? 0.25 : -0.25) * spacing.z};
    sum += std::clamp(0.5 + depth.at(at) / ramp, 0.0, 1.0);
  }
  return sum / 8;
}

struct IndexRange {
  std::size_t first;
  std::size_t last;  ///< behind the last; equal to first when there is none
};

IndexRange indices(double low_mm, double high_mm, double origin, double spacing, IndexRange within) {
  const double first = std::ceil((low_mm - origin) / spacing);
  const double last = std::floor((high_mm - origin) / spacing) + 1;
  const auto clamp = [&](double v) {
    return static_cast<std::size_t>(
        std::clamp(v, static_cast<double>(within.first), static_cast<double>(within.last)));
  };
  return {clamp(first), std::max(clamp(first), clamp(last))};
}

void render_tube(const Tube& tube, const VolumeGeometry& g, std::size_t first, std::size_t last,
                 std::span<float> coverage) {
  const Depth depth(tube);
  const Vec3 spacing = g.spacing_mm;
  const double reach =
      std::max(tube.from_radius_mm, tube.to_radius_mm) + std::max({spacing.x, spacing.y, spacing.z});
  std::array<IndexRange, 3> box{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double low = std::min(tube.from_mm[a], tube.to_mm[a]);
    const double high = std::max(tube.from_mm[a], tube.to_mm[a]);
    const IndexRange within = a == 2 ? IndexRange{first, last} : IndexRange{0, g.size[a]};
    box[a] = indices(low - reach, high + reach, g.origin_mm[a], spacing[a], within);
  }
  for (std::size_t k = box[2].first; k < box[2].last; ++k)
    for (std::size_t j = box[1].first; j < box[1].last; ++j) {
      float* row = coverage.data() + ((k - first) * g.size[1] + j) * g.size[0];
      for (std::size_t i = box[0].first; i < box[0].last; ++i) {
        if (row[i] >= 1) continue;
        const Vec3 center =
            g.origin_mm + Vec3{static_cast<double>(i) * spacing.x, static_cast<double>(j) * spacing.y,
                               static_cast<double>(k) * spacing.z};
        row[i] = std::max(row[i], static_cast<float>(share_of_voxel(depth, center, spacing)));
      }
    }
}

double sum_of_squares(double sigma) {
  const auto radius = static_cast<int>(std::ceil(4 * sigma));
  double sum = 0;
  double squares = 0;
  for (int i = -radius; i <= radius; ++i) {
    const double w = std::exp(-0.5 * i * i / (sigma * sigma));
    sum += w;
    squares += w * w;
  }
  return squares / (sum * sum);
}

constexpr double texture_sigma = 0.8;  // lattice cells

}  // namespace

std::vector<Tube> tubes_of(const Tree& tree) {
  std::vector<Tube> tubes;
  for (std::size_t node = 0; node < tree.size(); ++node) {
    if (tree.parents[node] < 0) continue;
    const auto before = static_cast<std::size_t>(tree.parents[node]);
    const bool is_first = tree.branches[before] != tree.branches[node];
    tubes.push_back({tree.nodes_mm[before], tree.nodes_mm[node],
                     is_first ? tree.radii_mm[node] : tree.radii_mm[before], tree.radii_mm[node]});
  }
  return tubes;
}

void render(std::span<const Tube> tubes, const VolumeGeometry& geometry, std::size_t first, std::size_t last,
            std::span<float> coverage) {
  std::fill(coverage.begin(), coverage.end(), 0.0F);
  for (const Tube& tube : tubes) render_tube(tube, geometry, first, last, coverage);
}

double noise_after_smoothing(const Vec3& sigma_voxels) {
  double variance = 1;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (sigma_voxels[axis] > 0) variance *= sum_of_squares(sigma_voxels[axis]);
  return std::sqrt(variance);
}

Texture::Texture(std::uint64_t seed, double cell_mm, const VolumeGeometry& region)
    : origin_mm_(region.origin_mm - Vec3{cell_mm, cell_mm, cell_mm}), cell_mm_(cell_mm) {
  image::ScalarVolume lattice;
  for (std::size_t a = 0; a < 3; ++a)
    lattice.geometry.size[a] = size_[a] = static_cast<std::size_t>(
        std::ceil(static_cast<double>(region.size[a]) * region.spacing_mm[a] / cell_mm) + 3);
  lattice.values.resize(lattice.geometry.voxels());
  for (std::size_t i = 0; i < lattice.values.size(); ++i)
    lattice.values[i] = static_cast<float>(quick_normal(random_bits(seed, i, 77)));
  const Vec3 sigma{texture_sigma, texture_sigma, texture_sigma};
  values_ = image::smoothed(lattice, sigma).values;
  // Linear interpolation between smoothed nodes loses little more; the mean over a cell is 0.9.
  const auto scale = static_cast<float>(1 / (0.93 * noise_after_smoothing(sigma)));
  for (float& v : values_) v *= scale;
}

double Texture::at(Vec3 p) const {
  std::array<std::size_t, 3> low{};
  std::array<double, 3> f{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double x =
        std::clamp((p[a] - origin_mm_[a]) / cell_mm_, 0.0, static_cast<double>(size_[a]) - 1.001);
    low[a] = static_cast<std::size_t>(x);
    f[a] = x - static_cast<double>(low[a]);
  }
  const float* v = values_.data() + (low[2] * size_[1] + low[1]) * size_[0] + low[0];
  const std::size_t row = size_[0];
  const std::size_t slice = row * size_[1];
  const auto along_x = [&](const float* q) {
    return f[0] * static_cast<double>(q[1]) + (1 - f[0]) * static_cast<double>(q[0]);
  };
  const auto along_y = [&](const float* q) { return (1 - f[1]) * along_x(q) + f[1] * along_x(q + row); };
  return (1 - f[2]) * along_y(v) + f[2] * along_y(v + slice);
}

VolumeGeometry grid_over(Vec3 low_mm, Vec3 high_mm, Vec3 spacing_mm) {
  VolumeGeometry g;
  g.spacing_mm = spacing_mm;
  for (std::size_t a = 0; a < 3; ++a)
    g.size[a] =
        static_cast<std::size_t>(std::max(2.0, std::ceil((high_mm[a] - low_mm[a]) / spacing_mm[a] - 1e-9)));
  g.origin_mm = low_mm + 0.5 * spacing_mm;
  return g;
}

}  // namespace snitt::phantom
