#pragma once
#include <optional>
#include <string>
#include <vector>

namespace snitt {

/// What a test object for CT consists of, as its manual draws it: the same description is rendered by the
/// simulation and looked for by the analysis. Millimetres in the phantom's own frame: x to the right and y
/// down as the slice is displayed, origin in the axis of the cylinder; z along the axis, 0 at the first
/// module's centre, growing as the manual gives the modules' offsets. Where the phantom hangs from the end of
/// the table, z of this frame runs against z of the patient's (towards the feet), so that this frame is left
/// handed in the world: a scan is this picture, or its mirror image read the other way.
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
  /// ramp: angle against the slice in deg; line pairs: per cm; low contrast: nominal contrast in HU
  double value = 0;
  double z_mm = 0;       ///< of its middle, from the module's centre
  double length_mm = 0;  ///< along z; 0: through the whole module
  double span_mm = 0;    ///< ramp: of its trace in the slice plane; line pairs: of the bars along themselves
  double z_step_mm = 0;  ///< ramp made of single wires or beads: from one to the next; 0: one straight wire
  int bars = 0;          ///< line pairs: of the material; as many gaps less one lie between them
  /// Place and size read in a public document or measured on real images; else recalled or taken from a
  /// sketch, and no ground to fail a scan. docs/ct-phantoms.md says which.
  bool confirmed = false;
};

struct PhantomModule {
  std::string name;     ///< "CTP404"
  std::string purpose;  ///< "sensitometry", "uniformity", "resolution", "low contrast", "slice thickness"
  double z_mm = 0;      ///< centre
  double length_mm = 0;
  double background_hu = 0;
  double body_diameter_mm = 0;         ///< where it differs from the phantom's (Mercury); 0: the phantom's
  double background_tolerance_hu = 0;  ///< 0: none stated
  double edge_tolerance_hu = 4;        ///< of a uniform module: its edge against its centre (IEC 61223-3-5)
  bool confirmed = false;              ///< name, purpose and place along z, as for an object
  std::vector<PhantomObject> objects;
};

struct CtPhantomModel {
  std::string name;    ///< as a tool's option spells it: "catphan-504"
  std::string title;   ///< "CatPhan 504"
  std::string source;  ///< where the numbers come from
  double body_diameter_mm = 0;
  double body_hu = 0;             ///< of the housing
  double insert_diameter_mm = 0;  ///< of the modules where a housing surrounds them; 0: modules fill the body
  double insert_gap_mm = 0;       ///< of air around the modules in the housing
  std::vector<PhantomModule> modules;
  const PhantomModule* find(const std::string& module) const;
};

/// catphan-500, catphan-504, catphan-600, catphan-604, acr-464, mercury-4, water.
const std::vector<CtPhantomModel>& ct_phantom_models();

/// The model of that name. \throws InputError with the known names.
const CtPhantomModel& ct_phantom_model(const std::string& name);

/// A cylinder of water of any diameter and length, with no objects: purpose "uniformity".
CtPhantomModel water_cylinder(double diameter_mm, double length_mm);

}  // namespace snitt
