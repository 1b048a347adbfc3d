#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/phantom_fit.hpp"

namespace snitt::quality {
namespace {

constexpr double other_material_hu = 60;     // water is not as far from 0 in any CT
constexpr double other_background_hu = 150;  // cone beams are off by as much

double mean_around_axis(const ScanEvidence& evidence, const std::vector<std::size_t>& slices) {
  constexpr std::size_t reach = 15;
  double sum = 0;
  for (const std::size_t k : slices)
    for (std::size_t i = 0; i < reach * pattern_angles; ++i)
      sum += static_cast<double>(evidence.polar[k].values[i]);
  return sum / static_cast<double>(slices.size() * reach * pattern_angles);
}

double flat_radius_of(const CtPhantomModel& model, const PhantomModule& module) {
  // What surrounds the modules of a housing is a gap of air, whose blur reaches inwards.
  return model.insert_diameter_mm > 0 ? model.insert_diameter_mm / 2 - 9 : diameter_of(model, module) / 2 - 9;
}

/// The longest stretch of flat slices.
std::vector<std::size_t> longest_flat(const ScanEvidence& evidence, const std::vector<bool>& flat) {
  std::vector<std::size_t> best;
  std::vector<std::size_t> run;
  for (std::size_t k = evidence.first_slice; k < evidence.end_slice; ++k) {
    if (!flat[k]) {
      run.clear();
      continue;
    }
    run.push_back(k);
    if (run.size() > best.size()) best = run;
  }
  return best;
}

/// Uniform and low contrast modules of one diameter may lie side by side, and look alike where targets are
/// not seen. A phantom that is nothing but uniform has any length.
double longest_uniform_mm(const CtPhantomModel& model) {
  if (model.modules.size() == 1) return std::numeric_limits<double>::infinity();
  constexpr double margin_mm = 10;
  double longest = 0;
  for (const PhantomModule& of : model.modules) {
    double sum = margin_mm;
    for (const PhantomModule& module : model.modules)
      if ((module.purpose == "uniformity" || module.purpose == "low contrast") &&
          diameter_of(model, module) == diameter_of(model, of))
        // A length that is recalled may be wrong by a factor.
        sum += (module.confirmed || module.body_diameter_mm == 0 ? 1 : 2) * module.length_mm;
    longest = std::max(longest, sum);
  }
  return longest;
}

}  // namespace

double diameter_of(const CtPhantomModel& model, const PhantomModule& module) {
  return module.body_diameter_mm > 0 ? module.body_diameter_mm : model.body_diameter_mm;
}

std::vector<bool> flat_slices(const ScanEvidence& evidence, const CtPhantomModel& model) {
  std::vector<bool> flat(evidence.coarse.slices, false);
  for (std::size_t k = evidence.first_slice; k < evidence.end_slice; ++k)
    for (const PhantomModule& module : model.modules) {
      const double diameter = diameter_of(model, module);
      if (evidence.circles[k].is_found &&
          std::abs(2 * evidence.circles[k].radius_mm - diameter) > diameter_tolerance * diameter)
        continue;
      flat[k] = is_flat(evidence.polar[k], flat_radius_of(model, module));
      break;
    }
  return flat;
}

std::vector<std::size_t> flat_of_diameter(const ScanEvidence& evidence, const PhantomModule& module,
                                          const std::vector<bool>& flat) {
  std::vector<std::size_t> slices;
  for (std::size_t k = evidence.first_slice; k < evidence.end_slice; ++k) {
    const BodyCircle& circle = evidence.circles[k];
    if (flat[k] && circle.is_found &&
        std::abs(2 * circle.radius_mm - module.body_diameter_mm) <=
            diameter_tolerance * module.body_diameter_mm)
      slices.push_back(k);
  }
  // The outermost are half in the next part.
  const auto margin = static_cast<std::size_t>(std::ceil(module_margin_mm / evidence.spacing_mm[2]));
  if (slices.size() <= 2 * margin) return {};
  return {slices.begin() + static_cast<std::ptrdiff_t>(margin),
          slices.end() - static_cast<std::ptrdiff_t>(margin)};
}

void fit_flat(const ScanEvidence& evidence, const std::vector<bool>& flat, ModelFit& fit) {
  const CtPhantomModel& model = *fit.model;
  const std::vector<std::size_t> slices = longest_flat(evidence, flat);
  if (slices.empty()) {
    fit.lack = fmt::format("the slices hold neither the inserts of {} nor are they uniform", model.name);
    return;
  }
  const double flat_mm = static_cast<double>(slices.size()) * evidence.spacing_mm[2];
  if (flat_mm > longest_uniform_mm(model)) {
    fit.lack = fmt::format("slices are uniform over {:.0f} mm, more than {} has", flat_mm, model.name);
    return;
  }
  FoundModule found;
  found.slices = slices;
  double turn = 0;
  double best_rise = 6;  // at any of 240 turns: more than chance gives once in a million
  const PhantomModule* low_contrast = nullptr;
  for (const bool mirrored : {false, true})
    for (std::size_t m = 0; m < model.modules.size(); ++m) {
      if (model.modules[m].purpose != "low contrast") continue;
      const double rise = low_contrast_rise(evidence, model.modules[m], slices, mirrored, std::nullopt, turn);
      if (rise <= best_rise) continue;
      best_rise = rise;
      low_contrast = &model.modules[m];
      found.module = m;
      fit.scan.is_mirrored = mirrored;
      fit.scan.roll_deg = turn;
      fit.scan.is_roll_known = true;
    }
  if (low_contrast == nullptr) {
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t m = 0; m < model.modules.size(); ++m) {
      const double off = std::abs(diameter_of(model, model.modules[m]) - evidence.median_diameter_mm);
      if (model.modules[m].purpose != "uniformity" || off >= nearest) continue;
      nearest = off;
      found.module = m;
    }
    if (std::isinf(nearest)) {
      fit.lack = "nothing but uniform slices was found";
      return;
    }
  }
  const PhantomModule& module = model.modules[found.module];
  const double middle_hu = mean_around_axis(evidence, slices);
  const double limit_hu = model.modules.size() == 1 ? other_material_hu : other_background_hu;
  if (std::abs(middle_hu - module.background_hu) > limit_hu) {
    fit.lack = fmt::format("its uniform slices have {:.0f} HU where {} has {:.0f}", middle_hu, model.name,
                           module.background_hu);
    return;
  }
  found.is_seen = true;
  found.score = low_contrast != nullptr ? std::min(1.0, best_rise / 12) : 0.5;
  found.z_mm = model.modules[found.module].z_mm;
  fit.has_pattern = low_contrast != nullptr;
  fit.scan.modules.push_back(found);
  // Only water is told by its HU: those of plastics depend on voltage and calibration.
  const bool is_water = model.modules.size() == 1 && std::abs(middle_hu) < 5;
  fit.score = fit.has_pattern ? 0.6 : is_water ? 0.5 : 0.3;
}

}  // namespace snitt::quality
