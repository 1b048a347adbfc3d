#pragma once
#include <cstdint>
#include <vector>

#include "data/tree.hpp"
#include "geometry/matrix.hpp"

/// Seeded paths of a tracked bronchoscope through a tree of airways, with known truth.
namespace snitt::phantom {

struct BronchoscopeSettings {
  std::uint64_t seed = 1;
  int branches = 4;                 ///< ends that the tip visits, one after another
  double smallest_radius_mm = 1.8;  ///< of airways that it gets into
  double speed_mm_per_s = 15;
  double rate_hz = 10;
  double tool_radius_mm = 1.4;
  double lateral_share = 0.7;  ///< of the room between tool and wall that it wanders in
  double breathing_mm = 12;    ///< from end to end at the lowest node; 0 at the root, growing in between
  double breathing_period_s = 4;
  double noise_mm = 0.5;           ///< of the tracker, standard deviation of each coordinate
  double direction_noise_deg = 3;  ///< of the tool's direction, besides its leaning
  double outlier_share = 0.2;      ///< metal, cough: of the samples, half of them in bursts
  double outlier_mm = 30;          ///< largest error of those
  bool come_back = true;           ///< to the root at the end
};

struct BronchoscopeSample {
  double time_s = 0;
  Vec3 position_mm;      ///< as tracked, in the space of the tree
  Vec3 direction;        ///< of the tool's tip, as tracked: unit vector, distal
  Vec3 true_mm;          ///< of the tip where the tree is at rest: inside the lumen
  std::size_t node = 0;  ///< of the tree, the nearest on the way
  bool is_outlier = false;
};

/// The tip goes from the root to the end of a branch, back to where the ways part, into the next one, and so
/// on, at constant speed; it wanders smoothly aside inside the lumen. The tree at rest is that of mean
/// breath: displacements (down and a little forward) average to zero, with more time at the end of the breath
/// out (Lujan et al. 1999, Med Phys 26:715: cos⁴). Ends are drawn so that both lungs are visited if the tree
/// has them. Throws UsageError for a tree without a branch of that radius or settings that are not positive.
std::vector<BronchoscopeSample> bronchoscope_path(const Tree& tree, const BronchoscopeSettings& settings);

}  // namespace snitt::phantom
