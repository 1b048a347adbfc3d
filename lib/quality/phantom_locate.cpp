#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "quality/phantom_fit.hpp"
#include "quality/phantom_scan.hpp"

namespace snitt::quality {
namespace {

constexpr double as_good = 0.05;         // difference of scores that says nothing
constexpr double clearly_better = 0.25;  // one module more or less, of few, is such a difference

std::string names_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

std::string modules_of(const ModelFit& fit) {
  const auto seen = std::ranges::count_if(fit.scan.modules, &FoundModule::is_seen);
  return fmt::format("{} of its {} modules", seen, fit.model->modules.size());
}

void say_doubts(PhantomScan& scan, const ModelFit& fit) {
  if (!scan.alternatives.empty())
    scan.reasons.push_back(
        fmt::format("What was scanned fits {} as well as {}; scan more modules, or name the model.",
                    names_of(scan.alternatives), scan.model.name));
  if (!fit.has_pattern && scan.model.modules.size() > 1)
    scan.reasons.push_back(fmt::format(
        "Only uniform slices were scanned: that this is {} cannot be confirmed, and its turn is not known.",
        scan.model.name));
  std::string missing;
  for (std::size_t m = 0; m < scan.model.modules.size(); ++m)
    if (std::ranges::none_of(scan.modules, [&](const FoundModule& f) { return f.module == m; }))
      missing += (missing.empty() ? "" : ", ") + scan.model.modules[m].name;
  if (!missing.empty())
    scan.reasons.push_back(fmt::format(
        "No slice lies wholly in {}: what it would tell is left out; scan the whole phantom.", missing));
  for (const FoundModule& found : scan.modules)
    // Ramps alone are too faint to tell a module by; the others say where it is.
    if (!found.is_seen && scan.model.modules[found.module].purpose != "slice thickness")
      scan.reasons.push_back(fmt::format(
          "{} was taken by its place alone (slices {} to {}), what it holds was not recognized; look "
          "at the overlay.",
          scan.model.modules[found.module].name, found.slices.front(), found.slices.back()));
}

/// What all lack is said once.
std::string lacks_of(const std::vector<ModelFit>& fits) {
  std::string text;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const bool is_common =
        std::ranges::all_of(fits, [&](const ModelFit& fit) { return fit.lack == fits[i].lack; });
    if (is_common) return fits[i].lack;
    text += fmt::format("{}{}: {}", i == 0 ? "" : "; ", fits[i].model->name, fits[i].lack);
  }
  return text;
}

PhantomScan finished(ScanEvidence& evidence, ModelFit& fit) {
  PhantomScan scan = std::move(fit.scan);
  if (evidence.is_body_cut)
    scan.reasons.push_back(
        "The field of view shows no edge of the body: its diameter was not checked, and the axis is that of "
        "the "
        "inserts; reconstruct a larger field.");
  scan.hu = std::move(evidence.hu);
  scan.certainty = fit.score / (1 + static_cast<double>(scan.alternatives.size()));
  say_doubts(scan, fit);
  return scan;
}

void warn_of_units(const Volume& ct, const std::string& path, Monitor& monitor) {
  if (ct.units != "HU")
    monitor.warn(fmt::format("{}: its values have units '{}'; they are taken for HU", path, ct.units));
}

}  // namespace

PhantomScan locate_phantom(const Volume& ct, const std::string& path, const CtPhantomModel& model,
                           const std::vector<CtPhantomModel>& others, Monitor& monitor) {
  warn_of_units(ct, path, monitor);
  ScanEvidence evidence = scan_evidence(ct, path);
  if (!evidence.axis.is_known) {
    std::vector<CtPhantomModel> all{model};
    all.insert(all.end(), others.begin(), others.end());
    find_axis_by_inserts(evidence, all);
  }
  ModelFit fit = fit_model(evidence, model);
  std::string better;
  for (const CtPhantomModel& other : others) {
    if (other.name == model.name) continue;
    const ModelFit rival = fit_model(evidence, other);
    if (!rival.lack.empty()) continue;
    const bool sees_more = rival.patterns > fit.patterns && rival.score > fit.score + as_good;
    if (rival.has_pattern && (!fit.lack.empty() || sees_more || rival.score > fit.score + clearly_better))
      better += fmt::format("{}{} ({})", better.empty() ? "" : " or ", other.name, modules_of(rival));
    else if (std::abs(rival.score - fit.score) <= as_good && rival.has_pattern == fit.has_pattern)
      fit.scan.alternatives.push_back(other.name);
  }
  const std::string hint = better.empty() ? "" : fmt::format("; it fits {}", better);
  if (!fit.lack.empty()) throw InputError("{}: is not {}: {}{}", path, model.name, fit.lack, hint);
  if (!better.empty())
    throw InputError("{}: is hardly {}: only {} were recognized{}", path, model.name, modules_of(fit), hint);
  // There is nothing in water by which it could be confirmed beyond its name and its value.
  if (model.modules.size() == 1 && fit.scan.alternatives.empty()) fit.score = std::max(fit.score, 0.8);
  return finished(evidence, fit);
}

PhantomScan recognize_phantom(const Volume& ct, const std::string& path,
                              const std::vector<CtPhantomModel>& models, Monitor& monitor) {
  warn_of_units(ct, path, monitor);
  ScanEvidence evidence = scan_evidence(ct, path);
  if (!evidence.axis.is_known) find_axis_by_inserts(evidence, models);
  std::vector<ModelFit> fits;
  for (const CtPhantomModel& model : models) fits.push_back(fit_model(evidence, model));
  const auto best = std::ranges::max_element(fits, {}, &ModelFit::score);
  if (best == fits.end() || !best->lack.empty() || best->score == 0)
    throw InputError("{}: is none of the known test objects ({})", path, lacks_of(fits));
  for (const ModelFit& fit : fits)
    if (&fit != &*best && fit.lack.empty() && fit.score >= best->score - as_good)
      best->scan.alternatives.push_back(fit.model->name);
  if (!best->has_pattern && !best->scan.alternatives.empty())
    throw InputError(
        "{}: holds only uniform slices of {:.0f} mm, as {} or {} have them; name the model (--phantom)", path,
        evidence.median_diameter_mm, best->model->name, names_of(best->scan.alternatives));
  return finished(evidence, *best);
}

}  // namespace snitt::quality
