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
  double highest_hu = 0;    // of the bars
  double lowest_hu = 0;     // of the gaps
};

/// Values on a grid over the group: along the bars a middle part, across them whole periods.
Group measure_group(const PhantomScan& scan, const std::vector<std::size_t>& slices,
                    const PhantomObject& object) {
  const double angle = object.angle_deg * std::numbers::pi / 180;
  const double period = 10 / object.value;
  const double half_across = period * std::max(1, object.bars - 1) / 2;
  const double half_along = 0.25 * (object.span_mm > 0 ? object.span_mm : object.diameter_mm);
  const double step = 0.5 * std::min(scan.column_spacing_mm, scan.row_spacing_mm);
  const auto across = static_cast<int>(half_across / step);
  const auto along = static_cast<int>(half_along / step);
  std::vector<double> profile;  // mean along the bars
  double square = 0;
  double sum = 0;
  std::size_t count = 0;
  for (int i = -across; i <= across; ++i) {
    double line = 0;
    for (int j = -along; j <= along; ++j) {
      const double x = object.x_mm + i * step * std::cos(angle) - j * step * std::sin(angle);
      const double y = object.y_mm + i * step * std::sin(angle) + j * step * std::cos(angle);
      double value = 0;
      for (const std::size_t k : slices)
        value += static_cast<double>(value_at(scan.plane(k), scan.pixel_of(k, x, y)));
      value /= static_cast<double>(slices.size());
      line += value;
    }
    line /= 2 * along + 1;
    profile.push_back(line);
    sum += line;
    square += line * line;
    ++count;
  }
  const double mean = sum / static_cast<double>(count);
  Group group;
  group.per_cm = object.value;
  group.deviation_hu = std::sqrt(std::max(0.0, square / static_cast<double>(count) - mean * mean));
  group.highest_hu = statistics::quantile(profile, 0.95);
  group.lowest_hu = statistics::quantile(profile, 0.05);
  return group;
}

/// The slices that cut the gauge, by the contrast of its widest bars.
std::vector<std::size_t> brightest(const PhantomScan& scan, const FoundModule& found,
                                   const PhantomObject& widest) {
  std::vector<double> contrasts;
  for (const std::size_t k : found.slices) contrasts.push_back(measure_group(scan, {k}, widest).deviation_hu);
  const double highest = *std::ranges::max_element(contrasts);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < contrasts.size(); ++i)
    if (contrasts[i] >= 0.9 * highest) kept.push_back(found.slices[i]);
  return kept;
}

/// Noise of a mean along bars as measure_group takes it, from lines inside of the groups.
double noise_of_lines(const PhantomScan& scan, const std::vector<std::size_t>& slices, PhantomObject object) {
  // The same shape where there are no bars: half way to the axis.
  object.x_mm *= 0.5;
  object.y_mm *= 0.5;
  return measure_group(scan, slices, object).deviation_hu;
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
    measured.push_back(measure_group(scan, slices, object));
    noises.push_back(noise_of_lines(scan, slices, object));
  }
  const double noise = statistics::median(noises);
  // Half the step between the widest bars and the plastic between them.
  const double half_step = (measured.front().highest_hu - measured.front().lowest_hu) / 2;
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
                     number_column("deviation_hu", "HU", "of the mean profile across the bars"),
                     number_column("noise_hu", "HU", "of such a profile without bars")});
  for (const Group& group : measured) {
    const double signal = std::sqrt(std::max(0.0, group.deviation_hu * group.deviation_hu - noise * noise));
    // A square wave's first harmonic; the widest bars keep higher ones, and would exceed 1.
    const double value = std::min(1.0, std::numbers::pi * std::numbers::sqrt2 / 4 * signal / half_step);
    frequency.push_back(group.per_cm / 10);
    transfer.push_back(value);
    is_resolved = is_resolved && value > 0.1 && group.deviation_hu > 2 * noise;
    if (is_resolved) resolved = group.per_cm;
    add_row(table, {module.name}, {group.per_cm, group.per_cm / 10, value, group.deviation_hu, noise});
  }
  findings.add({module.name, "line_pair_f50_per_mm", "", first_crossing(frequency, transfer, 0.5), "1/mm"});
  findings.add({module.name, "line_pair_f10_per_mm", "", first_crossing(frequency, transfer, 0.1), "1/mm"});
  findings.add({module.name, "line_pairs_resolved_per_cm", "", resolved, "1/cm"});
  const std::size_t middle = slices[slices.size() / 2];
  for (const PhantomObject& object : groups)
    findings.regions.push_back(
        {middle, scan.pixel_of(middle, object.x_mm, object.y_mm), object.diameter_mm / 2, false,
         object.value <= 12 ? std::to_string(static_cast<int>(std::lround(object.value))) : ""});
}

}  // namespace snitt::quality
