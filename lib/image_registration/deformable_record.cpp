#include "image_registration/deformable_record.hpp"

#include <fmt/format.h>

namespace snitt::image_registration {
namespace {

constexpr double least_reached = 0.5;         ///< share of the domain that must land in the moving image
constexpr double least_explained_lcc = 0.35;  // smooth images of nothing in common reach 0.2 to 0.38
constexpr double least_explained_lc2 = 0.1;   // right places of simulated ultrasound have 0.18 and more
constexpr double rounding = 1e-3;             ///< of the metric: an image registered to itself gains nothing
constexpr double least_gain = 0.04;           ///< of the metric: noise alone gives some per cent
constexpr double noticeable_mm = 0.5;
constexpr double worst_jacobian = 0.2;  ///< smaller ones are near folding

std::vector<std::string> reasons_for(const DeformableOutcome& outcome) {
  std::vector<std::string> reasons;
  const FieldStatistics& field = outcome.field;
  const LevelOutcome& last = outcome.levels.back();
  if (field.folded_share > 0)
    reasons.push_back(
        fmt::format("the field folds space in {:.3g} % of the voxels; use a larger bending weight or "
                    "the diffeomorphic option",
                    100 * field.folded_share));
  else if (field.smallest_jacobian < worst_jacobian)
    reasons.push_back(
        fmt::format("the field shrinks space to {:.2g} of its volume somewhere, which is nearly "
                    "folding; look at the field, or use a larger bending weight",
                    field.smallest_jacobian));
  if (last.loss_after > outcome.loss_start + rounding)
    reasons.push_back(
        "the metric is worse with the deformation than without it; check the start, or use "
        "another metric");
  else if (outcome.loss_start - last.loss_after < least_gain * outcome.loss_start &&
           field.max_mm > noticeable_mm)
    reasons.push_back(
        fmt::format("the metric gains only {:.2g} % from displacements of up to {:.2g} mm, which may follow "
                    "noise; compare "
                    "with --model rigid or affine, or bend less",
                    100 * (outcome.loss_start - last.loss_after) / outcome.loss_start, field.max_mm));
  if (outcome.has_searched && outcome.began_by_search && field.max_mm > 0.9 * outcome.plan.search_mm)
    reasons.push_back(
        fmt::format("displacements of up to {:.0f} mm come near the range of the search, {:.0f} mm along "
                    "each axis; begin "
                    "from a better linear start",
                    field.max_mm, outcome.plan.search_mm));
  if (outcome.reached_share < least_reached)
    reasons.push_back(
        fmt::format("only {:.0f} % of the fixed image's voxels land in the moving image; check the "
                    "start and the masks",
                    100 * outcome.reached_share));
  const bool is_lcc = outcome.metric == DeformableMetric::local_correlation;
  const bool is_lc2 = outcome.metric == DeformableMetric::lc2;
  const double explained = 1 - last.loss_after;
  if ((is_lcc && explained < least_explained_lcc) || (is_lc2 && explained < least_explained_lc2))
    reasons.push_back(
        "the moving image explains little of the fixed one locally, as images that have nothing in common "
        "do; "
        "check the start, or use another metric");
  return reasons;
}

Table level_table(const DeformableOutcome& outcome) {
  const auto column = [&](const char* name, const char* units, const char* text, auto read) {
    std::vector<double> values;
    for (const LevelOutcome& level : outcome.levels) values.push_back(static_cast<double>(read(level)));
    return Column{name, units, text, std::move(values)};
  };
  Table table;
  table.columns = {
      column("voxel_mm", "mm", "edge of the level's voxels", [](const auto& l) { return l.level.voxel_mm; }),
      column("control_mm", "mm", "distance of control points",
             [](const auto& l) { return l.level.control_mm; }),
      column("voxels", "1", "voxels compared", [](const auto& l) { return l.voxels; }),
      column("metric_before", "1", "metric when the level began",
             [](const auto& l) { return l.loss_before; }),
      column("metric_after", "1", "metric when it ended", [](const auto& l) { return l.loss_after; }),
      column("bending_per_mm2", "1/mm^2", "mean squared second derivative of the field",
             [](const auto& l) { return l.bending; }),
      column("iterations", "1", "steps of the optimiser", [](const auto& l) { return l.iterations; }),
      column("evaluations", "1", "metric and gradient computed",
             [](const auto& l) { return l.evaluations; })};
  return table;
}

}  // namespace

std::string name_of(DeformableMetric metric) {
  static constexpr std::array<const char*, 6> names{"auto", "ssd", "lcc", "lc2", "ngf", "mi"};
  return names[static_cast<std::size_t>(metric)];
}

CalibrationRecord deformable_record(const DeformableOutcome& outcome) {
  const FieldStatistics& field = outcome.field;
  CalibrationRecord record;
  record.method = "deformable " + name_of(outcome.metric);
  record.reasons = reasons_for(outcome);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.summary = {
      plain("metric_before", outcome.loss_start, "1",
            "metric at the finest level without deformation (0 is best)"),
      plain("metric_after", outcome.levels.back().loss_after, "1", "metric with the deformation"),
      plain("overlap_percent", 100 * outcome.reached_share, "%",
            "share of the fixed image's voxels (of its mask) that land in the moving image (in its mask)"),
      plain("displacement_mean_mm", field.mean_mm, "mm",
            "mean length of the displacements beside the linear part"),
      plain("displacement_max_mm", field.max_mm, "mm", "greatest length of a displacement"),
      plain("folded_percent", 100 * field.folded_share, "%", "share of voxels where the field folds space"),
      plain("jacobian_min", field.smallest_jacobian, "1", "smallest local change of volume"),
      plain("jacobian_max", field.largest_jacobian, "1", "largest local change of volume"),
      plain("log_jacobian_sd", field.log_jacobian_sd, "1",
            "standard deviation of the logarithm of the local change of volume"),
      plain("strain_bound", outcome.strain_bound, "1",
            "bound of the field's slope between control points; below 1 it proves the map to be one-to-one"),
      plain("bending_weight_mm2", outcome.plan.bending_mm2, "mm^2", "weight of the bending energy"),
  };
  if (outcome.has_searched) {
    record.summary.push_back(plain("search_range_mm", outcome.plan.search_mm, "mm",
                                   "displacements along each axis that the discrete search tried"));
    record.summary.push_back(plain("began_by_search", outcome.began_by_search ? 1 : 0, "1",
                                   "1 when the discrete search led to a better start than none"));
    record.summary.push_back(plain("search_disagreement_mm", outcome.inconsistency_mm, "mm",
                                   "mean distance by which the searches there and back missed each other "
                                   "before they were made one, with places "
                                   "that have no structure to go by"));
  }
  record.tables.emplace_back("levels", level_table(outcome));
  return record;
}

}  // namespace snitt::image_registration
