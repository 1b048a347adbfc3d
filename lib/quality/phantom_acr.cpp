#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double region_mm = 5.64;  // radius of 100 mm2, as the ACR has its regions
constexpr double large_target_mm = 20;

/// The pixel-wise excess over the surroundings is what a bead is seen by.
struct Spot {
  std::size_t slice = 0;
  PlanePoint at;
  double excess_hu = 0;
};

/// Centre of mass of what exceeds a fifth of the peak within 2 mm.
PlanePoint refined(const ImagePlane& plane, const Spot& spot, double background_hu) {
  double sum = 0, column = 0, row = 0;
  for_disk(plane, spot.at, 2, [&](float hu, double x_mm, double y_mm) {
    const double weight = static_cast<double>(hu) - background_hu - 0.2 * spot.excess_hu;
    if (weight <= 0) return;
    sum += weight;
    column += weight * x_mm / plane.column_spacing_mm;
    row += weight * y_mm / plane.row_spacing_mm;
  });
  return {spot.at.column + column / sum, spot.at.row + row / sum};
}

}  // namespace

void analyze_contrast_rod(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions&,
                          PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  if (!scan.is_roll_known || found.slices.empty()) return;
  for (const PhantomObject& object : module.objects) {
    if (object.kind != PhantomObjectKind::low_contrast || object.diameter_mm < large_target_mm) continue;
    // The region beside it lies on the same circle, where no target is: a diameter and a half away.
    const double radius = std::hypot(object.x_mm, object.y_mm);
    const double turn = -1.05 * object.diameter_mm / radius;
    const double x = object.x_mm * std::cos(turn) - object.y_mm * std::sin(turn);
    const double y = object.x_mm * std::sin(turn) + object.y_mm * std::cos(turn);
    std::vector<double> ratios, contrasts;
    for (const std::size_t k : found.slices) {
      const ImagePlane plane = scan.plane(k);
      const DiskStatistics a =
          disk_statistics(plane, scan.pixel_of(k, object.x_mm, object.y_mm), 0, region_mm);
      const DiskStatistics b = disk_statistics(plane, scan.pixel_of(k, x, y), 0, region_mm);
      if (a.pixels < 10 || b.pixels < 10 || !(b.deviation_hu > 0)) continue;
      ratios.push_back(std::abs(a.mean_hu - b.mean_hu) / b.deviation_hu);
      contrasts.push_back(a.mean_hu - b.mean_hu);
    }
    if (ratios.empty()) continue;
    const std::string name = fmt::format("{:g} mm", object.diameter_mm);
    const double ratio = statistics::median(ratios);
    findings.add({module.name, "slice_contrast_to_noise", name, ratio, "1"});
    findings.add({module.name, "slice_contrast_hu", name, statistics::median(contrasts), "HU", object.value});
    const std::size_t middle = found.slices[found.slices.size() / 2];
    findings.regions.push_back(
        {middle, scan.pixel_of(middle, object.x_mm, object.y_mm), region_mm, false, "A"});
    findings.regions.push_back({middle, scan.pixel_of(middle, x, y), region_mm, false, "B"});
    if (ratio < 0.4)
      findings.reasons.push_back(fmt::format(
          "The contrast-to-noise of the {} target is {:.2f}, less than the ACR asks of any protocol "
          "(1.0 for adults, 0.7 for a child's head, 0.4 for its abdomen); look at dose and kernel.",
          name, ratio));
  }
}

void analyze_bead_distance(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions&,
                           PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  std::vector<const PhantomObject*> beads;
  for (const PhantomObject& object : module.objects)
    if (object.kind == PhantomObjectKind::bead && object.diameter_mm <= 1) beads.push_back(&object);
  if (module.purpose != "uniformity" || beads.size() != 2) return;
  const double nominal_mm = std::hypot(beads[0]->x_mm - beads[1]->x_mm, beads[0]->y_mm - beads[1]->y_mm);
  const double reach_mm = 0.8 * scan.model.body_diameter_mm / 2;
  // A slice with a bead in it may be missing from the found ones: all within the module, but those whose rim
  // a tilt takes into the next.
  const double rim_mm = reach_mm * std::tan(scan.tilt_deg * std::numbers::pi / 180);
  std::vector<Spot> spots;
  for (std::size_t k = 0; k < scan.slices.size(); ++k) {
    const bool is_inside = std::isnan(scan.slices[k].z_mm) ? std::ranges::binary_search(found.slices, k)
                                                           : std::abs(scan.slices[k].z_mm - module.z_mm) <
                                                                 module.length_mm / 2 - 3 - rim_mm;
    if (!is_inside) continue;
    const ImagePlane plane = scan.plane(k);
    const PlanePoint centre = scan.slices[k].centre;
    const DiskStatistics all = disk_statistics(plane, centre, 0, reach_mm);
    // Seven deviations: less than one in 1e11 of normal values, of which a scan has 1e7.
    for_disk(plane, centre, reach_mm, [&](float hu, double x_mm, double y_mm) {
      const double excess = static_cast<double>(hu) - all.median_hu;
      if (excess < 7 * all.deviation_hu) return;
      const PlanePoint at{centre.column + x_mm / plane.column_spacing_mm,
                          centre.row + y_mm / plane.row_spacing_mm};
      for (Spot& spot : spots) {
        const double apart = std::hypot((spot.at.column - at.column) * plane.column_spacing_mm,
                                        (spot.at.row - at.row) * plane.row_spacing_mm);
        if (apart > 5) continue;
        if (excess > spot.excess_hu) spot = {k, at, excess};
        return;
      }
      spots.push_back({k, at, excess});
    });
  }
  std::ranges::sort(spots, std::greater<>(), &Spot::excess_hu);
  spots.resize(std::min<std::size_t>(spots.size(), 8));
  // Centers in the phantom's frame, and the pair whose distance is the most likely one.
  std::vector<std::array<double, 2>> places;
  for (const Spot& spot : spots) {
    const ImagePlane plane = scan.plane(spot.slice);
    const PlanePoint at = refined(plane, spot, disk_statistics(plane, spot.at, 3, 6).median_hu);
    places.emplace_back();
    scan.phantom_of(spot.slice, at, places.back()[0], places.back()[1]);
  }
  double best = not_found;
  std::array<std::size_t, 2> pair{0, 0};
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const double distance = std::hypot(places[i][0] - places[j][0], places[i][1] - places[j][1]);
      if (std::isnan(best) || std::abs(distance - nominal_mm) < std::abs(best - nominal_mm)) {
        best = distance;
        pair = {i, j};
      }
    }
  if (!(std::abs(best - nominal_mm) < 0.05 * nominal_mm)) {
    findings.reasons.push_back(fmt::format(
        "The beads of {} were not made out; scan it with thinner slices to measure their distance.",
        module.name));
    return;
  }
  for (const std::size_t i : pair)
    findings.regions.push_back({spots[i].slice, spots[i].at, 2, false, "bead"});
  findings.add({module.name, "bead_distance_mm", "", best, "mm", nominal_mm});
}

}  // namespace snitt::quality
