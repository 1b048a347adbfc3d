#include "quality/phantom_analyses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "quality/noise_texture.hpp"

namespace snitt::quality {
namespace {

const char* word_of(TaskShape shape) {
  switch (shape) {
    case TaskShape::disk:
      return "disk";
    case TaskShape::gaussian:
      return "gaussian";
    case TaskShape::designer:
      break;
  }
  return "designer";
}

/// Iterative reconstructions resolve less at less contrast: the insert of the most alike contrast counts.
void add_detectability(const PhantomAnalysisOptions& options, PhantomFindings& findings) {
  if (options.tasks.empty()) return;
  if (findings.transfers.empty() || !findings.noise) {
    findings.reasons.push_back(
        "There is no d': it needs the resolution of an insert and the noise of the uniform module in one "
        "scan.");
    return;
  }
  if (!(findings.noise->noise_hu >= least_noise_hu)) {
    findings.reasons.push_back(fmt::format(
        "There is no d': the noise is {:.2g} HU: images are simulated without noise, or masked; take the "
        "scanner's own.",
        findings.noise->noise_hu));
    return;
  }
  const NoisePower noise = without_trend_loss(*findings.noise);
  for (const DetectionTask& task : options.tasks) {
    const auto off = [&](const InsertTransfer& t) {
      return std::abs(std::log(std::abs(t.transfer.contrast_hu) / std::abs(task.contrast_hu)));
    };
    const InsertTransfer& nearest = *std::ranges::min_element(findings.transfers, {}, off);
    const std::string name = fmt::format("{} {:g} mm {:g} HU ({})", word_of(task.shape), task.diameter_mm,
                                         task.contrast_hu, nearest.object);
    PhantomMeasure measure{"", "detectability", name,
                           detectability(task, nearest.transfer, noise, options.observer), "1"};
    measure.note = too_large_for_regions(task, nearest.transfer, noise, options.observer);
    if (!measure.note.empty())
      findings.reasons.push_back(
          fmt::format("d' of {} is uncertain: {}; ask for a smaller task.", name, measure.note));
    findings.add(measure);
  }
}

}  // namespace

const std::vector<ModuleAnalysis>& phantom_analyses() {
  static const std::vector<ModuleAnalysis> analyses{
      analyze_inserts,      analyze_geometry,     analyze_ramps,        analyze_uniformity,
      analyze_insert_edges, analyze_points,       analyze_line_pairs,   analyze_low_contrast,
      analyze_wire_rows,    analyze_contrast_rod, analyze_bead_distance};
  return analyses;
}

PhantomFindings analyze_phantom(const PhantomScan& scan, const PhantomAnalysisOptions& options) {
  PhantomFindings findings;
  for (const FoundModule& found : scan.modules)
    for (const ModuleAnalysis analyze : phantom_analyses()) analyze(scan, found, options, findings);
  analyze_diameters(scan, options, findings);
  add_detectability(options, findings);
  return findings;
}

}  // namespace snitt::quality
