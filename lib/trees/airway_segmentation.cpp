#include "trees/airway_segmentation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

struct AirLevel {
  double mean_hu = -1000;
  double deviation_hu = 0;
};

/// Of the trachea's inside: the darker half of the cut keeps its rim out.
AirLevel air_level(const image::ScalarVolume& ct, const TracheaCut& cut) {
  std::vector<double> values;
  for (const std::size_t v : cut.voxels) values.push_back(static_cast<double>(ct.values[v]));
  std::sort(values.begin(), values.end());
  const double middle = values[values.size() / 2];
  const double low = values[values.size() / 6];
  return {middle, std::max(1.0, middle - low)};
}

/// Blur that brings the noise down to what the rules are made for; none when it is quieter already.
Vec3 needed_blur_voxels(const AirLevel& air, const Vec3& spacing) {
  constexpr double quiet_hu = 32;
  if (air.deviation_hu <= quiet_hu) return {};
  const double sigma = 0.45 * std::min(2.0, std::sqrt(air.deviation_hu / quiet_hu));
  const double finest = std::min({spacing.x, spacing.y, spacing.z});
  return {sigma * finest / spacing.x, sigma * finest / spacing.y, sigma * finest / spacing.z};
}

GrowthRules rules_for(const AirLevel& air, const LungLevels& lung, const AirwaySettings& settings) {
  GrowthRules rules;
  rules.shortest_mm = settings.shortest_branch_mm;
  rules.wall_hu = lung.mean_hu + std::max(60.0, 2.5 * lung.deviation_hu);
  rules.narrow_lumen_hu = lung.mean_hu + 0.5 * lung.deviation_hu;
  rules.wide_lumen_hu = lung.mean_hu - std::min(lung.deviation_hu, 60.0);
  rules.rise_hu = std::min(4 * lung.deviation_hu, 200.0);
  const double highest = std::max(lung.mean_hu + 200, -650.0);
  for (double t = highest; t > air.mean_hu + 30; t -= 25) rules.thresholds_hu.push_back(t);
  return rules;
}

/// Adds what lies between the grown branches and half way up to their walls; where a branch ends without a
/// wall, nothing.
void fill_rim(const image::ScalarVolume& ct, const AirwayGrowth& growth, const AirLevel& air,
              const GrowthRules& rules, image::VoxelMask& mask) {
  constexpr int rounds = 2;
  constexpr std::size_t slack = 1;  // beside a wall, lines run along it
  const VoxelGrid grid(ct.geometry);
  const WallLines lines(ct, rules.wall_hu, 0);
  for (const GrownBranch& branch : growth.branches) {
    std::vector<double> inside;
    for (const std::uint32_t v : branch.voxels) inside.push_back(static_cast<double>(ct.values[v]));
    if (inside.empty()) continue;
    const auto dark = inside.begin() + static_cast<std::ptrdiff_t>(inside.size() / 5);
    std::nth_element(inside.begin(), dark, inside.end());
    const double lumen = std::max(*dark, air.mean_hu);
    const double half = 0.5 * (lumen + std::clamp(branch.wall_hu, lumen, 40.0));
    const double reach = growth_reach_mm(branch.area_mm2, ct.geometry.spacing_mm);
    std::vector<std::uint32_t> edge = branch.voxels;
    for (int round = 0; round < rounds; ++round) {
      std::vector<std::uint32_t> added;
      for (const std::uint32_t v : edge) {
        const auto place = grid.place(v);
        for (const VoxelGrid::Step& step : grid.steps()) {
          if (std::abs(step.by[0]) + std::abs(step.by[1]) + std::abs(step.by[2]) != 1 ||
              !grid.has(place, step))
            continue;
          const auto to = static_cast<std::uint32_t>(v + step.offset);
          if (mask.inside[to] != 0 || static_cast<double>(ct.values[to]) >= half) continue;
          if (lines.count(to, reach) < rules.least_lines - slack) continue;
          mask.inside[to] = 1;
          added.push_back(to);
        }
      }
      edge = std::move(added);
    }
  }
}

image::VoxelMask mask_of(const image::ScalarVolume& ct, const AirwayGrowth& growth, const AirLevel& air,
                         const GrowthRules& rules) {
  image::VoxelMask mask{ct.geometry, std::vector<std::uint8_t>(ct.values.size(), 0)};
  for (const GrownBranch& branch : growth.branches)
    for (const std::uint32_t v : branch.voxels) mask.inside[v] = 1;
  fill_rim(ct, growth, air, rules, mask);
  return mask;
}

Table branch_table(const AirwayGrowth& growth, const VolumeGeometry& geometry) {
  const VoxelGrid grid(geometry);
  std::vector<std::int64_t> parent;
  std::array<std::vector<double>, 8> c;
  for (const GrownBranch& b : growth.branches) {
    parent.push_back(b.parent);
    Vec3 middle;
    for (const std::uint32_t v : b.voxels)
      middle = middle + (1.0 / static_cast<double>(b.voxels.size())) * grid.local_mm(v);
    const Vec3 at = to_space(geometry, middle);
    const std::array<double, 8> row{b.threshold_hu,        b.length_mm, b.area_mm2, b.wall_share,
                                    b.was_cut ? 1.0 : 0.0, at.x,        at.y,       at.z};
    for (std::size_t i = 0; i < row.size(); ++i) c[i].push_back(row[i]);
  }
  return {{{"parent", "1", "branch of the growth that it goes on from, -1 for the first", parent},
           {"threshold_hu", "HU", "below which voxels belonged to it", c[0]},
           {"length_mm", "mm", "that the front ran", c[1]},
           {"area_mm2", "mm2", "median cross-section of the front", c[2]},
           {"wall_share", "1", "share of the rays across it that met a wall", c[3]},
           {"was_cut", "1", "1: ended at a leak", c[4]},
           {"x_mm", "mm", "its middle", c[5]},
           {"y_mm", "mm", "", c[6]},
           {"z_mm", "mm", "", c[7]}}};
}

/// Share of branches thinner than three voxels from which on the mask is doubted.
constexpr double most_thin = 0.33;

std::vector<std::string> doubts(const AirwaySegmentation& s, const LungLevels& lung, double length_mm) {
  std::vector<std::string> reasons;
  const std::size_t branches = s.growth.branches.size();
  if (branches < 10)
    reasons.push_back(fmt::format(
        "only {} branches were found; look whether the seed ({:.1f}, {:.1f}, {:.1f}) mm lies in the trachea, "
        "else give one with --seed-mm",
        branches, s.seed_mm.x, s.seed_mm.y, s.seed_mm.z));
  if (!lung.found)
    reasons.emplace_back(
        "the image has hardly any voxels between -980 and -500 HU; check that its values are HU and the "
        "lungs are in it");
  if (s.growth.branches_cut * 5 > branches && branches >= 10)
    reasons.push_back(
        fmt::format("{} of {} branches were cut where they leaked into the lung; the CT may be too coarse or "
                    "too noisy for "
                    "its small airways, so take the ends with care",
                    s.growth.branches_cut, branches));
  const Vec3& spacing = s.lumen.geometry.spacing_mm;
  const double coarsest = std::max({spacing.x, spacing.y, spacing.z});
  const double followed_mm = 3 * coarsest;
  // Of the airways of 2 mm and more that are found (docs/airways.md) few are as thin at 0.7 mm, where some
  // thousandths leak, and about half at 1 mm, where 2 % do.
  const auto thin = std::count_if(
      s.growth.branches.begin(), s.growth.branches.end(),
      [&](const auto& branch) { return branch.area_mm2 < std::numbers::pi / 4 * followed_mm * followed_mm; });
  const double thin_share =
      static_cast<double>(thin) / static_cast<double>(std::max<std::size_t>(1, branches));
  if (coarsest > 1 || thin_share > most_thin)
    reasons.push_back(fmt::format(
        "voxels are {:.3g} mm long and {:.0f} % of the branches thinner than three of them: leaks "
        "of some per cent of the volume are to be expected there, and branches below about {:.2g} mm "
        "may be missing; look at the ends, or use a series with thinner slices",
        coarsest, 100 * thin_share, followed_mm));
  if (length_mm < 100 && branches >= 10)
    reasons.push_back(
        fmt::format("all branches together are {:.0f} mm long; expected several hundred", length_mm));
  return reasons;
}

void describe(AirwaySegmentation& s, const AirLevel& air, const LungLevels& lung) {
  CalibrationRecord& record = s.record;
  record.method = "airways, wavefront with a threshold per branch";
  const double voxel = VoxelGrid(s.lumen.geometry).voxel_mm3();
  double length = 0;
  for (const GrownBranch& b : s.growth.branches) length += b.length_mm;
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    record.summary.push_back(plain(name, value, units, description));
  };
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  add("volume_ml", 1e-3 * voxel * count(s.lumen.count()), "ml", "of the lumen");
  add("branches", count(s.growth.branches.size()), "1", "pieces between places where the front divided");
  add("length_mm", length, "mm", "of all branches");
  add("leaks_refused", count(s.growth.leaks_refused), "1",
      "growths taken back and tried with a lower threshold");
  add("branches_cut", count(s.growth.branches_cut), "1",
      "branches that leaked at every threshold and end there");
  add("branches_dropped", count(s.growth.branches_dropped), "1", "too short, or without walls");
  add("seed_x_mm", s.seed_mm.x, "mm", "middle of the trachea's cut");
  add("seed_y_mm", s.seed_mm.y, "mm", "");
  add("seed_z_mm", s.seed_mm.z, "mm", "");
  add("air_hu", air.mean_hu, "HU", "in the trachea");
  add("noise_hu", air.deviation_hu, "HU", "standard deviation there");
  add("lung_hu", lung.mean_hu, "HU", "mode of the lung's tissue");
  record.tables.emplace_back("branches", branch_table(s.growth, s.lumen.geometry));
  record.reasons = doubts(s, lung, length);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
}

}  // namespace

AirwaySegmentation segment_airways(const image::ScalarVolume& ct, const AirwaySettings& settings,
                                   Monitor& monitor) {
  const TracheaCut cut = settings.seed_mm ? trachea_at(ct, *settings.seed_mm) : find_trachea(ct);
  const VoxelGrid grid(ct.geometry);
  Vec3 middle;
  for (const std::size_t v : cut.voxels)
    middle = middle + (1.0 / static_cast<double>(cut.voxels.size())) * grid.local_mm(v);
  AirwaySegmentation found;
  found.seed_mm = to_space(ct.geometry, middle);
  monitor.detail(fmt::format("trachea of {:.0f} mm2 at ({:.1f}, {:.1f}, {:.1f}) mm", cut.area_mm2,
                             found.seed_mm.x, found.seed_mm.y, found.seed_mm.z));
  const AirLevel air = air_level(ct, cut);
  const Vec3 blur = needed_blur_voxels(air, ct.geometry.spacing_mm);
  image::ScalarVolume quiet;
  if (blur.x > 0) {
    monitor.detail(fmt::format("noise of {:.0f} HU: smoothed by {:.2f} voxels", air.deviation_hu, blur.x));
    quiet = image::smoothed(ct, blur);
  }
  const image::ScalarVolume& used = blur.x > 0 ? quiet : ct;
  const LungLevels lung = lung_levels(used);
  const GrowthRules rules = rules_for(air, lung, settings);
  found.growth = grow_airways(used, cut, rules);
  if (found.growth.branches.size() < 2)
    throw ComputationError(
        "nothing grew from the trachea at ({:.1f}, {:.1f}, {:.1f}) mm; expected bronchi (give another point "
        "inside it with "
        "--seed-mm)",
        found.seed_mm.x, found.seed_mm.y, found.seed_mm.z);
  found.lumen = mask_of(used, found.growth, air, rules);
  describe(found, air, lung);
  return found;
}

}  // namespace snitt::trees
