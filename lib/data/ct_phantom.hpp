#pragma once
#include <optional>
#include <string>
#include <vector>

namespace snitt {

/// What a test object for CT consists of, as its manual draws it: the same description is rendered by the
/// simulation and looked for by the analysis. Millimetres in the phantom's own frame: x to the right and y
/// down as the slice is displayed, origin in the axis of the cylinder; z along the axis, 0 at the first
/// module's centre, growing towards the later modules of the list as the manual gives their offsets.
enum class PhantomObjectKind {
  rod,          ///< cylinder along z through the module
  hole,         ///< small rod that marks distances
  wire,         ///< thin, along z
  bead,         ///< small sphere
  ramp,         ///< thin wire inclined against the slice
  line_pairs,   ///< a group of bars
  low_contrast  ///< a rod of a few HU
};

struct PhantomObject {
  PhantomObjectKind kind = PhantomObjectKind::rod;
  std::string material;  ///< "Teflon"; "" where none is named
  double x_mm = 0;
  double y_mm = 0;
  double diameter_mm = 0;
  double hu = 0;            ///< nominal
  double hu_tolerance = 0;  ///< 0: none stated
  double angle_deg = 0;     ///< of a ramp's or group's direction in the slice, from x towards y
  double value =
      0;  ///< ramp: angle against the slice in deg; line pairs: per cm; low contrast: nominal contrast in HU
};

struct PhantomModule {
  std::string name;     ///< "CTP404"
  std::string purpose;  ///< "sensitometry", "uniformity", "resolution", "low contrast", "slice thickness"
  double z_mm = 0;      ///< centre
  double length_mm = 0;
  double background_hu = 0;
  double body_diameter_mm = 0;  ///< where it differs from the phantom's (Mercury); 0: the phantom's
  std::vector<PhantomObject> objects;
};

struct CtPhantomModel {
  std::string name;    ///< as a tool's option spells it: "catphan-504"
  std::string title;   ///< "CatPhan 504"
  std::string source;  ///< where the numbers come from
  double body_diameter_mm = 0;
  double body_hu = 0;  ///< of the housing
  std::vector<PhantomModule> modules;
  const PhantomModule* find(const std::string& module) const;
};

/// catphan-500, catphan-504, catphan-600, catphan-604, acr-464, mercury-4, water.
const std::vector<CtPhantomModel>& ct_phantom_models();

}  // namespace snitt
