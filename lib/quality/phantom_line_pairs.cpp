#include <algorithm>
#include <cmath>
#include <numbers>

#include "quality/coarse_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "quality/transfer_function.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

struct Group {
  double per_cm = 0;
  double deviation_hu = 0;  // of the pixels in the group
};

double mean_at(const PhantomScan& scan, const std::vector<std::size_t>& slices, double x, double y) {
  double value = 0;
  for (const std::size_t k : slices)
    value += static_cast<double>(value_at(scan.plane(k), scan.pixel_of(k, x, y)));
  return value / static_cast<double>(slices.size());
}

/// Pixels of the group: along the bars their middle half, across them whole periods. Pixels as they are, for
/// what interpolates them also smooths them.
double deviation_in(const PhantomScan& scan, const std::vector<std::size_t>& slices,
                    const PhantomObject& object) {
  const double angle = object.angle_deg * std::numbers::pi / 180;
  const double half_across = 10 / object.value * std::max(1, object.bars - 1) / 2;
  const double half_along = 0.25 * (object.span_mm > 0 ? object.span_mm : object.diameter_mm);
  const std::size_t middle = slices[slices.size() / 2];
  const ImagePlane plane = scan.plane(middle);
  const PlanePoint centre = scan.pixel_of(middle, object.x_mm, object.y_mm);
  std::vector<double> values;
  for_disk(plane, centre, std::hypot(half_across, half_along), [&](float, double x, double y) {
    const PlanePoint at{centre.column + x / plane.column_spacing_mm, centre.row + y / plane.row_spacing_mm};
    double px = 0;
    double py = 0;
    scan.phantom_of(middle, at, px, py);
    px -= object.x_mm;
    py -= object.y_mm;
    if (std::abs(px * std::cos(angle) + py * std::sin(angle)) > half_across ||
        std::abs(py * std::cos(angle) - px * std::sin(angle)) > half_along)
      return;
    double value = 0;
    for (const std::size_t k : slices)
      value += static_cast<double>(scan.plane(k).at(static_cast<std::size_t>(std::lround(at.row)),
                                                    static_cast<std::size_t>(std::lround(at.column))));
    values.push_back(value / static_cast<double>(slices.size()));
  });
  return values.size() < 8 ? not_found : statistics::standard_deviation(values);
}

/// Half the step between the widest bars and what lies between them, by the profile across them.
double half_step_of(const PhantomScan& scan, const std::vector<std::size_t>& slices,
                    const PhantomObject& object) {
  const double angle = object.angle_deg * std::numbers::pi / 180;
  const double half_across = 10 / object.value * std::max(1, object.bars - 1) / 2;
  const double half_along = 0.25 * (object.span_mm > 0 ? object.span_mm : object.diameter_mm);
  constexpr int steps = 60;
  std::vector<double> profile;
  for (int i = -steps; i <= steps; ++i) {
    double line = 0;
    for (int j = -5; j <= 5; ++j) {
      const double u = half_across * i / steps;
      const double v = half_along * j / 5;
      line += mean_at(scan, slices, object.x_mm + u * std::cos(angle) - v * std::sin(angle),
                      object.y_mm + u * std::sin(angle) + v * std::cos(angle)) /
              11;
    }
    profile.push_back(line);
  }
  return (statistics::quantile(profile, 0.95) - statistics::quantile(profile, 0.05)) / 2;
}

/// The slices that cut the gauge, by the contrast of its widest bars.
std::vector<std::size_t> brightest(const PhantomScan& scan, const FoundModule& found,
                                   const PhantomObject& widest) {
  std::vector<double> contrasts;
  for (const std::size_t k : found.slices) contrasts.push_back(half_step_of(scan, {k}, widest));
  const double highest = *std::ranges::max_element(contrasts);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < contrasts.size(); ++i)
    if (contrasts[i] >= 0.9 * highest) kept.push_back(found.slices[i]);
  return kept;
}

/// Of pixels half way between the groups and the axis, where there are no bars.
double noise_beside(const PhantomScan& scan, const std::vector<std::size_t>& slices, PhantomObject object) {
  object.x_mm *= 0.5;
  object.y_mm *= 0.5;
  return deviation_in(scan, slices, object);
}

}  // namespace

void analyze_line_pairs(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions&,
                        PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  std::vector<PhantomObject> groups;
  for (const PhantomObject& object : module.objects)
    if (object.kind == PhantomObjectKind::line_pairs && object.value > 0 && object.bars >= 2)
      groups.push_back(object);
  if (groups.empty() || !found.is_seen || !scan.is_roll_known) return;
  std::ranges::sort(groups, {}, &PhantomObject::value);
  const std::vector<std::size_t> slices = brightest(scan, found, groups.front());
  std::vector<double> noises;
  std::vector<Group> measured;
  for (const PhantomObject& object : groups) {
    measured.push_back({object.value, deviation_in(scan, slices, object)});
    const double beside = noise_beside(scan, slices, object);
    if (!std::isnan(beside)) noises.push_back(beside);
  }
  if (noises.empty()) return;
  const double noise = statistics::median(noises);
  const double half_step = half_step_of(scan, slices, groups.front());
  if (!(half_step > 5 * noise)) {
    findings.reasons.push_back("The bars of " + module.name +
                               " hardly rise above the noise; no modulation is given.");
    return;
  }
  std::vector<double> frequency{0};
  std::vector<double> transfer{1};
  double resolved = 0;
  bool is_resolved = true;
  Table& table = findings.table(
      "line_pairs", {text_column("module", "part of the phantom"),
                     number_column("line_pairs_per_cm", "1/cm", "of the group"),
                     number_column("frequency_per_mm", "1/mm", "of the group"),
                     number_column("modulation", "1", "transfer by Droege and Morin: pi sqrt(2)/4 M/M0"),
                     number_column("deviation_hu", "HU", "of the pixels in the group"),
                     number_column("noise_hu", "HU", "of pixels without bars")});
  for (const Group& group : measured) {
    if (std::isnan(group.deviation_hu)) break;  // too few pixels in so narrow a group
    const double signal = std::sqrt(std::max(0.0, group.deviation_hu * group.deviation_hu - noise * noise));
    // A square wave's first harmonic; the widest bars keep higher ones, and would exceed 1.
    const double value = std::min(1.0, std::numbers::pi * std::numbers::sqrt2 / 4 * signal / half_step);
    frequency.push_back(group.per_cm / 10);
    transfer.push_back(value);
    is_resolved = is_resolved && value > 0.1 && group.deviation_hu > 1.2 * noise;
    if (is_resolved) resolved = group.per_cm;
    add_row(table, {module.name}, {group.per_cm, group.per_cm / 10, value, group.deviation_hu, noise});
  }
  // Bars of less than 2.5 mm (ACR: from 4 per cm on) never show the whole step that the transfer refers to.
  const bool has_whole_step = groups.front().value <= 2;
  if (has_whole_step) {
    findings.add({module.name, "line_pair_f50_per_mm", "", first_crossing(frequency, transfer, 0.5), "1/mm"});
    findings.add({module.name, "line_pair_f10_per_mm", "", first_crossing(frequency, transfer, 0.1), "1/mm"});
  }
  findings.add({module.name, "line_pairs_resolved_per_cm", "", resolved, "1/cm"});
  const std::size_t middle = slices[slices.size() / 2];
  for (const PhantomObject& object : groups)
    findings.regions.push_back(
        {middle, scan.pixel_of(middle, object.x_mm, object.y_mm), object.diameter_mm / 2, false,
         object.value <= 12 ? std::to_string(static_cast<int>(std::lround(object.value))) : ""});
}

}  // namespace snitt::quality
