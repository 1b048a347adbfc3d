#pragma once
#include <cstdint>

#include "data/volume.hpp"
#include "phantom/airway_tree.hpp"

/// Images that show a tree whose truth is known.
namespace snitt::phantom {

struct AirwayCtSettings {
  std::uint64_t seed = 1;
  Vec3 spacing_mm{0.7, 0.7, 0.7};
  double margin_mm = 8;          ///< of the field around the lungs
  double point_spread_mm = 0.5;  ///< standard deviation of the scanner's point spread, besides the voxel
  double noise_hu = 25;          ///< standard deviation, correlated as the point spread makes it
  double texture_hu = 35;        ///< of lung tissue
  double texture_mm = 1;         ///< lattice cell of the texture; its grain is about 2.5 times as wide
  double wall_share = 1;         ///< of the walls' usual thickness
  bool vessels = true;           ///< arteries beside the bronchi
};

/// Labels of the truth.
enum class ChestLabel : std::uint8_t { other = 0, lumen = 1, wall = 2, vessel = 3, lung = 4 };

struct SimulatedCt {
  Volume image;  ///< int16, HU
  Volume
      labels;  ///< uint8, what more than half of the voxel is (ChestLabel; lumen before wall before the rest)
};

/// Thickness of the wall around a lumen of this radius: 0.35 mm + 0.16 r (0.6 mm at 3 mm across, 1.7 mm
/// in the trachea; the range of Montaudon et al. 2007, J Anat 211:579).
double wall_thickness_mm(double radius_mm);

/// Air (-1000 HU) in the lumen, walls (+20) that vary by 25 % from branch to branch, lung (-850 with
/// texture), arteries (+40) as wide as the bronchi beside them, soft tissue (+40) between and around the
/// lungs, air around the body. The trachea leaves the field at the top. The last airways open: over their
/// last 3 mm the lumen narrows to half and the wall fades to nothing, as where a real airway becomes too
/// small to be seen; the truth ends with them. Throws UsageError for a spacing that is not positive or a
/// field of more than 2e9 voxels.
SimulatedCt airway_ct(const AirwayTree& airways, const AirwayCtSettings& settings);

enum class VesselContrast {
  angiography,  ///< bright blood (400) on tissue (100), Gaussian noise
  doppler,      ///< blood flow (200) on nothing, blurred wide, with flickering gain and clutter
};

struct VesselImageSettings {
  std::uint64_t seed = 1;
  Vec3 spacing_mm{0.5, 0.5, 0.5};
  double margin_mm = 5;
  double point_spread_mm = 0.4;
  double noise = 20;
  double texture = 15;
  VesselContrast contrast = VesselContrast::angiography;
};

/// Labels: 1 where more than half of the voxel is vessel.
SimulatedCt vessel_image(const Tree& tree, const VesselImageSettings& settings);

}  // namespace snitt::phantom
