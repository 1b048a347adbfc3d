#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/tree.hpp"
#include "geometry/matrix.hpp"

/// Trees of tubes that fill a region, as airways fill a lung.
namespace snitt::phantom {

struct GrowthSettings {
  std::uint64_t seed = 1;
  double smallest_radius_mm = 1;  ///< nothing thinner is grown
  double node_spacing_mm = 1;     ///< largest distance of neighbouring nodes
  /// n of d0^n = d1^n + d2^n; 2.8 in airways (Kitaoka, Takaki, Suki 1999), 3 in vessels (Murray 1926).
  double diameter_exponent = 2.8;
  /// Length of a branch as share of the way to the middle of the region that it serves (Tawhai et al. 2004).
  double length_share = 0.4;
  double shortest_per_diameter = 2;  ///< length of a branch over its diameter, at least
  double longest_per_diameter = 5;   ///< and at most
  double least_share = 0.22;         ///< of the flow that the thinner child takes; at most one half
  double bow = 0.03;                 ///< how far a branch bends aside, as a share of its length
  double clearance_mm = 1.5;         ///< between the lumens of branches that do not meet in a fork
};

/// A branch to be added to a tree.
struct NewBranch {
  std::int32_t parent = -1;  ///< branch at whose end it begins; -1: it begins at `from_mm`
  Vec3 from_mm;
  Vec3 to_mm;
  double radius_mm = 1;
  std::string label;
  double bow = 0;       ///< share of the length by which its middle lies aside
  Vec3 aside{0, 1, 0};  ///< towards where, a unit vector
};

/// A tree in the making.
class GrowingTree {
 public:
  GrowingTree(GrowthSettings settings, std::string quantity);
  /// Index of the new branch.
  std::int32_t add(const NewBranch& branch);
  /// Grows a tree on the end of `branch` that serves the points of `region` [point]: they are divided by
  /// planes through the branch, turned by about 90 degrees from fork to fork, and each child runs towards the
  /// middle of its share (volume filling, Tawhai et al. 2004, J Appl Physiol 97:2310); radii follow the
  /// shares, angles lie between the way to that middle and the angle of least resistance (Kitaoka et al.
  /// 1999, J Appl Physiol 87:2207). Ends stay `inside`, branches that would touch another one are tried again
  /// and given up otherwise.
  void grow(std::int32_t branch, std::vector<Vec3> region, const std::function<bool(Vec3)>& inside);
  const Tree& tree() const { return tree_; }

 private:
  struct Bud;
  bool fork(const Bud& bud, int attempt, const std::function<bool(Vec3)>& inside, std::vector<Bud>& buds);
  std::vector<Vec3> path(const NewBranch& branch) const;
  bool is_free(const std::vector<Vec3>& path, double radius_mm, std::int32_t parent) const;
  double random(std::uint64_t branch, std::uint64_t what) const;

  GrowthSettings settings_;
  Tree tree_;
  std::vector<Vec3> ends_mm_;       // [branch]
  std::vector<Vec3> directions_;    // [branch] at its end
  std::vector<std::int32_t> last_;  // [branch] node at its end
  std::vector<double> radius_mm_;   // [branch]
};

/// In a sphere of radius 1, evenly and seeded.
std::vector<Vec3> points_in_unit_sphere(std::uint64_t seed, std::size_t count);
/// A unit vector at right angles to `direction`.
Vec3 any_perpendicular(Vec3 direction);
Vec3 normalized(Vec3 v);

}  // namespace snitt::phantom
