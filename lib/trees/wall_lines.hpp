#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "image/scalar_volume.hpp"
#include "trees/voxel_grid.hpp"

namespace snitt::trees {

struct LungLevels {
  double mean_hu = -850;     ///< of lung tissue: the mode of the histogram between -980 and -500
  double deviation_hu = 40;  ///< from the half width of that mode, noise and texture together
  bool found = false;        ///< whether the image has lung tissue at all
};
LungLevels lung_levels(const image::ScalarVolume& ct);

/// How many of 13 lines through a voxel (along the edges and diagonals of a cube) meet a wall, above wall_hu,
/// on both sides within reach. In a tube all lines do but those near its axis; in lung tissue few do, and
/// beside a vessel only on one side. The rim of the image counts as wall.
class WallLines {
 public:
  WallLines(const image::ScalarVolume& ct, double wall_hu, double rise_hu);
  std::size_t count(std::uint32_t voxel, double reach_mm) const;

 private:
  struct Stop {
    std::array<int, 3> by;
    std::ptrdiff_t offset;
  };
  bool meets_wall(const std::array<std::size_t, 3>& place, std::uint32_t voxel, std::size_t direction,
                  std::size_t stops) const;
  const image::ScalarVolume& ct_;
  VoxelGrid grid_;
  double wall_hu_;
  double rise_hu_;
  double step_mm_;
  std::array<std::vector<Stop>, 26> ways_;  // [direction, stop], one every step_mm_; opposite ones sum to 25
};

/// How far those lines are followed in an airway of this cross-section: a little more than across it.
double growth_reach_mm(double area_mm2, const Vec3& spacing_mm);

}  // namespace snitt::trees
