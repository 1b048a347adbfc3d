#include "trees/airway_growth.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>
#include <queue>
#include <utility>

#include "trees/voxel_grid.hpp"

namespace snitt::trees {
namespace {

constexpr std::uint32_t accepted = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t rays = 16;
constexpr std::size_t settling = 3;  // layers before a branch is judged
constexpr std::size_t window = 3;    // layers that are judged together

/// Where a branch begins: voxels of its parent's last front.
struct Start {
  std::int32_t parent = -1;
  std::vector<std::uint32_t> voxels;
  Vec3 center_mm;
  Vec3 direction;
  double area_mm2 = 0;  ///< of the parent, what the branch is measured by
};

struct Layer {
  std::vector<std::uint32_t> voxels;
  Vec3 center_mm;
  double area_mm2 = 0;
  double wall_share = 0;
  double wall_hu = 0;
  double excess_hu = 0;  ///< of the lower quartile over what a lumen of this size may have
};

enum class Ending { died, divided, leaked };

struct Trial {
  std::vector<Layer> layers;
  Ending ending = Ending::died;
  std::vector<std::vector<std::uint32_t>> pieces;  ///< of the front that divided
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Growth {
 public:
  Growth(const image::ScalarVolume& ct, const GrowthRules& rules)
      : ct_(ct),
        grid_(ct.geometry),
        rules_(rules),
        lines_(ct, rules.wall_hu, rules.rise_hu),
        mark_(ct.values.size(), 0) {
    const Vec3& s = ct.geometry.spacing_mm;
    step_mm_ = std::max({s.x, s.y, s.z});
    fine_mm_ = 0.5 * std::min({s.x, s.y, s.z});
  }

  AirwayGrowth run(const TracheaCut& cut);

 private:
  Trial grow(const Start& start, double threshold_hu);
  bool lost_lumen(Trial& trial) const;
  bool leaks(const Start& start, Trial& trial, double threshold_hu);
  void look_for_walls(const Start& start, Trial& trial, double threshold_hu) const;
  std::vector<std::vector<std::uint32_t>> pieces_of(const Trial& trial);
  std::optional<Trial> best_of(const Start& start, double& threshold, AirwayGrowth& result);
  void keep(const Start& start, Trial trial, double threshold, AirwayGrowth& result);
  Vec3 center_of(const std::vector<std::uint32_t>& voxels) const;
  double lumen_limit(double area_mm2) const;
  double lower_quartile(const std::vector<std::uint32_t>& voxels) const;
  Vec3 direction_at(const Start& start, const Trial& trial) const;

  const image::ScalarVolume& ct_;
  VoxelGrid grid_;
  const GrowthRules& rules_;
  WallLines lines_;
  std::vector<std::uint32_t> mark_;  // [voxel] number of the trial that reached it last, or `accepted`
  std::uint32_t trial_ = 0;
  double step_mm_;
  double fine_mm_;
  std::queue<Start> starts_;
};

Vec3 Growth::center_of(const std::vector<std::uint32_t>& voxels) const {
  Vec3 sum;
  for (const std::uint32_t v : voxels) sum = sum + grid_.local_mm(v);
  return (1.0 / static_cast<double>(voxels.size())) * sum;
}

/// Wide lumens are clearly darker than lung tissue; in those of few voxels the walls shine in.
double Growth::lumen_limit(double area_mm2) const {
  const double voxels = std::sqrt(area_mm2 / std::numbers::pi) / step_mm_;
  const double width = std::clamp((voxels - 1.5) / 1.5, 0.0, 1.0);
  return rules_.narrow_lumen_hu + width * (rules_.wide_lumen_hu - rules_.narrow_lumen_hu);
}

double Growth::lower_quartile(const std::vector<std::uint32_t>& voxels) const {
  std::vector<float> values;
  for (const std::uint32_t v : voxels) values.push_back(ct_.values[v]);
  const auto quarter = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::nth_element(values.begin(), quarter, values.end());
  return static_cast<double>(*quarter);
}

Vec3 Growth::direction_at(const Start& start, const Trial& trial) const {
  constexpr std::size_t back = 4;
  const std::size_t count = trial.layers.size();
  if (count < 2) return start.direction;
  const Vec3 from = count > back ? trial.layers[count - 1 - back].center_mm : start.center_mm;
  const Vec3 way = trial.layers.back().center_mm - from;
  return norm(way) > 0.3 * step_mm_ ? unit(way) : start.direction;
}

/// Rays from the middle of the front across the airway: what is the brightest just outside?
void Growth::look_for_walls(const Start& start, Trial& trial, double threshold_hu) const {
  Layer& layer = trial.layers.back();
  const Vec3 along = direction_at(start, trial);
  const Vec3 u = perpendicular(along);
  const Vec3 v = cross(along, u);
  const double radius = std::sqrt(layer.area_mm2 / std::numbers::pi);
  const double farthest = 3 * radius + 2 * step_mm_;
  const double beyond = std::max(2.0, 2.5 * step_mm_);
  std::vector<double> peaks;
  std::size_t walls = 0;
  for (std::size_t ray = 0; ray < rays; ++ray) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(ray) / rays;
    const Vec3 way = std::cos(angle) * u + std::sin(angle) * v;
    const auto at = [&](double r) { return sampled(ct_, to_voxel(ct_.geometry, layer.center_mm + r * way)); };
    double edge = 0;
    while (edge < farthest && at(edge) < threshold_hu) edge += fine_mm_;
    double peak = -2000;
    for (double r = edge; r < edge + beyond; r += fine_mm_) peak = std::max(peak, at(r));
    peaks.push_back(peak);
    if (peak > rules_.wall_hu && edge < farthest) ++walls;
  }
  layer.wall_share = static_cast<double>(walls) / rays;
  layer.wall_hu = median(peaks);
}

/// Pieces of the front: voxels of the last two layers that hang together and reach the last one.
std::vector<std::vector<std::uint32_t>> Growth::pieces_of(const Trial& trial) {
  std::vector<std::uint32_t> front = trial.layers.back().voxels;
  const std::size_t newest = front.size();
  if (trial.layers.size() > 1) {
    const auto& before = trial.layers[trial.layers.size() - 2].voxels;
    front.insert(front.end(), before.begin(), before.end());
  }
  std::vector<std::pair<std::uint32_t, std::size_t>> order;  // voxel, place in `front`
  for (std::size_t i = 0; i < front.size(); ++i) order.emplace_back(front[i], i);
  std::sort(order.begin(), order.end());
  const auto find = [&](std::uint32_t voxel) -> std::size_t {
    const auto it = std::lower_bound(order.begin(), order.end(), std::pair{voxel, std::size_t{0}});
    return it != order.end() && it->first == voxel ? it->second : front.size();
  };
  std::vector<bool> seen(front.size(), false);
  std::vector<std::vector<std::uint32_t>> pieces;
  for (std::size_t first = 0; first < newest; ++first) {
    if (seen[first]) continue;
    std::vector<std::uint32_t> piece;
    std::vector<std::size_t> queue{first};
    seen[first] = true;
    std::size_t in_front = 0;
    for (std::size_t next = 0; next < queue.size(); ++next) {
      if (queue[next] < newest) {
        piece.push_back(front[queue[next]]);
        ++in_front;
      }
      const auto place = grid_.place(front[queue[next]]);
      for (const VoxelGrid::Step& step : grid_.steps()) {
        if (!grid_.has(place, step)) continue;
        const std::size_t to = find(static_cast<std::uint32_t>(front[queue[next]] + step.offset));
        if (to == front.size() || seen[to]) continue;
        seen[to] = true;
        queue.push_back(to);
      }
    }
    if (in_front >= 2) pieces.push_back(std::move(piece));
  }
  return pieces;
}

/// Whether the rays of the last layers met too few walls, or the layers are no darker than lung tissue; then
/// those layers are taken away.
bool Growth::lost_lumen(Trial& trial) const {
  std::vector<Layer>& layers = trial.layers;
  const std::size_t judged = std::min(window, layers.size());
  double share = 0;
  double excess = 0;
  for (std::size_t l = layers.size() - judged; l < layers.size(); ++l) {
    share += layers[l].wall_share / static_cast<double>(judged);
    excess += layers[l].excess_hu / static_cast<double>(judged);
  }
  if (share >= rules_.least_wall_share && excess < 0) return false;
  while (!layers.empty() &&
         (layers.back().wall_share < rules_.least_wall_share + 0.1 || layers.back().excess_hu >= 0))
    layers.pop_back();
  return true;
}

/// Whether the newest layer shows a leak; then the layers from its beginning on are taken away.
bool Growth::leaks(const Start& start, Trial& trial, double threshold_hu) {
  look_for_walls(start, trial, threshold_hu);
  std::vector<Layer>& layers = trial.layers;
  double least = start.area_mm2;
  for (std::size_t l = settling; l < layers.size(); ++l) least = std::min(least, layers[l].area_mm2);
  const double limit = rules_.widening * least + rules_.widening_mm2;
  if (layers.back().area_mm2 > limit) {
    while (!layers.empty() && layers.back().area_mm2 > 1.3 * least + 0.5 * rules_.widening_mm2)
      layers.pop_back();
    return true;
  }
  return layers.size() >= settling + window && lost_lumen(trial);
}

Trial Growth::grow(const Start& start, double threshold_hu) {
  using Item = std::pair<double, std::uint32_t>;  // way from the start, voxel; ties by voxel
  std::priority_queue<Item, std::vector<Item>, std::greater<>> queue;
  ++trial_;
  const double reach = growth_reach_mm(start.area_mm2, ct_.geometry.spacing_mm);
  const double near = 2 * std::sqrt(start.area_mm2 / std::numbers::pi) + 2;
  const auto push_neighbours = [&](double distance, std::uint32_t voxel) {
    const auto place = grid_.place(voxel);
    for (const VoxelGrid::Step& step : grid_.steps()) {
      if (!grid_.has(place, step)) continue;
      const auto to = static_cast<std::uint32_t>(voxel + step.offset);
      if (mark_[to] == accepted || mark_[to] == trial_ || static_cast<double>(ct_.values[to]) >= threshold_hu)
        continue;
      const Vec3 from_start = grid_.local_mm(to) - start.center_mm;
      if (dot(from_start, start.direction) < -step_mm_ && norm(from_start) < near) continue;
      queue.emplace(distance + step.length_mm, to);
    }
  };
  for (const std::uint32_t v : start.voxels) push_neighbours(0, v);
  Trial trial;
  // Borders of layers lie half way between whole steps, so that rounding does not tear a flat front apart.
  for (std::size_t layer = 1;; ++layer) {
    Layer current;
    while (!queue.empty() && queue.top().first < (static_cast<double>(layer) + 0.5) * step_mm_) {
      const auto [distance, voxel] = queue.top();
      queue.pop();
      if (mark_[voxel] == trial_) continue;
      mark_[voxel] = trial_;
      if (lines_.count(voxel, reach) < rules_.least_lines) continue;
      current.voxels.push_back(voxel);
      push_neighbours(distance, voxel);
    }
    if (current.voxels.empty()) {
      if (!queue.empty()) continue;
      if (!trial.layers.empty() && lost_lumen(trial)) trial.ending = Ending::leaked;
      return trial;
    }
    std::sort(current.voxels.begin(), current.voxels.end());
    current.center_mm = center_of(current.voxels);
    current.area_mm2 = static_cast<double>(current.voxels.size()) * grid_.voxel_mm3() / step_mm_;
    current.excess_hu = lower_quartile(current.voxels) - lumen_limit(current.area_mm2);
    trial.layers.push_back(std::move(current));
    if (leaks(start, trial, threshold_hu)) {
      trial.ending = Ending::leaked;
      return trial;
    }
    auto pieces = pieces_of(trial);
    if (pieces.size() >= 5) {
      trial.layers.resize(trial.layers.size() - std::min(settling, trial.layers.size()));
      trial.ending = Ending::leaked;
      return trial;
    }
    if (pieces.size() >= 2) {
      if (lost_lumen(trial)) {
        trial.ending = Ending::leaked;
        return trial;
      }
      trial.ending = Ending::divided;
      trial.pieces = std::move(pieces);
      return trial;
    }
  }
}

/// The growth at the highest threshold that does not leak, else the longest clean part.
std::optional<Trial> Growth::best_of(const Start& start, double& threshold, AirwayGrowth& result) {
  std::optional<Trial> longest;
  for (const double t : rules_.thresholds_hu) {
    Trial trial = grow(start, t);
    const bool is_clean = trial.ending != Ending::leaked;
    if (!is_clean) ++result.leaks_refused;
    const bool is_longer = !longest || trial.layers.size() > longest->layers.size() + 1;
    if (is_longer || is_clean) {
      if (is_longer) threshold = t;
      if (is_longer) longest = std::move(trial);
    }
    if (is_clean) break;
  }
  return longest;
}

void Growth::keep(const Start& start, Trial trial, double threshold, AirwayGrowth& result) {
  GrownBranch branch;
  branch.parent = start.parent;
  branch.threshold_hu = threshold;
  branch.length_mm = static_cast<double>(trial.layers.size()) * step_mm_;
  branch.was_cut = trial.ending == Ending::leaked;
  std::vector<double> areas;
  std::vector<double> walls;
  double share = 0;
  for (const Layer& layer : trial.layers) {
    for (const std::uint32_t v : layer.voxels) mark_[v] = accepted;
    branch.voxels.insert(branch.voxels.end(), layer.voxels.begin(), layer.voxels.end());
    areas.push_back(layer.area_mm2);
    walls.push_back(layer.wall_hu);
    share += layer.wall_share / static_cast<double>(trial.layers.size());
  }
  branch.area_mm2 = median(areas);
  branch.wall_hu = median(walls);
  branch.wall_share = share;
  if (branch.was_cut) ++result.branches_cut;
  const auto index = static_cast<std::int32_t>(result.branches.size());
  // A child is measured by what its parent had before it began to widen towards the fork.
  const double measure =
      trial.layers.size() > settling ? std::min(branch.area_mm2, start.area_mm2 * 1.2) : start.area_mm2;
  const Vec3 behind =
      trial.layers.size() > 3 ? trial.layers[trial.layers.size() - 4].center_mm : start.center_mm;
  for (auto& piece : trial.pieces) {
    const Vec3 center = center_of(piece);
    starts_.push({index, std::move(piece), center, unit(center - behind), measure});
  }
  result.branches.push_back(std::move(branch));
}

AirwayGrowth Growth::run(const TracheaCut& cut) {
  AirwayGrowth result;
  Start start;
  for (const std::size_t v : cut.voxels) {
    start.voxels.push_back(static_cast<std::uint32_t>(v));
    mark_[v] = accepted;
  }
  start.center_mm = center_of(start.voxels);
  start.area_mm2 = cut.area_mm2;
  GrownBranch first;
  first.voxels = start.voxels;
  first.area_mm2 = cut.area_mm2;
  first.wall_hu = 0;
  first.wall_share = 1;
  result.branches.push_back(first);
  start.parent = 0;
  for (const int way : {1, -1}) {
    start.direction = {};
    start.direction[static_cast<std::size_t>(cut.axis)] = way * cut.downwards;
    starts_.push(start);
  }
  while (!starts_.empty()) {
    const Start next = std::move(starts_.front());
    starts_.pop();
    double threshold = 0;
    std::optional<Trial> trial = best_of(next, threshold, result);
    const bool goes_on = trial && trial->ending == Ending::divided && !trial->layers.empty();
    if (!trial || (!goes_on && static_cast<double>(trial->layers.size()) * step_mm_ < rules_.shortest_mm)) {
      ++result.branches_dropped;
      continue;
    }
    keep(next, std::move(*trial), threshold, result);
  }
  return result;
}

}  // namespace

AirwayGrowth grow_airways(const image::ScalarVolume& ct, const TracheaCut& start, const GrowthRules& rules) {
  return Growth(ct, rules).run(start);
}

}  // namespace snitt::trees
