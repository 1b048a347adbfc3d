#include "phantom/airway_tree.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "phantom/noise.hpp"
#include "phantom/tree_growth.hpp"

namespace snitt::phantom {
namespace {

constexpr std::size_t points_per_lung = 12000;

/// A bronchus with a name. Lengths are shares of the scale; radii of the trachea's.
struct NamedBronchus {
  const char* name;
  int parent;
  double length_mm;
  double radius_share;
  Vec3 direction;  ///< LPS, any length
};

enum Bronchus {
  trachea,
  right_main,
  left_main,
  right_upper,
  intermediate,
  right_middle,
  right_lower,
  left_upper,
  left_lower,
  bronchus_count
};

// Adults (Horsfield et al. 1971; Weibel 1963; the trachea is 16 to 18 mm wide): the right main bronchus is
// short, wide and steep, the left one long, narrower and flatter.
const std::array<NamedBronchus, bronchus_count> named{{
    {"trachea", -1, 110, 1.0, {0, 0.16, -1}},
    {"right main bronchus", trachea, 24, 0.84, {-0.52, 0.10, -0.85}},
    {"left main bronchus", trachea, 46, 0.72, {0.74, 0.14, -0.66}},
    {"right upper lobe bronchus", right_main, 16, 0.56, {-0.90, -0.05, 0.25}},
    {"intermediate bronchus", right_main, 27, 0.68, {-0.22, 0.10, -0.97}},
    {"right middle lobe bronchus", intermediate, 17, 0.40, {-0.50, -0.75, -0.45}},
    {"right lower lobe bronchus", intermediate, 16, 0.58, {-0.30, 0.32, -0.90}},
    {"left upper lobe bronchus", left_main, 16, 0.55, {0.72, -0.55, 0.30}},
    {"left lower lobe bronchus", left_main, 17, 0.57, {0.30, 0.36, -0.88}},
}};

class Variation {
 public:
  explicit Variation(std::uint64_t seed) : seed_(seed) {}
  /// 1 - share … 1 + share.
  double factor(std::uint64_t what, double share) const {
    return 1 + share * (2 * uniform(random_bits(seed_, 7001, what)) - 1);
  }
  Vec3 direction(std::uint64_t what, Vec3 mean, double spread) const {
    Vec3 v = normalized(mean);
    for (std::uint64_t axis = 0; axis < 3; ++axis)
      v[axis] += spread * (2 * uniform(random_bits(seed_, 7002 + what, axis)) - 1);
    return normalized(v);
  }

 private:
  std::uint64_t seed_;
};

/// Which lobar bronchus serves a point; the fissures are planes.
Bronchus lobe_of(const LungEllipsoid& lung, Vec3 p, bool is_right) {
  const double height = (p.z - lung.center_mm.z) / lung.half_size_mm.z;
  const double back = (p.y - lung.center_mm.y) / lung.half_size_mm.y;
  const bool above_oblique = height > 0.75 * back;  // falls from behind above to the front below
  if (!is_right) return above_oblique ? left_upper : left_lower;
  if (!above_oblique) return right_lower;
  return height > 0.02 ? right_upper : right_middle;
}

void check(const AirwayTreeSettings& s) {
  const std::array<std::pair<const char*, double>, 5> sizes{{{"trachea_radius_mm", s.trachea_radius_mm},
                                                             {"trachea_length_mm", s.trachea_length_mm},
                                                             {"smallest_radius_mm", s.smallest_radius_mm},
                                                             {"node_spacing_mm", s.node_spacing_mm},
                                                             {"scale", s.scale}}};
  for (const auto& [name, value] : sizes)
    if (!(value > 0 && std::isfinite(value)))
      throw UsageError("{} of an airway tree is {}; expected a positive number", name, value);
  if (s.smallest_radius_mm > s.trachea_radius_mm / 4)
    throw UsageError(
        "smallest_radius_mm of an airway tree is {}; expected at most a quarter of the trachea's radius, {}",
        s.smallest_radius_mm, s.trachea_radius_mm / 4);
}

LungEllipsoid lung_of(const Variation& vary, double scale, bool is_right) {
  const std::uint64_t key = is_right ? 40 : 50;
  const Vec3 half{(is_right ? 60 : 55) * vary.factor(key, 0.06), 82 * vary.factor(key + 1, 0.06),
                  118 * vary.factor(key + 2, 0.06)};
  const double side = is_right ? -1 : 1;
  return {scale * Vec3{side * (22 + half.x), 5, -12}, scale * half};
}

void grow_lung(GrowingTree& growing, const std::array<std::int32_t, bronchus_count>& branch,
               const LungEllipsoid& lung, bool is_right, std::uint64_t seed) {
  std::array<std::vector<Vec3>, bronchus_count> region;
  for (const Vec3 unit : points_in_unit_sphere(seed + (is_right ? 11 : 12), points_per_lung)) {
    const Vec3 p = lung.center_mm + Vec3{lung.half_size_mm.x * unit.x, lung.half_size_mm.y * unit.y,
                                         lung.half_size_mm.z * unit.z};
    region[lobe_of(lung, p, is_right)].push_back(p);
  }
  const auto inside = [&](Vec3 p) { return lung.level(p) < 0.93; };
  for (std::size_t lobe = 0; lobe < region.size(); ++lobe)
    if (!region[lobe].empty()) growing.grow(branch[lobe], region[lobe], inside);
}

}  // namespace

double LungEllipsoid::level(Vec3 point_mm) const {
  const Vec3 d = point_mm - center_mm;
  return std::sqrt(std::pow(d.x / half_size_mm.x, 2) + std::pow(d.y / half_size_mm.y, 2) +
                   std::pow(d.z / half_size_mm.z, 2));
}

AirwayTree airway_tree(const AirwayTreeSettings& s) {
  check(s);
  const Variation vary(s.seed);
  AirwayTree made;
  made.right = lung_of(vary, s.scale, true);
  made.left = lung_of(vary, s.scale, false);
  GrowthSettings growth;
  growth.seed = s.seed;
  growth.smallest_radius_mm = s.scale * s.smallest_radius_mm;
  growth.node_spacing_mm = s.node_spacing_mm;
  growth.clearance_mm = s.scale * 1.5 + 1;
  GrowingTree growing(growth, "airways");
  std::array<std::int32_t, bronchus_count> branch{};
  std::array<Vec3, bronchus_count> end{};
  for (std::size_t i = 0; i < named.size(); ++i) {
    const NamedBronchus& b = named[i];
    const Vec3 direction = vary.direction(i, b.direction, i == trachea ? 0.03 : 0.08);
    const double length = s.scale * (i == trachea ? s.trachea_length_mm : b.length_mm * vary.factor(i, 0.1));
    const double radius =
        s.scale * s.trachea_radius_mm * b.radius_share * (i == trachea ? 1 : vary.factor(20 + i, 0.04));
    const Vec3 from = i == trachea ? -length * direction : end[static_cast<std::size_t>(b.parent)];
    end[i] = from + length * direction;
    const double bow = i == trachea ? 0.02 : 0.03 * vary.factor(60 + i, 1);
    branch[i] = growing.add({b.parent < 0 ? -1 : branch[static_cast<std::size_t>(b.parent)], from, end[i],
                             radius, b.name, bow, any_perpendicular(direction)});
  }
  grow_lung(growing, branch, made.right, true, s.seed);
  grow_lung(growing, branch, made.left, false, s.seed);
  made.tree = growing.tree();
  return made;
}

Tree vessel_tree(const VesselTreeSettings& s) {
  const double smallest_half = std::min({s.half_size_mm.x, s.half_size_mm.y, s.half_size_mm.z});
  if (!(s.smallest_radius_mm > 0 && s.node_spacing_mm > 0 && smallest_half > 0 && s.bow >= 0))
    throw UsageError("a vessel tree has a size that is not positive; expected all positive");
  if (!(s.root_radius_mm > s.smallest_radius_mm))
    throw UsageError("the root of a vessel tree has radius {} mm; expected above the smallest, {} mm",
                     s.root_radius_mm, s.smallest_radius_mm);
  GrowthSettings growth;
  growth.seed = s.seed;
  growth.smallest_radius_mm = s.smallest_radius_mm;
  growth.node_spacing_mm = s.node_spacing_mm;
  growth.diameter_exponent = 3;
  growth.longest_per_diameter = 12;
  growth.bow = s.bow;
  GrowingTree growing(growth, "vessels");
  const Variation vary(s.seed);
  const Vec3 bottom{0, 0, -0.95 * s.half_size_mm.z};
  const Vec3 direction = vary.direction(1, {0, 0, 1}, 0.1);
  const std::int32_t root = growing.add({-1, bottom, bottom + (0.6 * s.half_size_mm.z) * direction,
                                         s.root_radius_mm, "", s.bow, any_perpendicular(direction)});
  const LungEllipsoid region{{}, s.half_size_mm};
  std::vector<Vec3> points = points_in_unit_sphere(s.seed + 13, points_per_lung);
  for (Vec3& p : points) p = {p.x * s.half_size_mm.x, p.y * s.half_size_mm.y, p.z * s.half_size_mm.z};
  growing.grow(root, std::move(points), [&](Vec3 p) { return region.level(p) < 0.97; });
  return growing.tree();
}

}  // namespace snitt::phantom
