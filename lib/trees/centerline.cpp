#include "trees/centerline.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "base/words.hpp"
#include "trees/centerline_path.hpp"
#include "trees/distance_map.hpp"
#include "trees/skeleton_graph.hpp"
#include "trees/thinning.hpp"
#include "trees/tree_assembly.hpp"
#include "trees/voxel_grid.hpp"
#include "trees/wall_model.hpp"

namespace snitt::trees {
namespace {

/// The part of the mask that is not empty, with one voxel around, and where it lies in the whole.
image::VoxelMask cropped(const image::VoxelMask& mask, std::array<std::size_t, 3>& first) {
  const VoxelGrid grid(mask.geometry);
  const auto& size = mask.geometry.size;
  std::array<std::size_t, 3> low = size;
  std::array<std::size_t, 3> high{};
  for (std::size_t v = 0; v < mask.inside.size(); ++v) {
    if (mask.inside[v] == 0) continue;
    const auto at = grid.place(v);
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = std::min(low[a], at[a]);
      high[a] = std::max(high[a], at[a]);
    }
  }
  if (low == size) throw ComputationError("the mask is empty; expected voxels above 0");
  image::VoxelMask part{mask.geometry, {}};
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = low[a] > 0 ? low[a] - 1 : 0;
    high[a] = std::min(high[a] + 1, size[a] - 1);
    part.geometry.size[a] = high[a] - low[a] + 1;
  }
  part.geometry.origin_mm = transform_point(
      index_to_space(mask.geometry),
      {static_cast<double>(low[0]), static_cast<double>(low[1]), static_cast<double>(low[2])});
  part.inside.resize(part.geometry.voxels());
  std::size_t to = 0;
  for (std::size_t k = low[2]; k <= high[2]; ++k)
    for (std::size_t j = low[1]; j <= high[1]; ++j)
      for (std::size_t i = low[0]; i <= high[0]; ++i) part.inside[to++] = mask.inside[grid.index(i, j, k)];
  first = low;
  return part;
}

image::ScalarVolume cropped(const image::ScalarVolume& grey, const VolumeGeometry& part,
                            const std::array<std::size_t, 3>& first) {
  const VoxelGrid grid(grey.geometry);
  image::ScalarVolume out{part, {}};
  out.values.reserve(part.voxels());
  for (std::size_t k = 0; k < part.size[2]; ++k)
    for (std::size_t j = 0; j < part.size[1]; ++j)
      for (std::size_t i = 0; i < part.size[0]; ++i)
        out.values.push_back(grey.values[grid.index(first[0] + i, first[1] + j, first[2] + k)]);
  return out;
}

/// Cavities are filled: background that does not reach the rim by faces.
std::size_t fill_cavities(image::VoxelMask& mask) {
  const VoxelGrid grid(mask.geometry);
  std::vector<std::uint8_t> outside(mask.inside.size(), 0);
  std::vector<std::size_t> queue;
  const auto& size = mask.geometry.size;
  const auto visit = [&](std::size_t v) {
    if (mask.inside[v] != 0 || outside[v] != 0) return;
    outside[v] = 1;
    queue.push_back(v);
  };
  for (std::size_t v = 0; v < mask.inside.size(); ++v) {
    const auto at = grid.place(v);
    for (std::size_t a = 0; a < 3; ++a)
      if (at[a] == 0 || at[a] + 1 == size[a]) {
        visit(v);
        break;
      }
  }
  const std::array<std::size_t, 6> faces{4, 10, 12, 13, 15, 21};
  while (!queue.empty()) {
    const std::size_t v = queue.back();
    queue.pop_back();
    const auto at = grid.place(v);
    for (const std::size_t f : faces)
      if (grid.has(at, grid.steps()[f])) visit(v + static_cast<std::size_t>(grid.steps()[f].offset));
  }
  std::size_t filled = 0;
  for (std::size_t v = 0; v < mask.inside.size(); ++v)
    if (mask.inside[v] == 0 && outside[v] == 0) {
      mask.inside[v] = 1;
      ++filled;
    }
  return filled;
}

image::ScalarVolume as_image(const image::VoxelMask& mask) {
  image::ScalarVolume image{mask.geometry, std::vector<float>(mask.inside.size())};
  std::transform(mask.inside.begin(), mask.inside.end(), image.values.begin(),
                 [](std::uint8_t v) { return v != 0 ? 1.0F : 0.0F; });
  return image;
}

double finest(const VolumeGeometry& g) { return std::min({g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z}); }

/// A line's loose end, drawn out straight to where the mask ends: thinning leaves flat ends about a radius
/// short.
void draw_out(CenterlinePath& path, const image::ScalarVolume& shape, bool at_front) {
  if (at_front) {
    std::reverse(path.points_mm.begin(), path.points_mm.end());
    std::reverse(path.radii_mm.begin(), path.radii_mm.end());
  }
  const std::size_t last = path.points_mm.size() - 1;
  const double radius =
      *std::max_element(path.radii_mm.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(last + 1, 8)),
                        path.radii_mm.end());
  const double step = 0.5 * finest(shape.geometry);
  const Vec3 from = path.points_mm[last];
  const Vec3 way = unit(from - path.points_mm[last - std::min<std::size_t>(last, 6)]);
  for (double r = step; r < 1.5 * radius; r += step) {
    const Vec3 at = to_voxel(shape.geometry, from + r * way);
    bool is_within = sampled(shape, at) >= 0.5;
    for (std::size_t a = 0; a < 3; ++a)
      is_within = is_within && at[a] >= 0 && at[a] <= static_cast<double>(shape.geometry.size[a] - 1);
    if (!is_within) break;
    path.points_mm.push_back(from + r * way);
    path.radii_mm.push_back(path.radii_mm[last]);
  }
  if (at_front) {
    std::reverse(path.points_mm.begin(), path.points_mm.end());
    std::reverse(path.radii_mm.begin(), path.radii_mm.end());
  }
}

/// Voxel lines become smooth lines in the middle of the tubes, with radii.
std::vector<CenterlinePath> fitted_paths(const SkeletonGraph& graph, const image::ScalarVolume& shape,
                                         const image::ScalarVolume* grey, TubeContrast contrast,
                                         double spacing_mm) {
  const double voxel = finest(shape.geometry);
  const auto edges_of = graph.edges_of();
  std::vector<CenterlinePath> paths(graph.edges.size());
  tbb::parallel_for(std::size_t{0}, paths.size(), [&](std::size_t e) {
    CenterlinePath path{graph.edges[e].points_mm, graph.edges[e].radii_mm};
    path = smoothed_path(resampled_path(path, voxel), 1.5 * voxel);
    if (edges_of[static_cast<std::size_t>(graph.edges[e].from)].size() == 1) draw_out(path, shape, true);
    if (edges_of[static_cast<std::size_t>(graph.edges[e].to)].size() == 1) draw_out(path, shape, false);
    fit_to_image(path, shape, TubeContrast::mask, true);
    path = smoothed_path(path, 1.5 * voxel);
    path = resampled_path(path, spacing_mm);
    fit_to_image(path, shape, TubeContrast::mask, false);
    if (grey != nullptr) fit_to_image(path, *grey, contrast, true);
    paths[e] = smoothed_path(path, 1.0 * voxel);
  });
  if (grey == nullptr || contrast != TubeContrast::dark) return paths;
  const WallModel model = wall_model(*grey, paths);
  tbb::parallel_for(std::size_t{0}, paths.size(), [&](std::size_t e) {
    correct_for_walls(model, *grey, paths[e]);
    paths[e] = smoothed_path(paths[e], 1.0 * voxel);
  });
  return paths;
}

void describe(const CenterlineSettings& s, std::size_t filled, std::size_t pruned, CenterlineResult& result) {
  CalibrationRecord& record = result.record;
  const Tree& tree = result.tree;
  record.method = "thinning, graph, cuts";
  const auto add = [&](const char* name, double value, const char* units, const char* description) {
    record.summary.push_back(plain(name, value, units, description));
  };
  double length = 0;
  double thickest = 0;
  double thinnest = std::numeric_limits<double>::infinity();
  std::size_t roots = 0;
  for (std::size_t n = 0; n < tree.size(); ++n) {
    thickest = std::max(thickest, tree.radii_mm[n]);
    thinnest = std::min(thinnest, tree.radii_mm[n]);
    if (tree.parents[n] < 0)
      ++roots;
    else
      length += norm(tree.nodes_mm[n] - tree.nodes_mm[static_cast<std::size_t>(tree.parents[n])]);
  }
  std::int32_t deepest = 0;
  for (const TreeBranch& b : tree.branch_list) deepest = std::max(deepest, b.generation);
  add("branches", static_cast<double>(tree.branch_list.size()), "1", "");
  add("generations", deepest + 1.0, "1", "");
  add("length_mm", length, "mm", "of all branches");
  add("largest_radius_mm", thickest, "mm", "");
  add("smallest_radius_mm", thinnest, "mm", "");
  add("roots", static_cast<double>(roots), "1", "pieces that do not hang together");
  add("loops", static_cast<double>(tree.loops.size()), "1", "links that close a ring");
  add("ends_pruned", static_cast<double>(pruned), "1", "bumps of the wall, no branches");
  add("voxels_filled", static_cast<double>(filled), "1", "of cavities in the mask");
  if (s.quantity == "airways" && !tree.loops.empty())
    record.reasons.push_back(
        fmt::format("{} found, and airways have none: branches touch in the mask, or it leaks; "
                    "look at the mask there",
                    counted(tree.loops.size(), "ring was", "rings were")));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
}

}  // namespace

CenterlineResult extract_centerline(const image::VoxelMask& mask, const image::ScalarVolume* grey,
                                    const CenterlineSettings& s, Monitor& monitor) {
  std::array<std::size_t, 3> first{};
  image::VoxelMask part = cropped(mask, first);
  const std::size_t filled = fill_cavities(part);
  const std::vector<float> distance = distance_map(part);
  SkeletonGraph graph = skeleton_graph(thinned(part), distance);
  const std::size_t raw = graph.edges.size();
  remove_tunnels(graph);
  prune(graph, s.protrusion, finest(part.geometry));
  monitor.detail(fmt::format("{} lines, {} after pruning", raw, graph.edges.size()));
  const image::ScalarVolume shape = as_image(part);
  image::ScalarVolume grey_part;
  if (grey != nullptr) grey_part = cropped(*grey, part.geometry, first);
  const TubeContrast contrast = s.quantity == "airways" ? TubeContrast::dark : TubeContrast::bright;
  AssemblySettings assembly;
  assembly.quantity = s.quantity;
  assembly.shortest_piece_mm = s.shortest_piece_mm;
  assembly.largest_piece_only = s.largest_piece_only;
  if (s.root_mm) assembly.root_local_mm = to_local(part.geometry, *s.root_mm);
  CenterlineResult result;
  result.tree = assemble(graph,
                         fitted_paths(graph, shape, grey != nullptr ? &grey_part : nullptr, contrast,
                                      s.node_spacing_mm.value_or(finest(part.geometry))),
                         assembly);
  if (result.tree.size() == 0)
    throw ComputationError(
        "no line is left of the mask: its pieces are all shorter than {} mm; expected tubes (lower "
        "--shortest-piece-mm)",
        s.shortest_piece_mm);
  for (Vec3& p : result.tree.nodes_mm) p = to_space(part.geometry, p);
  if (s.quantity == "airways") label_airways(result.tree);
  describe(s, filled, raw - graph.edges.size(), result);
  return result;
}

}  // namespace snitt::trees
