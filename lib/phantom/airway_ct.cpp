#include "phantom/airway_ct.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "image/scalar_volume.hpp"
#include "phantom/noise.hpp"
#include "phantom/tree_growth.hpp"
#include "phantom/tube_rendering.hpp"

namespace snitt::phantom {
namespace {

constexpr double air_hu = -1000;
constexpr double wall_hu = 20;
constexpr double blood_hu = 40;
constexpr double lung_hu = -850;
constexpr double tissue_hu = 40;
constexpr double opening_mm = 3;  // over which the last airways open
constexpr std::size_t slab = 8;   // slices computed together

struct ChestTubes {
  std::vector<Tube> lumen;
  std::vector<Tube> wall;
  std::vector<Tube> vessel;
};

/// Way along the branch from each node to the branch's end.
std::vector<double> way_to_end(const Tree& tree) {
  std::vector<double> way(tree.size(), 0);
  for (std::size_t n = tree.size(); n-- > 0;) {
    if (tree.parents[n] < 0) continue;
    const auto up = static_cast<std::size_t>(tree.parents[n]);
    if (tree.branches[up] == tree.branches[n]) way[up] = way[n] + norm(tree.nodes_mm[n] - tree.nodes_mm[up]);
  }
  return way;
}

std::vector<bool> is_last_branch(const Tree& tree) {
  std::vector<bool> last(tree.branch_list.size(), true);
  for (const TreeBranch& b : tree.branch_list)
    if (b.parent >= 0) last[static_cast<std::size_t>(b.parent)] = false;
  return last;
}

/// An artery beside the bronchus, on a side that its branch keeps.
void add_vessel(const Tree& tree, std::size_t node, std::size_t before, double outer, std::uint64_t seed,
                std::vector<Tube>& vessels) {
  const auto branch = static_cast<std::uint64_t>(tree.branches[node]);
  const Vec3 along = normalized(tree.nodes_mm[node] - tree.nodes_mm[before]);
  const Vec3 up = any_perpendicular(along);
  const double angle = 2 * std::numbers::pi * uniform(random_bits(seed, branch, 501));
  const Vec3 side = std::cos(angle) * up + std::sin(angle) * cross(along, up);
  const double radius = outer * (0.8 + 0.4 * uniform(random_bits(seed, branch, 502)));
  const Vec3 offset = (outer + radius + 0.2) * side;
  vessels.push_back({tree.nodes_mm[before] + offset, tree.nodes_mm[node] + offset, radius, radius});
}

ChestTubes chest_tubes(const Tree& tree, const AirwayCtSettings& s) {
  ChestTubes tubes;
  const std::vector<double> to_end = way_to_end(tree);
  const std::vector<bool> is_last = is_last_branch(tree);
  for (std::size_t n = 0; n < tree.size(); ++n) {
    if (tree.parents[n] < 0) continue;
    const auto before = static_cast<std::size_t>(tree.parents[n]);
    const auto branch = static_cast<std::size_t>(tree.branches[n]);
    const double thickness = s.wall_share * (0.75 + 0.5 * uniform(random_bits(s.seed, branch, 503)));
    const auto openness = [&](std::size_t node) {
      return is_last[branch] ? std::clamp(1 - to_end[node] / opening_mm, 0.0, 1.0) : 0.0;
    };
    const double first = tree.branches[before] == tree.branches[n] ? tree.radii_mm[before] : tree.radii_mm[n];
    const double open_before = tree.branches[before] == tree.branches[n] ? openness(before) : 0;
    const double open = openness(n);
    const double inner_before = first * (1 - 0.5 * open_before);
    const double inner = tree.radii_mm[n] * (1 - 0.5 * open);
    const double outer_before = inner_before + thickness * wall_thickness_mm(first) * (1 - open_before);
    const double outer = inner + thickness * wall_thickness_mm(tree.radii_mm[n]) * (1 - open);
    tubes.lumen.push_back({tree.nodes_mm[before], tree.nodes_mm[n], inner_before, inner});
    tubes.wall.push_back({tree.nodes_mm[before], tree.nodes_mm[n], outer_before, outer});
    if (s.vessels && tree.branch_list[branch].generation >= 3)
      add_vessel(tree, n, before, outer_before, s.seed, tubes.vessel);
  }
  return tubes;
}

VolumeGeometry chest_grid(const AirwayTree& airways, const AirwayCtSettings& s) {
  const auto corner = [](const LungEllipsoid& lung, double sign) {
    return lung.center_mm + sign * lung.half_size_mm;
  };
  const double trachea = airways.tree.nodes_mm.empty() ? 0 : airways.tree.nodes_mm.front().z;
  Vec3 low;
  Vec3 high;
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = std::min(corner(airways.right, -1)[a], corner(airways.left, -1)[a]) - s.margin_mm;
    high[a] = std::max(corner(airways.right, 1)[a], corner(airways.left, 1)[a]) + s.margin_mm;
  }
  high.z = trachea - 1;  // the trachea is cut by the rim of the field, as in every chest CT
  return grid_over(low, high, s.spacing_mm);
}

void check_grid(const VolumeGeometry& g, const Vec3& spacing) {
  for (std::size_t a = 0; a < 3; ++a)
    if (!(spacing[a] > 0 && std::isfinite(spacing[a])))
      throw UsageError("the spacing of a simulated image is {} mm; expected a positive number", spacing[a]);
  const double voxels =
      static_cast<double>(g.size[0]) * static_cast<double>(g.size[1]) * static_cast<double>(g.size[2]);
  if (voxels > 2e9)
    throw UsageError(
        "a simulated image of {} x {} x {} voxels is asked for; expected at most 2e9 in all (take a "
        "larger spacing)",
        g.size[0], g.size[1], g.size[2]);
}

Volume volume_like(const VolumeGeometry& g, PixelType type, const std::string& quantity,
                   const std::string& units) {
  Volume v;
  v.geometry = g;
  v.format = {type, 1};
  v.voxels.resize(g.voxels() * size_of(type));
  v.quantity = quantity;
  v.units = units;
  return v;
}

/// 1 inside the ellipsoid, 0 outside, over one voxel.
double inside_share(double level, double size_mm, double voxel_mm) {
  return std::clamp(0.5 + (1 - level) * size_mm / voxel_mm, 0.0, 1.0);
}

double over(double below, double above, double share) { return below + share * (above - below); }

Vec3 in_voxels(double sigma_mm, Vec3 spacing) {
  return {sigma_mm / spacing.x, sigma_mm / spacing.y, sigma_mm / spacing.z};
}

/// Blurs, adds what is left of the white noise by blurring it too, and rounds to int16.
Volume recorded(image::ScalarVolume clean, double point_spread_mm, const std::string& quantity,
                const std::string& units, float lowest = -1024) {
  const VolumeGeometry g = clean.geometry;
  if (point_spread_mm > 0) clean = image::smoothed(clean, in_voxels(point_spread_mm, g.spacing_mm));
  Volume image = volume_like(g, PixelType::i16, quantity, units);
  const auto out = image.values<std::int16_t>();
  std::transform(clean.values.begin(), clean.values.end(), out.begin(), [lowest](float v) {
    return static_cast<std::int16_t>(std::lround(std::clamp(v, lowest, 30000.0F)));
  });
  return image;
}

template <typename Function>
void for_each_slab(const VolumeGeometry& g, const Function& function) {
  tbb::parallel_for(std::size_t{0}, (g.size[2] + slab - 1) / slab,
                    [&](std::size_t part) { function(part * slab, std::min((part + 1) * slab, g.size[2])); });
}

/// Everything but the tubes: body and lungs.
class Chest {
 public:
  Chest(const AirwayTree& airways, const AirwayCtSettings& s, const VolumeGeometry& g)
      : airways_(airways), settings_(s), texture_(s.seed + 31, s.texture_mm, g) {
    const LungEllipsoid& r = airways.right;
    const LungEllipsoid& l = airways.left;
    const double wide = std::max(-r.center_mm.x + r.half_size_mm.x, l.center_mm.x + l.half_size_mm.x);
    body_ = {{0, r.center_mm.y, 0}, {1.12 * wide, 1.25 * std::max(r.half_size_mm.y, l.half_size_mm.y), 1}};
  }
  double lung_share(Vec3 p, double voxel_mm) const {
    return std::max(inside_share(airways_.right.level(p), airways_.right.half_size_mm.x, voxel_mm),
                    inside_share(airways_.left.level(p), airways_.left.half_size_mm.x, voxel_mm));
  }
  double value(Vec3 p, double lung, double voxel_mm) const {
    const Vec3 flat{p.x, p.y, 0};
    const double body =
        over(air_hu, tissue_hu, inside_share(body_.level(flat), body_.half_size_mm.y, voxel_mm));
    return lung > 0 ? over(body, lung_hu + settings_.texture_hu * texture_.at(p), lung) : body;
  }

 private:
  const AirwayTree& airways_;
  const AirwayCtSettings& settings_;
  Texture texture_;
  LungEllipsoid body_;
};

std::uint8_t label_of(float lumen, float wall, float vessel, double lung) {
  const auto as = [](ChestLabel label) { return static_cast<std::uint8_t>(label); };
  if (lumen > 0.5F) return as(ChestLabel::lumen);
  if (wall > 0.5F) return as(ChestLabel::wall);
  if (vessel > 0.5F && lung > 0.5) return as(ChestLabel::vessel);
  return as(lung > 0.5 ? ChestLabel::lung : ChestLabel::other);
}

Vec3 center_of(const VolumeGeometry& g, std::size_t i, std::size_t j, std::size_t k) {
  return g.origin_mm + Vec3{static_cast<double>(i) * g.spacing_mm.x, static_cast<double>(j) * g.spacing_mm.y,
                            static_cast<double>(k) * g.spacing_mm.z};
}

double white_noise(std::uint64_t seed, std::size_t voxel) {
  return quick_normal(random_bits(seed, voxel, 99));
}

double noise_before(double noise, double point_spread_mm, const Vec3& spacing) {
  return noise / noise_after_smoothing(in_voxels(point_spread_mm, spacing));
}

}  // namespace

double wall_thickness_mm(double radius_mm) { return 0.35 + 0.16 * radius_mm; }

SimulatedCt airway_ct(const AirwayTree& airways, const AirwayCtSettings& s) {
  const VolumeGeometry g = chest_grid(airways, s);
  check_grid(g, s.spacing_mm);
  const ChestTubes tubes = chest_tubes(airways.tree, s);
  const Chest chest(airways, s, g);
  const double noise = noise_before(s.noise_hu, s.point_spread_mm, s.spacing_mm);
  const double voxel = (s.spacing_mm.x + s.spacing_mm.y + s.spacing_mm.z) / 3;
  image::ScalarVolume clean{g, std::vector<float>(g.voxels())};
  Volume labels = volume_like(g, PixelType::u8, "label", "1");
  const auto label = labels.values<std::uint8_t>();
  for_each_slab(g, [&](std::size_t first, std::size_t last) {
    const std::size_t begin = first * g.size[0] * g.size[1];
    std::array<std::vector<float>, 3> share;
    for (auto& part : share) part.resize((last - first) * g.size[0] * g.size[1]);
    render(tubes.lumen, g, first, last, share[0]);
    render(tubes.wall, g, first, last, share[1]);
    render(tubes.vessel, g, first, last, share[2]);
    std::size_t n = 0;
    for (std::size_t k = first; k < last; ++k)
      for (std::size_t j = 0; j < g.size[1]; ++j)
        for (std::size_t i = 0; i < g.size[0]; ++i, ++n) {
          const Vec3 p = center_of(g, i, j, k);
          const double lung = chest.lung_share(p, voxel);
          double v = chest.value(p, lung, voxel);
          if (lung > 0) v = over(v, blood_hu, share[2][n]);
          v = over(over(v, wall_hu, share[1][n]), air_hu, share[0][n]);
          clean.values[begin + n] = static_cast<float>(v + noise * white_noise(s.seed, begin + n));
          label[begin + n] = label_of(share[0][n], share[1][n], share[2][n], lung);
        }
  });
  return {recorded(std::move(clean), s.point_spread_mm, "attenuation", "HU"), std::move(labels)};
}

SimulatedCt vessel_image(const Tree& tree, const VesselImageSettings& s) {
  Vec3 low{1e300, 1e300, 1e300};
  Vec3 high{-1e300, -1e300, -1e300};
  for (const Vec3 p : tree.nodes_mm)
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], p[a] - s.margin_mm);
      high[a] = std::max(high[a], p[a] + s.margin_mm);
    }
  const VolumeGeometry g = grid_over(low, high, s.spacing_mm);
  check_grid(g, s.spacing_mm);
  const bool is_doppler = s.contrast == VesselContrast::doppler;
  const double spread = is_doppler ? 2 * s.point_spread_mm : s.point_spread_mm;
  const double noise = noise_before(s.noise, spread, s.spacing_mm);
  const Texture fine(s.seed + 41, 1, g);
  const Texture coarse(s.seed + 42, 6, g);
  const std::vector<Tube> tubes = tubes_of(tree);
  image::ScalarVolume clean{g, std::vector<float>(g.voxels())};
  Volume labels = volume_like(g, PixelType::u8, "label", "1");
  const auto label = labels.values<std::uint8_t>();
  for_each_slab(g, [&](std::size_t first, std::size_t last) {
    const std::size_t begin = first * g.size[0] * g.size[1];
    std::vector<float> share((last - first) * g.size[0] * g.size[1]);
    render(tubes, g, first, last, share);
    std::size_t n = 0;
    for (std::size_t k = first; k < last; ++k)
      for (std::size_t j = 0; j < g.size[1]; ++j)
        for (std::size_t i = 0; i < g.size[0]; ++i, ++n) {
          const Vec3 p = center_of(g, i, j, k);
          const double tissue = (is_doppler ? 0 : 100) + s.texture * fine.at(p);
          const double blood = is_doppler ? 200 * std::clamp(1 + 0.15 * coarse.at(p), 0.5, 1.5) : 400;
          clean.values[begin + n] =
              static_cast<float>(over(tissue, blood, share[n]) + noise * white_noise(s.seed, begin + n));
          label[begin + n] = share[n] > 0.5F ? 1 : 0;
        }
  });
  return {recorded(std::move(clean), spread, is_doppler ? "flow" : "intensity", "1",
                   is_doppler ? 0.0F : -1024.0F),
          std::move(labels)};
}

}  // namespace snitt::phantom
