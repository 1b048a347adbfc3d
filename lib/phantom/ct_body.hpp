#pragma once
#include "phantom/ct_scene.hpp"

namespace snitt::phantom {

/// A body of elliptical section with what measures of a patient's size have to cope with.
struct CtBodySettings {
  double lateral_mm = 320;  ///< left to right
  double ap_mm = 220;       ///< front to back
  double length_mm = 60;    ///< of it that is scanned by default; it goes on beyond
  double hu = 40;
  double fat_mm = 0;  ///< layer of -100 HU under the skin
  bool has_lungs = false;
  bool has_bones = false;
  bool has_arms = false;
};

/// Where its shapes are known: areas add, so that the water-equivalent diameter is exact.
struct CtBody {
  CtScene scene;
  double area_mm2 = 0;                 ///< of the trunk
  double water_equivalent_mm = 0;      ///< diameter, of the trunk (AAPM report 220)
  double water_equivalent_all_mm = 0;  ///< with the arms
};

/// Throws UsageError for sizes that leave no room for what is asked.
CtBody ct_body(const CtBodySettings& settings);

}  // namespace snitt::phantom
