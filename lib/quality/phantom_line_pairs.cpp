#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "quality/coarse_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_disk.hpp"
#include "quality/phantom_table.hpp"
#include "quality/transfer_function.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

struct Pixels {
  double mean_hu = not_found;
  double deviation_hu = not_found;
};

struct Group {
  double per_cm = 0;
  double deviation_hu = 0;  // of the pixels in the group
  double rise_hu = 0;       // of their mean above the plastic
};

double mean_at(const PhantomScan& scan, const std::vector<std::size_t>& slices, double x, double y) {
  double value = 0;
  for (const std::size_t k : slices)
    value += static_cast<double>(value_at(scan.plane(k), scan.pixel_of(k, x, y)));
  return value / static_cast<double>(slices.size());
}

/// Pixels of the group: along the bars their middle half, across them whole periods. Pixels as they are, for
/// what interpolates them also smooths them.
Pixels pixels_of(const PhantomScan& scan, const std::vector<std::size_t>& slices,
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
  if (values.size() < 8) return {};
  return {statistics::mean(values), statistics::standard_deviation(values)};
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

/// The slices that cut the gauge where that group stands. On a tilted axis a plate of 2 mm is cut aslant: at
/// 47 mm a degree moves it by 0.8 mm.
std::vector<std::size_t> slices_through(const PhantomScan& scan, const FoundModule& found,
                                        const PhantomObject& object, double shift_mm) {
  const std::size_t last = scan.slices.size() - 1;
  const double spacing = scan.slice_spacing_mm;
  double lean = 0;
  if (last > 0) {
    const std::size_t middle = found.slices[found.slices.size() / 2];
    const PlanePoint at = scan.pixel_of(middle, object.x_mm, object.y_mm);
    const auto slope = [&](double first, double end, double pixel_mm) {
      return (end - first) * pixel_mm / static_cast<double>(last) / spacing;
    };
    const PlanePoint& start = scan.slices.front().centre;
    const PlanePoint& end = scan.slices.back().centre;
    const PlanePoint& here = scan.slices[middle].centre;
    lean = slope(start.column, end.column, scan.column_spacing_mm) * (at.column - here.column) *
               scan.column_spacing_mm +
           slope(start.row, end.row, scan.row_spacing_mm) * (at.row - here.row) * scan.row_spacing_mm;
  }
  std::vector<std::size_t> kept;
  std::size_t nearest = found.slices.front();
  double nearest_mm = std::numeric_limits<double>::infinity();
  constexpr double half_plate_mm = 0.5;
  for (std::size_t k = 0; k <= last; ++k) {
    // The phantom's z may fall along the slices, the lean is along them.
    const double along = (scan.slices[k].z_mm - found.z_mm) * (scan.is_reversed ? -1 : 1);
    const double distance = std::abs(along + lean - shift_mm);
    if (distance < half_plate_mm) kept.push_back(k);
    if (distance < nearest_mm) {
      nearest_mm = distance;
      nearest = k;
    }
  }
  if (kept.empty()) kept.push_back(nearest);
  return kept;
}

/// How far the gauge lies from where the module was taken to be: where the wide bars stand out most.
double gauge_shift(const PhantomScan& scan, const FoundModule& found,
                   const std::vector<PhantomObject>& groups) {
  double best = 0;
  double highest = 0;
  for (const double shift : {0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0}) {
    double sum = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(6, groups.size()); ++i) {
      const double deviation =
          pixels_of(scan, slices_through(scan, found, groups[i], shift), groups[i]).deviation_hu;
      if (!std::isnan(deviation)) sum += deviation;
    }
    if (sum <= 1.02 * highest) continue;  // nearer ones win unless clearly worse
    highest = sum;
    best = shift;
  }
  return best;
}

/// Of pixels half way between the groups and the axis, where there are no bars.
Pixels pixels_beside(const PhantomScan& scan, const std::vector<std::size_t>& slices, PhantomObject object) {
  object.x_mm *= 0.5;
  object.y_mm *= 0.5;
  return pixels_of(scan, slices, object);
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
  std::vector<double> noises;
  std::vector<Group> measured;
  const double shift = gauge_shift(scan, found, groups);
  for (const PhantomObject& object : groups) {
    const std::vector<std::size_t> slices = slices_through(scan, found, object, shift);
    const Pixels inside = pixels_of(scan, slices, object);
    const Pixels beside = pixels_beside(scan, slices, object);
    if (std::isnan(inside.deviation_hu) || std::isnan(beside.deviation_hu))
      break;  // too narrow for the pixels
    measured.push_back({object.value, inside.deviation_hu, inside.mean_hu - beside.mean_hu});
    noises.push_back(beside.deviation_hu);
  }
  if (noises.empty()) return;
  const double noise = statistics::median(noises);
  const double half_step =
      half_step_of(scan, slices_through(scan, found, groups.front(), shift), groups.front());
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
    const double signal = std::sqrt(std::max(0.0, group.deviation_hu * group.deviation_hu - noise * noise));
    // On a tilted axis one slice holds more of one group than of another; bars and gaps are equally wide, so
    // that the mean of a group tells how much.
    const double share = group.rise_hu / measured.front().rise_hu;
    if (!(share > 0.1)) break;
    // A square wave's first harmonic; the widest bars keep higher ones, and would exceed 1.
    const double value =
        std::min(1.0, std::numbers::pi * std::numbers::sqrt2 / 4 * signal / (half_step * share));
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
  const std::size_t middle = found.slices[found.slices.size() / 2];
  for (const PhantomObject& object : groups)
    findings.regions.push_back(
        {middle, scan.pixel_of(middle, object.x_mm, object.y_mm), object.diameter_mm / 2, false,
         object.value <= 12 ? std::to_string(static_cast<int>(std::lround(object.value))) : ""});
}

}  // namespace snitt::quality
