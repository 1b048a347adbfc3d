#pragma once
#include <cstddef>
#include <vector>

#include "data/ct_phantom.hpp"
#include "quality/coarse_scan.hpp"

/// A module as rings of values about the axis, to be found in slices at any turn.
namespace snitt::quality {

/// How values are compared. Tube voltage changes the contrast of bone twofold and that of plastics little:
/// roots of contrasts see all inserts of a module and no single one rules. A few HU want the values as they
/// are.
enum class PatternScale { root, linear };

struct ModulePattern {
  PatternScale scale = PatternScale::root;
  std::vector<std::size_t> rings;  ///< radii in mm that hold something; empty: nothing to be seen by
  std::vector<float> values;       ///< [ring, angle], scaled contrasts, times the root of the radius
  double norm = 0;                 ///< without their mean
  std::vector<float> linear;       ///< contrasts in HU
  double linear_norm = 0;
};

/// Objects whose |contrast| lies between the two limits: rods, holes, groups of bars (as their mean) and low
/// contrast; mirrored: seen from behind.
ModulePattern module_pattern(const PhantomModule& module, double smallest_hu, double largest_hu,
                             bool is_mirrored, double largest_radius_mm);

/// Correlation coefficients of a pattern with a slice for all turns; `contrast` is the factor by which the
/// slice's contrasts exceed the pattern's.
struct PatternMatch {
  std::vector<float> likeness;  ///< [turn] -1 to 1
  std::vector<float> contrast;  ///< [turn]
};
PatternMatch match_pattern(const ModulePattern& pattern, const PolarPlane& polar);

/// Degrees by which the model is turned for a turn of the pattern, in steps of an angle.
double degrees_of_turn(double turn);

}  // namespace snitt::quality
