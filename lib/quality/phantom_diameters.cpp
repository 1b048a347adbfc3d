#include <algorithm>
#include <cmath>
#include <map>

#include "quality/exponential_fit.hpp"
#include "quality/noise_texture.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_table.hpp"

namespace snitt::quality {
namespace {

constexpr double task_diameter_mm = 5;

double measured(const PhantomFindings& findings, const std::string& module, const std::string& measure,
                const std::string& object) {
  for (const PhantomMeasure& m : findings.measures)
    if (m.module == module && m.measure == measure && m.object == object) return m.value;
  return not_found;
}

/// d' over diameter of one insert.
struct Series {
  std::vector<double> diameter_mm;
  std::vector<double> detectability;
};

void add_fits(const std::map<std::string, Series>& series, PhantomFindings& findings) {
  Table& table = findings.table(
      "diameter_fits",
      {text_column("object", "insert"), number_column("alpha", "1", "of d' = alpha exp(beta D)"),
       number_column("beta_per_mm", "1/mm", "of the same"),
       number_column("alpha_half_width", "1", "of its 95 % interval"),
       number_column("beta_half_width_per_mm", "1/mm", "of its 95 % interval"),
       number_column("r2", "1", "share of the variation that it explains"),
       number_column("diameters", "1", "number of points")});
  for (const auto& [name, points] : series) {
    if (points.diameter_mm.size() < 3) continue;
    const ExponentialFit fit = fit_exponential(points.diameter_mm, points.detectability);
    findings.add({"", "detectability_alpha", name, fit.alpha, "1"});
    findings.add({"", "detectability_beta_per_mm", name, fit.beta, "1/mm"});
    add_row(table, {name},
            {fit.alpha, fit.beta, fit.alpha_half_width, fit.beta_half_width, fit.r2,
             static_cast<double>(points.diameter_mm.size())});
  }
}

}  // namespace

void analyze_diameters(const PhantomScan& scan, const PhantomAnalysisOptions& options,
                       PhantomFindings& findings) {
  std::map<std::string, Series> series;
  std::map<std::string, NoisePower> restored;  // by uniform module
  bool is_noise_free = false;
  for (const InsertTransfer& insert : findings.transfers) {
    const PhantomModule* module = scan.model.find(insert.module);
    if (module == nullptr || module->body_diameter_mm == 0) continue;
    const auto noise = std::ranges::find_if(findings.module_noise, [&](const auto& candidate) {
      const PhantomModule* uniform = scan.model.find(candidate.first);
      return uniform != nullptr && uniform->body_diameter_mm == module->body_diameter_mm;
    });
    if (noise == findings.module_noise.end()) continue;
    // Report 233's task for Mercury: as much contrast as the insert itself has.
    const DetectionTask task{TaskShape::designer, task_diameter_mm, std::abs(insert.transfer.contrast_hu), 1};
    // Without noise or contrast there is no number to give; the row is kept for the rest of its values.
    const bool is_seen = noise->second.noise_hu >= least_noise_hu && task.contrast_hu > 0;
    PhantomMeasure measure{module->name, "detectability", insert.object, not_found, "1"};
    if (is_seen) {
      if (!restored.contains(noise->first)) restored.emplace(noise->first, without_trend_loss(noise->second));
      const NoisePower& power = restored.at(noise->first);
      measure.value = detectability(task, insert.transfer, power, options.observer);
      measure.note = too_large_for_regions(task, insert.transfer, power, options.observer);
    } else {
      is_noise_free = is_noise_free || task.contrast_hu > 0;
    }
    const double value = measure.value;
    Table& table = findings.table(
        "diameters",
        {text_column("object", "insert"), number_column("diameter_mm", "mm", "of the body"),
         number_column("hu", "HU", "of the insert"), number_column("contrast_hu", "HU", "against the body"),
         number_column("ttf_f50_per_mm", "1/mm", "frequency at which its transfer is 0.5"),
         number_column("ttf_f10_per_mm", "1/mm", "frequency at which it is 0.1"),
         number_column("noise_hu", "HU", "of the uniform part of that diameter"),
         number_column("nps_peak_per_mm", "1/mm", "frequency of its largest noise power"),
         number_column("nps_mean_per_mm", "1/mm", "mean frequency of its noise power"),
         number_column("detectability", "1", "d' of 5 mm with the contrast of the insert")});
    add_row(table, {insert.object},
            {module->body_diameter_mm, measured(findings, module->name, "hu", insert.object),
             insert.transfer.contrast_hu, insert.transfer.f50_per_mm, insert.transfer.f10_per_mm,
             noise->second.noise_hu, noise->second.peak_frequency_per_mm, noise->second.mean_frequency_per_mm,
             value});
    if (is_seen) findings.add(measure);
    if (!(value > 0)) continue;
    series[insert.object].diameter_mm.push_back(module->body_diameter_mm);
    series[insert.object].detectability.push_back(value);
  }
  if (!series.empty()) add_fits(series, findings);
  if (is_noise_free)
    findings.reasons.emplace_back(
        "There is no d' of the inserts: the images have no noise, they are simulated without it or masked; "
        "take the scanner's own.");
}

}  // namespace snitt::quality
