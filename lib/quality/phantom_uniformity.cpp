#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr std::size_t most_slices = 12;  // for the spectrum: more add little to 100 regions

double radius_of(const PhantomScan& scan, const FoundModule& found) {
  if (scan.model.insert_diameter_mm > 0) return scan.model.insert_diameter_mm / 2;
  const double diameter = scan.description(found).body_diameter_mm;
  return (diameter > 0 ? diameter : scan.model.body_diameter_mm) / 2;
}

struct Place {
  const char* name;
  double x;
  double y;
};
/// As the slice is displayed, because what makes an image uneven turns with the scanner, not with the
/// phantom.
constexpr std::array<Place, 5> places{
    {{"center", 0, 0}, {"top", 0, -1}, {"right", 1, 0}, {"bottom", 0, 1}, {"left", -1, 0}}};

PlanePoint point_of(const PhantomScan& scan, std::size_t slice, const Place& place, double distance_mm) {
  const PlanePoint& centre = scan.slices[slice].centre;
  return {centre.column + place.x * distance_mm / scan.column_spacing_mm,
          centre.row + place.y * distance_mm / scan.row_spacing_mm};
}

void add_means(const PhantomScan& scan, const FoundModule& found, PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  const double radius = radius_of(scan, found);
  const double region_mm = 0.13 * radius;
  std::array<double, places.size()> means{};
  std::vector<double> noises;
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::vector<double> by_slice;
    for (const std::size_t k : found.slices) {
      const PlanePoint at = point_of(scan, k, places[i], 0.7 * radius);
      by_slice.push_back(disk_statistics(scan.plane(k), at, 0, region_mm).mean_hu);
      if (i == 0) {
        const DiskStatistics wide = disk_statistics(scan.plane(k), at, 0, 0.3 * radius);
        noises.push_back(wide.deviation_hu);
      }
    }
    means[i] = statistics::mean(by_slice);
    const std::size_t middle = found.slices[found.slices.size() / 2];
    findings.regions.push_back(
        {middle, point_of(scan, middle, places[i], 0.7 * radius), region_mm, false, places[i].name});
    const bool is_judged = i == 0 && module.background_tolerance_hu > 0;
    findings.add({module.name, "mean_hu", places[i].name, means[i], "HU",
                  is_judged ? module.background_hu : not_found,
                  is_judged ? module.background_tolerance_hu : not_found});
  }
  for (std::size_t i = 1; i < places.size(); ++i)
    findings.add({module.name, "edge_minus_center_hu", places[i].name, means[i] - means[0], "HU", 0,
                  module.edge_tolerance_hu});
  const auto [low, high] = std::ranges::minmax(means);
  // Of HU + 1000, which attenuation is proportional to: of HU itself it would be large by being near 0.
  findings.add(
      {module.name, "integral_nonuniformity_percent", "", 100 * (high - low) / (high + low + 2000), "%"});
  findings.add(
      {module.name, "cupping_hu", "", (means[1] + means[2] + means[3] + means[4]) / 4 - means[0], "HU"});
  findings.add({module.name, "noise_hu", "center", statistics::mean(noises), "HU"});
}

std::size_t region_size(const PhantomScan& scan, double radius_mm) {
  // 64 pixels are usual; in wide pixels they would not fit, in narrow ones hold too little.
  const double side_mm = 0.45 * radius_mm;
  for (const std::size_t size : {128, 64, 32, 16})
    if (static_cast<double>(size) * std::max(scan.column_spacing_mm, scan.row_spacing_mm) <= side_mm * 1.15)
      return size;
  return 0;
}

/// A bead in a uniform module (ACR) is no noise: eight deviations of the slice are less than one pixel in
/// 1e14 of normal values.
bool holds_bead(const ImagePlane& plane, const SquareRegion& region, const DiskStatistics& middle) {
  for (std::size_t row = region.row; row < region.row + region.size; ++row)
    for (std::size_t column = region.column; column < region.column + region.size; ++column)
      if (static_cast<double>(plane.at(row, column)) > middle.mean_hu + 8 * middle.deviation_hu) return true;
  return false;
}

void add_spectrum(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions& options,
                  PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  const double radius = radius_of(scan, found);
  // Spectra of several diameters are compared: their regions are as large as the smallest of them allows,
  // because a smaller region loses more of the low frequencies.
  double smallest = radius;
  for (const PhantomModule& other : scan.model.modules)
    if (other.body_diameter_mm > 0) smallest = std::min(smallest, other.body_diameter_mm / 2);
  const std::size_t size = region_size(scan, smallest);
  if (size == 0) return;
  std::vector<ImagePlane> planes;
  std::vector<SquareRegion> regions;
  const std::size_t step = (found.slices.size() + most_slices - 1) / most_slices;
  for (std::size_t i = 0; i < found.slices.size(); i += step) {
    const std::size_t k = found.slices[i];
    planes.push_back(scan.plane(k));
    for (const auto& [distance, count] : {std::pair{0.0, std::size_t{1}}, {0.5 * radius, std::size_t{8}}}) {
      const auto more =
          regions_on_circle(planes.back(), planes.size() - 1, scan.slices[k].centre, distance, size, count);
      const DiskStatistics middle = disk_statistics(planes.back(), scan.slices[k].centre, 0, 0.3 * radius);
      for (const SquareRegion& region : more)
        if (!holds_bead(planes.back(), region, middle)) regions.push_back(region);
    }
  }
  if (regions.empty()) return;
  NoisePower noise;
  try {
    noise = noise_power(planes, regions);
  } catch (const InputError& error) {
    findings.reasons.push_back(fmt::format("{}: no noise power spectrum: {}.", module.name, error.what()));
    return;
  }
  const std::size_t middle = found.slices[found.slices.size() / 2];
  for (const SquareRegion& region : regions) {
    if (region.plane != (planes.size() - 1) / 2) continue;
    const double half = static_cast<double>(size) / 2;
    findings.regions.push_back(
        {middle,
         {static_cast<double>(region.column) + half - 0.5, static_cast<double>(region.row) + half - 0.5},
         half * scan.column_spacing_mm,
         true,
         ""});
  }
  findings.add({module.name, "nps_noise_hu", "", noise.noise_hu, "HU"});
  findings.add({module.name, "nps_peak_per_mm", "", noise.peak_frequency_per_mm, "1/mm"});
  findings.add({module.name, "nps_mean_per_mm", "", noise.mean_frequency_per_mm, "1/mm"});
  findings.add({module.name, "nps_median_per_mm", "", noise.median_frequency_per_mm, "1/mm"});
  findings.add({module.name, "noise_inhomogeneity_hu", "", noise.inhomogeneity_hu, "HU"});
  Table& radial = findings.table(
      "nps_radial", {text_column("module", "part of the phantom"),
                     number_column("frequency_per_mm", "1/mm", "mean frequency of the bin"),
                     number_column("power_hu2_mm2", "HU2 mm2", "mean of the spectrum in it"),
                     number_column("relative_error", "1", "standard error for independent regions")});
  for (std::size_t i = 0; i < noise.radial.power_hu2_mm2.size(); ++i)
    if (!std::isnan(noise.radial.power_hu2_mm2[i]))
      add_row(radial, {module.name},
              {noise.radial.mean_frequency_per_mm[i], noise.radial.power_hu2_mm2[i],
               noise.radial.relative_error[i]});
  if (options.keep_nps_2d) {
    Table& flat = findings.table("nps_2d", {text_column("module", "part of the phantom"),
                                            number_column("u_per_mm", "1/mm", "along the columns"),
                                            number_column("v_per_mm", "1/mm", "along the rows"),
                                            number_column("power_hu2_mm2", "HU2 mm2", "of the spectrum")});
    const double zero = static_cast<double>(noise.size / 2);
    for (std::size_t v = 0; v < noise.size; ++v)
      for (std::size_t u = 0; u < noise.size; ++u)
        add_row(flat, {module.name},
                {(static_cast<double>(u) - zero) * noise.column_step_per_mm,
                 (static_cast<double>(v) - zero) * noise.row_step_per_mm,
                 noise.power_hu2_mm2[v * noise.size + u]});
  }
  findings.module_noise.emplace_back(module.name, noise);
  if (!findings.noise) findings.noise = std::move(noise);
}

}  // namespace

void analyze_uniformity(const PhantomScan& scan, const FoundModule& found,
                        const PhantomAnalysisOptions& options, PhantomFindings& findings) {
  if (scan.description(found).purpose != "uniformity") return;
  add_means(scan, found, findings);
  add_spectrum(scan, found, options, findings);
}

}  // namespace snitt::quality
