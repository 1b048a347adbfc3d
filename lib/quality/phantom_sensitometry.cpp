#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

/// Attenuation of acrylic (1.18 g/cm3) at 70 keV per cm, between the tabulated 60 and 80 keV of NIST; air is
/// 0.
constexpr double acrylic_per_cm = 0.2159;
constexpr double region_share = 0.7;  // of an insert's radius: free of its blurred edge

struct Insert {
  std::string material;
  double nominal_hu = 0;
  double tolerance_hu = 0;
  double mean_hu = 0;
  double between_slices_hu = 0;
  double noise_hu = 0;
  double pixels = 0;
  double contrast_to_noise = 0;
};

Insert measure_insert(const PhantomScan& scan, const FoundModule& found, const std::string& name,
                      const FoundObject& place, PhantomFindings& findings) {
  const PhantomObject& object = scan.description(found).objects[place.object];
  const double radius = object.diameter_mm / 2;
  std::vector<double> means;
  std::vector<double> around;
  double variance = 0;
  double around_variance = 0;
  Insert insert;
  for (const std::size_t k : found.slices) {
    const ImagePlane plane = scan.plane(k);
    const PlanePoint at = scan.pixel_of(k, place.x_mm, place.y_mm);
    const DiskStatistics in = disk_statistics(plane, at, 0, region_share * radius);
    const DiskStatistics out = disk_statistics(plane, at, 1.35 * radius + 1, 1.7 * radius + 2);
    if (in.pixels == 0) continue;
    means.push_back(in.mean_hu);
    around.push_back(out.median_hu);
    variance += in.deviation_hu * in.deviation_hu;
    around_variance += out.deviation_hu * out.deviation_hu;
    insert.pixels += static_cast<double>(in.pixels);
  }
  const auto n = static_cast<double>(means.size());
  insert.material = name;
  insert.nominal_hu = object.hu;
  insert.tolerance_hu = object.hu_tolerance;
  insert.mean_hu = means.empty() ? not_found : statistics::mean(means);
  insert.between_slices_hu = means.size() > 1 ? statistics::standard_deviation(means) : not_found;
  insert.noise_hu = std::sqrt(variance / n);
  insert.contrast_to_noise = std::abs(insert.mean_hu - (around.empty() ? 0 : statistics::mean(around))) /
                             std::sqrt(around_variance / n);
  const std::size_t middle = found.slices[found.slices.size() / 2];
  findings.regions.push_back(
      {middle, scan.pixel_of(middle, place.x_mm, place.y_mm), region_share * radius, false, name});
  return insert;
}

void add_line(const std::string& module, const std::vector<Insert>& inserts, PhantomFindings& findings) {
  std::vector<double> x;
  std::vector<double> y;
  for (const Insert& insert : inserts) {
    x.push_back(insert.nominal_hu);
    y.push_back(insert.mean_hu);
  }
  if (x.size() < 3) return;
  const double mean_x = statistics::mean(x);
  const double mean_y = statistics::mean(y);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (!(xx > 0 && yy > 0)) return;
  findings.add({module, "linearity_slope", "", xy / xx, "1"});
  findings.add({module, "linearity_intercept_hu", "", mean_y - xy / xx * mean_x, "HU"});
  findings.add({module, "linearity_r2", "", xy * xy / (xx * yy), "1"});
}

void add_contrast_scale(const std::string& module, const std::vector<Insert>& inserts,
                        PhantomFindings& findings) {
  const auto acrylic = std::ranges::find(inserts, "Acrylic", &Insert::material);
  const auto air = std::ranges::find(inserts, "Air", &Insert::material);
  if (acrylic == inserts.end() || air == inserts.end()) return;
  findings.add(
      {module, "contrast_scale_per_cm_hu", "", acrylic_per_cm / (acrylic->mean_hu - air->mean_hu), "1"});
}

}  // namespace

void analyze_inserts(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions&,
                     PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  if (!found.is_seen || found.objects.size() != module.objects.size()) return;
  const std::vector<std::string> names = object_names(module);
  std::vector<Insert> inserts;
  for (const FoundObject& place : found.objects) {
    const PhantomObject& object = module.objects[place.object];
    // Two holes may be named air; what is neither located nor weak in the model is not there.
    const bool is_weak = std::abs(object.hu - module.background_hu) < 40;
    if (object.kind != PhantomObjectKind::rod || (!place.is_found && !is_weak)) continue;
    inserts.push_back(measure_insert(scan, found, names[place.object], place, findings));
  }
  if (inserts.empty()) return;
  Table& table = findings.table(
      "inserts", {text_column("module", "part of the phantom"), text_column("material", "of the insert"),
                  number_column("hu", "HU", "mean over the region and the slices"),
                  number_column("nominal_hu", "HU", "as the model or --nominal says"),
                  number_column("difference_hu", "HU", "measured minus nominal"),
                  number_column("tolerance_hu", "HU", "largest difference that passes"),
                  number_column("between_slices_hu", "HU", "standard deviation of the slices' means"),
                  number_column("noise_hu", "HU", "standard deviation of pixels in a slice's region"),
                  number_column("contrast_to_noise", "1", "against the ring around the insert, in one slice"),
                  number_column("pixels", "1", "of all slices")});
  for (const Insert& i : inserts) {
    const double tolerance = i.tolerance_hu > 0 ? i.tolerance_hu : not_found;
    findings.add({module.name, "hu", i.material, i.mean_hu, "HU", i.nominal_hu, tolerance});
    add_row(table, {module.name, i.material},
            {i.mean_hu, i.nominal_hu, i.mean_hu - i.nominal_hu, tolerance, i.between_slices_hu, i.noise_hu,
             i.contrast_to_noise, i.pixels});
  }
  add_line(module.name, inserts, findings);
  add_contrast_scale(module.name, inserts, findings);
}

}  // namespace snitt::quality
