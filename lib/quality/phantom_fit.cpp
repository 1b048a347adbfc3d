#include "quality/phantom_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace snitt::quality {
namespace {

constexpr double offset_tolerance_mm = 12;  // modules lie 30 mm and more apart

bool has_diameter(const CtPhantomModel& model, double diameter_mm) {
  return std::ranges::any_of(model.modules, [&](const PhantomModule& module) {
    const double wanted = diameter_of(model, module);
    return std::abs(diameter_mm - wanted) <= diameter_tolerance * wanted;
  });
}

std::string diameters_of(const CtPhantomModel& model) {
  std::vector<double> all;
  for (const PhantomModule& module : model.modules)
    if (std::ranges::find(all, diameter_of(model, module)) == all.end())
      all.push_back(diameter_of(model, module));
  std::string text;
  for (const double diameter : all) text += fmt::format("{}{:g}", text.empty() ? "" : ", ", diameter);
  return text;
}

std::string lack_of_body(const ScanEvidence& evidence, const CtPhantomModel& model) {
  if (evidence.is_body_cut) return "";  // only that it is larger than the field can be said
  if (!evidence.axis.is_known) {
    double width = 0;
    double height = 0;
    for (const BodyCircle& circle : evidence.circles)
      if (circle.width_mm * circle.height_mm > width * height) {
        width = circle.width_mm;
        height = circle.height_mm;
      }
    return fmt::format(
        "no round body was found (what stands above the air is {:.0f} mm wide and {:.0f} mm high)", width,
        height);
  }
  std::size_t alike = 0;
  std::size_t all = 0;
  for (std::size_t k = 0; k < evidence.circles.size(); ++k) {
    if (!evidence.on_axis[k]) continue;
    ++all;
    alike += has_diameter(model, 2 * evidence.circles[k].radius_mm) ? 1 : 0;
  }
  if (2 * alike >= all) return "";
  return fmt::format("body diameter {:.1f} mm where {} has {} mm", evidence.median_diameter_mm, model.name,
                     diameters_of(model));
}

void fill_slices(const ScanEvidence& evidence, PhantomScan& scan) {
  scan.columns = evidence.size[0];
  scan.rows = evidence.size[1];
  scan.column_spacing_mm = evidence.spacing_mm[0];
  scan.row_spacing_mm = evidence.spacing_mm[1];
  scan.slice_spacing_mm = evidence.spacing_mm[2];
  for (std::size_t k = 0; k < evidence.size[2]; ++k) {
    PhantomSlice slice;
    slice.centre = evidence.centre(k);
    const BodyCircle& circle = evidence.circles[k];
    if (circle.is_found) {
      slice.body_diameter_mm = 2 * circle.radius_mm;
      slice.circle_rms_mm = circle.rms_mm;
      slice.arc_share = circle.arc_share;
    }
    scan.slices.push_back(slice);
    scan.slice_position_mm.push_back(static_cast<double>(k) * evidence.spacing_mm[2]);
  }
  const auto& slope = evidence.axis.slope_mm_per_slice;
  constexpr double degree = 180 / std::numbers::pi;
  scan.tilt_deg = std::atan2(std::hypot(slope[0], slope[1]), evidence.spacing_mm[2]) * degree;
  scan.tilt_direction_deg = std::atan2(slope[1], slope[0]) * degree;
}

/// From slice numbers to the phantom's z.
struct AlongAxis {
  bool is_known = false;
  double direction = 1;  // of z along the slices
  double slice = 0;      // where z is `z_mm`
  double z_mm = 0;
  double spacing_mm = 1;  // along the axis
  double z_of(double k) const { return z_mm + direction * (k - slice) * spacing_mm; }
};

/// Direction and origin by modules that were seen; `worst_mm` is how far one lies from where it should.
AlongAxis along_axis(const std::vector<SeenModule>& seen, const CtPhantomModel& model, double spacing_mm,
                     double& worst_mm) {
  AlongAxis best;
  worst_mm = 0;
  if (seen.empty()) return best;
  double best_worst = std::numeric_limits<double>::infinity();
  for (const double direction : {1.0, -1.0}) {
    double offset = 0;
    for (const SeenModule& s : seen)
      offset += (model.modules[s.module].z_mm - direction * s.slice * spacing_mm) /
                static_cast<double>(seen.size());
    double worst = 0;
    for (const SeenModule& s : seen)
      worst =
          std::max(worst, std::abs(direction * s.slice * spacing_mm + offset - model.modules[s.module].z_mm));
    if (worst >= best_worst) continue;
    best_worst = worst;
    best = {true, direction, 0, offset, spacing_mm};
  }
  worst_mm = best_worst;
  return best;
}

/// What lies where the model has modules that no pattern tells.
struct Expectation {
  std::vector<FoundModule> modules;
  std::size_t contradicted = 0;
  std::string contradiction;
  double merit = 0;
};

Expectation expect(const ScanEvidence& evidence, const CtPhantomModel& model, const AlongAxis& along,
                   const SeenPatterns& seen, const std::vector<bool>& flat) {
  Expectation result;
  for (std::size_t m = 0; m < model.modules.size(); ++m) {
    const PhantomModule& module = model.modules[m];
    const bool is_seen =
        std::ranges::any_of(seen.modules, [&](const SeenModule& s) { return s.module == m; });
    if (is_seen) continue;
    std::vector<std::size_t> inside;
    std::vector<std::size_t> plain;
    const double reach = module.length_mm / 2 - module_margin_mm - along.spacing_mm / 2;
    for (std::size_t k = evidence.first_slice; k < evidence.end_slice; ++k) {
      if (std::abs(along.z_of(static_cast<double>(k)) - module.z_mm) > std::max(reach, along.spacing_mm / 2))
        continue;
      inside.push_back(k);
      if (flat[k]) plain.push_back(k);
    }
    if (module.body_diameter_mm > 0 && module.purpose == "uniformity")
      inside = plain = flat_of_diameter(evidence, module, flat);
    if (inside.empty()) continue;
    FoundModule found;
    found.module = m;
    found.z_mm = module.z_mm;
    if (module.purpose == "uniformity" || module.purpose == "low contrast") {
      const double share = static_cast<double>(plain.size()) / static_cast<double>(inside.size());
      if (share < 0.5) {
        if (module.confirmed) ++result.contradicted;
        result.contradiction = fmt::format("{} should lie at slice {} but the slices there are not uniform",
                                           module.name, inside[inside.size() / 2]);
        result.merit -= 1;
        continue;
      }
      found.slices = plain;
      found.is_seen = true;
      found.score = share;
      if (module.purpose == "low contrast") {
        double turn = 0;
        const double rise = low_contrast_rise(evidence, module, plain, seen.is_mirrored, seen.turn_deg, turn);
        // Four standard deviations of what other turns give; fewer leave it unsaid whether targets are there.
        found.is_seen = rise > 4;
        found.score = std::clamp(rise / 8, 0.0, 1.0);
        result.merit += found.is_seen ? 1 : 0.2;
      } else {
        result.merit += 1;
      }
    } else {
      // A module of bars or ramps whose pattern was not recognized: there only by its place.
      found.slices = inside;
      found.is_seen = false;
      const bool has_pattern = module.purpose == "sensitometry" || module.purpose == "resolution";
      if (has_pattern && module.length_mm > 10 && inside.size() > 2) {
        // Bars are thin: between two slices far apart they may be missed.
        const bool may_miss = module.purpose == "resolution";
        if (!may_miss && module.confirmed) ++result.contradicted;
        if (!may_miss)
          result.contradiction = fmt::format("{} should lie at slice {} but its inserts are not there",
                                             module.name, inside[inside.size() / 2]);
        result.merit -= may_miss ? 0 : 1;
        if (!may_miss) continue;
      }
    }
    result.modules.push_back(std::move(found));
  }
  return result;
}

void place_slices(const AlongAxis& along, PhantomScan& scan) {
  if (along.is_known)
    for (std::size_t k = 0; k < scan.slices.size(); ++k)
      scan.slices[k].z_mm = along.z_of(static_cast<double>(k));
  std::ranges::sort(scan.modules, {}, [](const FoundModule& found) { return found.slices.front(); });
  for (std::size_t i = 0; i < scan.modules.size(); ++i)
    for (const std::size_t k : scan.modules[i].slices) {
      scan.slices[k].module = static_cast<std::ptrdiff_t>(i);
      scan.slices[k].score = std::max(scan.slices[k].score, scan.modules[i].score);
    }
}

/// Whether the objects of the modules seen are those of the model, and how many of them.
double objects_share(const ScanEvidence& evidence, const SeenPatterns& seen, ModelFit& fit) {
  std::size_t wanted = 0;
  std::size_t found = 0;
  double turn_x = 0;
  double turn_y = 0;
  for (const SeenModule& s : seen.modules) {
    const PhantomModule& module = fit.model->modules[s.module];
    ObjectCheck check = check_objects(evidence, fit.scan, module, s.slices);
    FoundModule entry;
    entry.module = s.module;
    entry.slices = s.slices;
    entry.score = s.likeness;
    entry.is_seen = true;
    entry.z_mm = module.z_mm;
    entry.objects = check.objects;
    fit.scan.modules.push_back(std::move(entry));
    if (check.wanted == 0) continue;
    wanted += check.wanted;
    found += check.found;
    turn_x += std::cos(check.turn_deg * std::numbers::pi / 180);
    turn_y += std::sin(check.turn_deg * std::numbers::pi / 180);
    const std::size_t spare = check.wanted >= 7 ? 1 : 0;  // a hole may hold water, air or nothing
    if (check.found + spare < check.wanted)
      fit.lack = fmt::format("{} of {} inserts of {} found (missing: {})", check.found, check.wanted,
                             module.name, check.missing);
    else if (check.unexplained > 0)
      fit.lack = fmt::format("{} insert{} found in {} that {} does not have", check.unexplained,
                             check.unexplained == 1 ? "" : "s", module.name, fit.model->name);
    else if (check.found < check.wanted)
      fit.scan.reasons.push_back(
          fmt::format("{}: {} of {} inserts are as the model says; look at {} in the overlay.", module.name,
                      check.found, check.wanted, check.missing));
  }
  if (wanted > 0) fit.scan.roll_deg = std::atan2(turn_y, turn_x) * 180 / std::numbers::pi;
  return wanted == 0 ? 0.8 : static_cast<double>(found) / static_cast<double>(wanted);
}

}  // namespace

ModelFit fit_model(const ScanEvidence& evidence, const CtPhantomModel& known) {
  ModelFit fit;
  fit.model = &known;
  // Cylinders of water are made in many sizes: one that is nothing but uniform has the diameter seen.
  CtPhantomModel model = known;
  if (model.modules.size() == 1 && model.modules.front().objects.empty() && evidence.median_diameter_mm > 0)
    model.body_diameter_mm = evidence.median_diameter_mm;
  fit.lack = lack_of_body(evidence, model);
  if (!fit.lack.empty()) return fit;
  fit.scan.model = model;
  fill_slices(evidence, fit.scan);
  const std::vector<bool> flat = flat_slices(evidence, model);
  const SeenPatterns seen = see_patterns(evidence, model);
  if (seen.modules.empty()) {
    fit_flat(evidence, flat, fit);
    place_slices({}, fit.scan);
    return fit;
  }
  fit.has_pattern = true;
  fit.patterns = seen.modules.size();
  fit.scan.is_mirrored = seen.is_mirrored;
  fit.scan.roll_deg = seen.turn_deg;
  fit.scan.is_roll_known = true;
  for (std::size_t k = 0; k < fit.scan.slices.size(); ++k) fit.scan.slices[k].score = seen.likeness[k];
  const double share = objects_share(evidence, seen, fit);
  if (!fit.lack.empty()) return fit;

  const double tilt = fit.scan.tilt_deg * std::numbers::pi / 180;
  double worst_mm = 0;
  AlongAxis along = along_axis(seen.modules, model, evidence.spacing_mm[2] / std::cos(tilt), worst_mm);
  const bool has_own_diameters =
      std::ranges::any_of(model.modules, [](const PhantomModule& m) { return m.body_diameter_mm > 0; });
  if (worst_mm > offset_tolerance_mm && !has_own_diameters) {
    const SeenModule& a = seen.modules.front();
    const SeenModule& b = seen.modules.back();
    fit.lack = fmt::format("{} and {} were seen {:.0f} mm apart where {} has them {:.0f} mm apart",
                           model.modules[a.module].name, model.modules[b.module].name,
                           std::abs(a.slice - b.slice) * along.spacing_mm, model.name,
                           std::abs(model.modules[a.module].z_mm - model.modules[b.module].z_mm));
    return fit;
  }
  Expectation rest = expect(evidence, model, along, seen, flat);
  if (seen.modules.size() == 1) {
    AlongAxis other = along;
    other.direction = -along.direction;
    other.z_mm = model.modules[seen.modules.front().module].z_mm -
                 other.direction * seen.modules.front().slice * along.spacing_mm;
    Expectation turned = expect(evidence, model, other, seen, flat);
    if (turned.merit > rest.merit) {
      along = other;
      rest = std::move(turned);
    }
  }
  fit.scan.is_reversed = along.direction < 0;
  std::size_t agreeing = seen.modules.size();
  for (FoundModule& module : rest.modules) {
    agreeing += module.is_seen ? 1 : 0;
    fit.scan.modules.push_back(std::move(module));
  }
  for (FoundModule& module : fit.scan.modules)
    for (const SeenModule& s : seen.modules)
      if (s.module == module.module) module.z_mm = along.z_of(s.slice);
  place_slices(along, fit.scan);
  if (rest.contradicted > 0) {
    fit.lack = rest.contradiction;
    return fit;
  }
  // One module leaves doubt what the rest is; four leave little.
  const double surety = 1 - std::pow(0.3, static_cast<double>(agreeing));
  double likeness = 0;
  for (const SeenModule& s : seen.modules) likeness = std::max(likeness, s.likeness);
  fit.score = share * surety * std::min(1.0, likeness / 0.85);
  return fit;
}

}  // namespace snitt::quality
