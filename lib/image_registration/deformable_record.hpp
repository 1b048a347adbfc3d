#pragma once
#include "image_registration/deformable.hpp"
#include "image_registration/field_statistics.hpp"

namespace snitt::image_registration {

/// How one resolution went.
struct LevelOutcome {
  DeformableLevel level;
  std::array<std::size_t, 3> control_points{};
  double voxels = 0;       ///< in the domain
  double loss_before = 0;  ///< of the metric alone
  double loss_after = 0;
  double bending = 0;  ///< mean squared second derivative, 1/mm^2
  int iterations = 0;
  int evaluations = 0;
};

struct DeformableOutcome {
  DeformableMetric metric = DeformableMetric::automatic;  ///< the one that was used
  DeformablePlan plan;
  std::vector<LevelOutcome> levels;
  double reached_share = 1;  ///< of the fixed image's domain that lands in the moving image
  double loss_start = 0;     ///< at the finest level, without deformation
  FieldStatistics field;
  double strain_bound = 0;
  bool has_searched = false;
  bool began_by_search = false;  ///< the discrete search led to a better start than none
  double inconsistency_mm = 0;   ///< mean distance that searching there and back missed
};

std::string name_of(DeformableMetric metric);

CalibrationRecord deformable_record(const DeformableOutcome& outcome);

}  // namespace snitt::image_registration
