#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/ct_phantom.hpp"
#include "quality/phantom_evidence.hpp"
#include "quality/phantom_scan.hpp"

/// One model held against what a scan shows.
namespace snitt::quality {

struct ModelFit {
  const CtPhantomModel* model = nullptr;
  std::string lack;          ///< why it is not this model, a clause; "" when it may be
  double score = 0;          ///< 0 to 1
  PhantomScan scan;          ///< without voxels
  bool has_pattern = false;  ///< a module was told by what is in it, not only by its being uniform
  std::size_t patterns = 0;  ///< how many were
};

ModelFit fit_model(const ScanEvidence& evidence, const CtPhantomModel& model);

constexpr double diameter_tolerance = 0.025;  // a pixel size may be 1 % off; other phantoms differ by more
constexpr double module_margin_mm = 3;        // what lies nearer to a module's end may hold the next one

/// Of the body around a module.
double diameter_of(const CtPhantomModel& model, const PhantomModule& module);

/// Which slices show a body of the model with nothing in it.
std::vector<bool> flat_slices(const ScanEvidence& evidence, const CtPhantomModel& model);

/// Where modules have diameters of their own, a uniform one is where the slices of its diameter are flat: no
/// place along z is needed.
std::vector<std::size_t> flat_of_diameter(const ScanEvidence& evidence, const PhantomModule& module,
                                          const std::vector<bool>& flat);

/// A scan without any insert in it: uniform slices, and perhaps low contrast targets.
void fit_flat(const ScanEvidence& evidence, const std::vector<bool>& flat, ModelFit& fit);

/// Slices of a module seen by its pattern.
struct SeenModule {
  std::size_t module = 0;
  std::vector<std::size_t> slices;  ///< wholly inside
  double likeness = 0;
  double slice = 0;  ///< its middle, as a slice number
};

struct SeenPatterns {
  std::vector<SeenModule> modules;
  bool is_mirrored = false;
  double turn_deg = 0;
  std::vector<double> likeness;  ///< [slice] largest to any module, at the common turn
};

/// Modules with objects of at least 25 HU, all at one turn of the phantom.
SeenPatterns see_patterns(const ScanEvidence& evidence, const CtPhantomModel& model);

/// Whether nothing larger than some HU stands out of the slice within `radius_mm` of the axis.
bool is_flat(const PolarPlane& polar, double radius_mm);

/// How far the low contrast pattern rises, at that turn, above what it gives at others, in standard
/// deviations of those; over the mean of the slices. With `turn_deg` empty at the best turn.
double low_contrast_rise(const ScanEvidence& evidence, const PhantomModule& module,
                         const std::vector<std::size_t>& slices, bool is_mirrored,
                         std::optional<double> turn_deg, double& best_turn_deg);

/// Looks for each object of a found module; refines turn and centre by those that are sharp. `unexplained`
/// counts what stands out on the circles of the rods without being in the model.
struct ObjectCheck {
  std::vector<FoundObject> objects;
  std::size_t wanted = 0;  ///< rods of 40 HU and more
  std::size_t found = 0;
  std::size_t unexplained = 0;
  std::string missing;  ///< names, joined by commas
  double turn_deg = 0;  ///< refined
};
ObjectCheck check_objects(const ScanEvidence& evidence, const PhantomScan& scan, const PhantomModule& module,
                          const std::vector<std::size_t>& slices);

}  // namespace snitt::quality
