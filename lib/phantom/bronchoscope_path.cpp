#include "phantom/bronchoscope_path.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "phantom/noise.hpp"

namespace snitt::phantom {
namespace {

enum Stream : std::uint64_t { ends = 1, wander, tracker, lean, outlier, burst };

std::size_t at(std::int32_t node) { return static_cast<std::size_t>(node); }

Vec3 unit(Vec3 v) { return norm(v) > 0 ? (1 / norm(v)) * v : Vec3{0, 0, -1}; }

/// Nodes from the root to `node`.
std::vector<std::size_t> way_to(const Tree& tree, std::size_t node) {
  std::vector<std::size_t> way{node};
  while (tree.parents[way.back()] >= 0) way.push_back(at(tree.parents[way.back()]));
  std::reverse(way.begin(), way.end());
  return way;
}

/// Last nodes of the airways that the tool gets into, one for each way that ends.
std::vector<std::size_t> reachable_ends(const Tree& tree, double smallest_radius_mm) {
  std::vector<std::uint8_t> open(tree.size(), 0);
  std::vector<std::uint8_t> goes_on(tree.size(), 0);
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::int32_t parent = tree.parents[i];
    open[i] = tree.radii_mm[i] >= smallest_radius_mm && (parent < 0 || open[at(parent)] != 0) ? 1 : 0;
    if (open[i] != 0 && parent >= 0) goes_on[at(parent)] = 1;
  }
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < tree.size(); ++i)
    if (open[i] != 0 && goes_on[i] == 0) list.push_back(i);
  return list;
}

/// Ends in turn from either side of the root, so that both lungs are seen.
std::vector<std::size_t> chosen_ends(const Tree& tree, const BronchoscopeSettings& s) {
  std::vector<std::size_t> left;
  std::vector<std::size_t> right;
  const double middle = tree.nodes_mm.front().x;
  for (const std::size_t end : reachable_ends(tree, s.smallest_radius_mm))
    (tree.nodes_mm[end].x > middle ? left : right).push_back(end);
  if (left.empty() && right.empty())
    throw UsageError("no airway of the tree has a radius of {} mm from its root on; expected a smaller one",
                     s.smallest_radius_mm);
  std::vector<std::size_t> chosen;
  for (int i = 0; i < s.branches; ++i) {
    std::vector<std::size_t>& side = right.empty() || (i % 2 == 1 && !left.empty()) ? left : right;
    const auto pick = static_cast<std::size_t>(
        uniform(random_bits(s.seed, ends, static_cast<std::uint64_t>(i))) * static_cast<double>(side.size()));
    chosen.push_back(side[pick]);
  }
  return chosen;
}

/// Nodes in the order of the walk, there and back.
std::vector<std::size_t> walk(const Tree& tree, const BronchoscopeSettings& s) {
  std::vector<std::size_t> nodes;
  std::vector<std::size_t> here;
  for (const std::size_t end : chosen_ends(tree, s)) {
    const std::vector<std::size_t> next = way_to(tree, end);
    std::size_t common = 0;
    while (common < here.size() && common < next.size() && here[common] == next[common]) ++common;
    for (std::size_t i = here.size(); i-- > common;) nodes.push_back(here[i]);
    for (std::size_t i = common == 0 ? 0 : common - 1; i < next.size(); ++i) nodes.push_back(next[i]);
    here = next;
  }
  if (s.come_back) nodes.insert(nodes.end(), here.rbegin(), here.rend());
  return nodes;
}

/// Smooth random numbers about 0, within about 1: sums of waves along the way.
double waves(std::uint64_t seed, std::uint64_t which, double s_mm) {
  double sum = 0;
  for (std::uint64_t k = 0; k < 4; ++k) {
    const double length = 18 + 40 * uniform(random_bits(seed, 100 + which, 2 * k));
    const double phase = uniform(random_bits(seed, 100 + which, 2 * k + 1));
    sum += 0.5 * std::sin(2 * std::numbers::pi * (s_mm / length + phase));
  }
  return sum;
}

Vec3 random_vector(std::uint64_t seed, std::uint64_t stream, std::uint64_t i) {
  return {normal(random_bits(seed, stream, 3 * i)), normal(random_bits(seed, stream, 3 * i + 1)),
          normal(random_bits(seed, stream, 3 * i + 2))};
}

void refuse_unfit(const Tree& tree, const BronchoscopeSettings& s) {
  if (tree.size() < 2) throw UsageError("a tree of {} nodes has no way; expected airways", tree.size());
  if (s.branches < 1 || !(s.speed_mm_per_s > 0) || !(s.rate_hz > 0) || !(s.breathing_period_s > 0))
    throw UsageError("{} branches, {} mm/s, {} Hz and {} s of breath; expected positive numbers", s.branches,
                     s.speed_mm_per_s, s.rate_hz, s.breathing_period_s);
}

/// The walk as a line with its length.
struct Way {
  std::vector<std::size_t> nodes;
  std::vector<double> at_mm;
};

Way measured(const Tree& tree, std::vector<std::size_t> nodes) {
  Way way{std::move(nodes), {0}};
  for (std::size_t i = 1; i < way.nodes.size(); ++i)
    way.at_mm.push_back(way.at_mm.back() +
                        norm(tree.nodes_mm[way.nodes[i]] - tree.nodes_mm[way.nodes[i - 1]]));
  return way;
}

class Simulation {
 public:
  Simulation(const Tree& tree, const BronchoscopeSettings& settings)
      : tree_(tree), s_(settings), way_(measured(tree, walk(tree, settings))) {
    top_ = tree.nodes_mm.front().z;
    for (const Vec3 p : tree.nodes_mm) bottom_ = std::min(bottom_, p.z);
  }

  std::vector<BronchoscopeSample> samples() const {
    std::vector<BronchoscopeSample> list;
    const double step = s_.speed_mm_per_s / s_.rate_hz;
    std::size_t segment = 0;
    int burst_left = 0;
    Vec3 burst_error;
    for (std::uint64_t i = 0; static_cast<double>(i) * step <= way_.at_mm.back(); ++i) {
      const double s = static_cast<double>(i) * step;
      while (segment + 2 < way_.nodes.size() && way_.at_mm[segment + 1] <= s) ++segment;
      BronchoscopeSample sample = undisturbed(segment, s, i);
      track(sample, i, burst_left, burst_error);
      list.push_back(sample);
    }
    return list;
  }

 private:
  BronchoscopeSample undisturbed(std::size_t segment, double s, std::uint64_t i) const {
    const std::size_t a = way_.nodes[segment];
    const std::size_t b = way_.nodes[segment + 1];
    const double length = way_.at_mm[segment + 1] - way_.at_mm[segment];
    const double share = length > 0 ? std::clamp((s - way_.at_mm[segment]) / length, 0.0, 1.0) : 0;
    const Vec3 center = tree_.nodes_mm[a] + share * (tree_.nodes_mm[b] - tree_.nodes_mm[a]);
    const double radius = (1 - share) * tree_.radii_mm[a] + share * tree_.radii_mm[b];
    // distal: away from the root, whichever way the tip is going
    const std::size_t child = tree_.parents[a] == static_cast<std::int32_t>(b) ? a : b;
    const std::size_t parent = child == a ? b : a;
    const Vec3 axis = unit(tree_.nodes_mm[child] - tree_.nodes_mm[parent]);
    const Vec3 side = unit(std::abs(axis.y) < 0.9 ? cross(axis, {0, 1, 0}) : cross(axis, {1, 0, 0}));
    const Vec3 other = cross(axis, side);
    const double room = s_.lateral_share * std::max(0.0, radius - s_.tool_radius_mm);
    Vec3 aside = waves(s_.seed, 0, s) * side + waves(s_.seed, 1, s) * other;
    if (norm(aside) > 1) aside = unit(aside);
    BronchoscopeSample sample;
    sample.time_s = static_cast<double>(i) / s_.rate_hz;
    sample.true_mm = center + room * aside;
    sample.node = share < 0.5 ? a : b;
    const double lean_rad = s_.direction_noise_deg * std::numbers::pi / 180;
    sample.direction = unit(axis + 0.15 * (waves(s_.seed, 2, s) * side + waves(s_.seed, 3, s) * other) +
                            lean_rad * random_vector(s_.seed, lean, i));
    return sample;
  }

  void track(BronchoscopeSample& sample, std::uint64_t i, int& burst_left, Vec3& burst_error) const {
    const double depth =
        top_ > bottom_ ? std::clamp((top_ - sample.true_mm.z) / (top_ - bottom_), 0.0, 1.0) : 0;
    const double phase = std::cos(std::numbers::pi * sample.time_s / s_.breathing_period_s);
    constexpr double mean_of_cos4 = 0.375;
    const double breath = s_.breathing_mm * depth * (phase * phase * phase * phase - mean_of_cos4);
    sample.position_mm =
        sample.true_mm + breath * unit({0, -0.3, 1}) + s_.noise_mm * random_vector(s_.seed, tracker, i);
    // bursts of 8 start so often that they and the single ones each make half of the share
    const double half = s_.outlier_share / 2;
    if (burst_left == 0 && uniform(random_bits(s_.seed, burst, i)) < half / 8 / (1 - half)) {
      burst_left = 8;
      burst_error = error_of(2 * i);
    }
    if (burst_left > 0) {
      --burst_left;
      disturb(sample, burst_error);
    } else if (uniform(random_bits(s_.seed, outlier, i)) < half / (1 - half)) {
      disturb(sample, error_of(2 * i + 1));
    }
  }

  Vec3 error_of(std::uint64_t i) const {
    const double size = s_.outlier_mm * (0.2 + 0.8 * uniform(random_bits(s_.seed, 7, i)));
    return size * unit(random_vector(s_.seed, 8, i));
  }

  static void disturb(BronchoscopeSample& sample, Vec3 error) {
    sample.position_mm = sample.position_mm + error;
    sample.direction = unit(sample.direction + 0.05 * error);
    sample.is_outlier = true;
  }

  const Tree& tree_;
  const BronchoscopeSettings& s_;
  Way way_;
  double top_ = 0;
  double bottom_ = 0;
};

}  // namespace

std::vector<BronchoscopeSample> bronchoscope_path(const Tree& tree, const BronchoscopeSettings& settings) {
  refuse_unfit(tree, settings);
  return Simulation(tree, settings).samples();
}

}  // namespace snitt::phantom
