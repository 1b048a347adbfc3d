#pragma once
#include <vector>

#include "image/scalar_volume.hpp"
#include "trees/centerline_path.hpp"

namespace snitt::trees {

/// What the edge of an airway looks like in one image: air, a wall, lung outside, all blurred by a Gaussian.
struct WallModel {
  double sigma_mm = 0.5;  ///< of the blur, point spread and voxel together
  double air_hu = -1000;
  double wall_hu = 20;  ///< of a wall thick enough to show it
  double lung_hu = -850;
};

/// From the wide airways of the image (above 3 mm and five voxels), whose walls are thick: the blur from the
/// way between a quarter and three quarters of the edge. Defaults stay where there are too few.
WallModel wall_model(const image::ScalarVolume& ct, const std::vector<CenterlinePath>& paths);

/// How much wider the lumen is than where its profile passes half height: a thin wall's crest is low, and
/// half of it lies inside the lumen (the partial volume effect that Reinhardt, D'Souza and Hoffman 1997, IEEE
/// TMI 16:820, correct for). The thickness follows from the crest's height, the offset from the thickness.
double lumen_offset_mm(const WallModel& model, double crest_hu);

/// Radii where the lumen ends: half height plus the offset.
void correct_for_walls(const WallModel& model, const image::ScalarVolume& ct, CenterlinePath& path);

}  // namespace snitt::trees
