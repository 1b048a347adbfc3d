#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

/// 3.29 standard deviations: background and target overlap by 5 % on each side (Chao and others 2000).
constexpr double certainty = 3.29;
constexpr double region_share = 0.8;  // of a target's radius

using Plane = std::vector<float>;

Plane mean_plane(const PhantomScan& scan, const std::vector<std::size_t>& slices) {
  Plane mean(scan.rows * scan.columns, 0.0F);
  for (const std::size_t k : slices) {
    const ImagePlane plane = scan.plane(k);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += plane.hu[i];
  }
  for (float& value : mean) value /= static_cast<float>(slices.size());
  return mean;
}

ImagePlane as_plane(const PhantomScan& scan, const Plane& values) {
  return {values, scan.rows, scan.columns, scan.row_spacing_mm, scan.column_spacing_mm, 0};
}

/// Standard deviation of the means of disks laid side by side over a circle.
double deviation_of_means(const ImagePlane& plane, PlanePoint centre, double reach_mm, double disk_mm) {
  std::vector<double> means;
  const double step = 2 * disk_mm;
  const auto steps = static_cast<int>(reach_mm / step);
  for (int i = -steps; i <= steps; ++i)
    for (int j = -steps; j <= steps; ++j) {
      if (std::hypot(i, j) * step + disk_mm > reach_mm) continue;
      const PlanePoint at{centre.column + i * step / plane.column_spacing_mm,
                          centre.row + j * step / plane.row_spacing_mm};
      means.push_back(disk_statistics(plane, at, 0, disk_mm).mean_hu);
    }
  return means.size() < 5 ? not_found : statistics::standard_deviation(means);
}

/// Mean in a ring around the target that keeps clear of the others.
double ring_mean(const PhantomScan& scan, const ImagePlane& plane, std::size_t slice,
                 const PhantomModule& module, const PhantomObject& target, double& deviation) {
  std::vector<double> values;
  const double inner = target.diameter_mm / 2 + 1;
  const double outer = std::max(1.8 * target.diameter_mm / 2, target.diameter_mm / 2 + 5);
  const PlanePoint at = scan.pixel_of(slice, target.x_mm, target.y_mm);
  for_disk(plane, at, outer, [&](float hu, double x, double y) {
    if (x * x + y * y < inner * inner) return;
    double px = 0;
    double py = 0;
    scan.phantom_of(slice, {at.column + x / plane.column_spacing_mm, at.row + y / plane.row_spacing_mm}, px,
                    py);
    for (const PhantomObject& other : module.objects)
      if (std::hypot(px - other.x_mm, py - other.y_mm) < other.diameter_mm / 2 + 1) return;
    values.push_back(static_cast<double>(hu));
  });
  if (values.size() < 8) return not_found;
  deviation = statistics::standard_deviation(values);
  return statistics::mean(values);
}

struct Target {
  double nominal_hu = 0;
  double diameter_mm = 0;
  double contrast_hu = 0;
  double contrast_to_noise = 0;
  double limit_hu = 0;
  bool is_seen = false;
};

/// Where means of disks are compared: the uniform module, else what lies inside of the targets.
struct Background {
  Plane values;
  PlanePoint centre;
  double reach_mm = 0;
  std::size_t slices = 1;
};

Background background_of(const PhantomScan& scan, const FoundModule& found) {
  Background background;
  const FoundModule* uniform = scan.find("uniformity");
  const FoundModule& from = uniform != nullptr ? *uniform : found;
  std::vector<std::size_t> slices = from.slices;
  const std::size_t wanted = found.slices.size();
  if (slices.size() > wanted) {
    const auto first = slices.begin() + static_cast<std::ptrdiff_t>((slices.size() - wanted) / 2);
    slices = {first, first + static_cast<std::ptrdiff_t>(wanted)};
  }
  background.values = mean_plane(scan, slices);
  background.centre = scan.slices[slices[slices.size() / 2]].centre;
  background.slices = slices.size();
  const double radius =
      scan.model.insert_diameter_mm > 0 ? scan.model.insert_diameter_mm / 2 : scan.model.body_diameter_mm / 2;
  background.reach_mm = uniform != nullptr ? 0.8 * radius : 0.25 * radius;
  return background;
}

}  // namespace

void analyze_low_contrast(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions&,
                          PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  if (module.purpose != "low contrast" || !scan.is_roll_known) return;
  const Plane mean = mean_plane(scan, found.slices);
  const ImagePlane plane = as_plane(scan, mean);
  const std::size_t middle = found.slices[found.slices.size() / 2];
  const Background background = background_of(scan, found);
  // With fewer uniform slices the noise is larger by the root of the ratio.
  const double fewer =
      std::sqrt(static_cast<double>(background.slices) / static_cast<double>(found.slices.size()));
  std::map<double, double> limits;  // by diameter
  std::vector<Target> targets;
  for (const PhantomObject& object : module.objects) {
    // Targets shorter than the module are averaged with what is above and below them.
    if (object.kind != PhantomObjectKind::low_contrast || object.length_mm > 0) continue;
    Target target;
    target.nominal_hu = object.value;
    target.diameter_mm = object.diameter_mm;
    const double disk = region_share * object.diameter_mm / 2;
    if (!limits.contains(object.diameter_mm))
      limits[object.diameter_mm] =
          certainty * fewer *
          deviation_of_means(as_plane(scan, background.values), background.centre, background.reach_mm, disk);
    target.limit_hu = limits[object.diameter_mm];
    double deviation = not_found;
    const DiskStatistics in =
        disk_statistics(plane, scan.pixel_of(middle, object.x_mm, object.y_mm), 0, disk);
    const double around = ring_mean(scan, plane, middle, module, object, deviation);
    if (in.pixels == 0 || std::isnan(around)) continue;
    target.contrast_hu = in.mean_hu - around;
    target.contrast_to_noise =
        std::abs(target.contrast_hu) / (deviation * std::sqrt(static_cast<double>(found.slices.size())));
    target.is_seen =
        target.contrast_hu * target.nominal_hu > 0 && std::abs(target.contrast_hu) > target.limit_hu;
    targets.push_back(target);
    findings.regions.push_back(
        {middle, scan.pixel_of(middle, object.x_mm, object.y_mm), object.diameter_mm / 2, false, ""});
  }
  if (targets.empty()) return;
  Table& table = findings.table(
      "low_contrast",
      {text_column("module", "part of the phantom"),
       number_column("nominal_contrast_hu", "HU", "of the target"),
       number_column("diameter_mm", "mm", "of the target"),
       number_column("contrast_hu", "HU", "against the ring around it, mean of all slices of the module"),
       number_column("contrast_to_noise", "1", "that contrast over the noise of pixels of one slice"),
       number_column("limit_hu", "HU", "3.29 standard deviations of means of disks of its size"),
       number_column("seen", "1", "1 where the contrast exceeds the limit")});
  std::map<double, double, std::greater<>> smallest;
  std::map<double, bool> is_open;
  for (const Target& t : targets) {
    add_row(
        table, {module.name},
        {t.nominal_hu, t.diameter_mm, t.contrast_hu, t.contrast_to_noise, t.limit_hu, t.is_seen ? 1.0 : 0.0});
    if (!smallest.contains(t.nominal_hu)) {
      smallest[t.nominal_hu] = not_found;
      is_open[t.nominal_hu] = true;
      findings.add({module.name, "contrast_hu",
                    fmt::format("{:g} mm of {:g} HU", t.diameter_mm, t.nominal_hu), t.contrast_hu, "HU",
                    t.nominal_hu});
      findings.add({module.name, "contrast_to_noise",
                    fmt::format("{:g} mm of {:g} HU", t.diameter_mm, t.nominal_hu), t.contrast_to_noise,
                    "1"});
    }
    // The series ends with the first that is not seen: a small one that exceeds its limit by chance is none.
    is_open[t.nominal_hu] = is_open[t.nominal_hu] && t.is_seen;
    if (is_open[t.nominal_hu]) smallest[t.nominal_hu] = t.diameter_mm;
  }
  for (const auto& [contrast, diameter] : smallest)
    findings.add({module.name, "smallest_seen_mm", fmt::format("{:g} HU", contrast), diameter, "mm"});
}

}  // namespace snitt::quality
