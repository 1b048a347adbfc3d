#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "quality/coarse_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_table.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double step_mm = 0.1;

struct Trace {
  double width_mm = 0;   // full width at half maximum
  double middle_mm = 0;  // along the ramp, from its middle
};

/// Along the trace, as a line in the phantom's frame: mean across the wire less the background beside it.
std::vector<double> profile_of(const PhantomScan& scan, std::size_t slice, const PhantomObject& ramp,
                               double shift_x, double shift_y, double half_mm) {
  const ImagePlane plane = scan.plane(slice);
  const double angle = ramp.angle_deg * std::numbers::pi / 180;
  const auto samples = static_cast<std::size_t>(2 * half_mm / step_mm) + 1;
  std::vector<double> profile(samples);
  // The wire is blurred over two to three millimetres; what lies 4 to 6 mm beside it is the module.
  constexpr double wire = 1.2;
  constexpr double beside[] = {-5.5, -4.75, -4, 4, 4.75, 5.5};
  for (std::size_t i = 0; i < samples; ++i) {
    const double along = static_cast<double>(i) * step_mm - half_mm;
    const auto at = [&](double across) {
      const double x = ramp.x_mm + shift_x + along * std::cos(angle) - across * std::sin(angle);
      const double y = ramp.y_mm + shift_y + along * std::sin(angle) + across * std::cos(angle);
      return static_cast<double>(value_at(plane, scan.pixel_of(slice, x, y)));
    };
    double on = 0;
    int count = 0;
    for (double across = -wire; across <= wire + 1e-9; across += 0.3, ++count) on += at(across);
    std::vector<double> off;
    for (const double across : beside) off.push_back(at(across));
    profile[i] = on / count - statistics::median(off);
  }
  return profile;
}

std::vector<double> smoothed(const std::vector<double>& values, std::size_t half) {
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t first = i > half ? i - half : 0;
    const std::size_t last = std::min(values.size() - 1, i + half);
    double sum = 0;
    for (std::size_t k = first; k <= last; ++k) sum += values[k];
    result[i] = sum / static_cast<double>(last - first + 1);
  }
  return result;
}

std::optional<Trace> trace_of(const std::vector<double>& raw, double half_mm) {
  const std::vector<double> profile = smoothed(raw, 3);
  const double base = statistics::quantile(profile, 0.25);
  // From differences over 1.5 mm, farther apart than noise is alike: the trace may fill half of the profile.
  constexpr std::size_t apart = 15;
  std::vector<double> differences;
  for (std::size_t i = apart; i < profile.size(); ++i) differences.push_back(profile[i] - profile[i - apart]);
  const double noise = std::max(1.0, statistics::robust_deviation(differences) / std::numbers::sqrt2);
  // The top of a thick slice is a plateau: the mean of what exceeds 80 % of the largest value is its height.
  const std::vector<double> broad = smoothed(raw, 8);
  const auto peak = static_cast<std::size_t>(std::ranges::max_element(broad) - broad.begin());
  const double highest = broad[peak] - base;
  if (highest < 5 * noise) return std::nullopt;
  double top = 0;
  std::size_t count = 0;
  for (const double value : profile)
    if (value - base >= 0.85 * highest) {
      top += value - base;
      ++count;
    }
  const double level =
      base + 0.5 * std::max(top / static_cast<double>(std::max<std::size_t>(1, count)), 0.9 * highest);
  const auto crossing = [&](int step) -> std::optional<double> {
    auto i = static_cast<std::ptrdiff_t>(peak);
    while (i + step >= 0 && i + step < static_cast<std::ptrdiff_t>(profile.size())) {
      const double here = profile[static_cast<std::size_t>(i)];
      const double next = profile[static_cast<std::size_t>(i + step)];
      if (here >= level && next < level)
        return (static_cast<double>(i) + step * (here - level) / (here - next)) * step_mm - half_mm;
      i += step;
    }
    return std::nullopt;
  };
  const std::optional<double> left = crossing(-1);
  const std::optional<double> right = crossing(1);
  if (!left || !right) return std::nullopt;
  return Trace{*right - *left, 0.5 * (*left + *right)};
}

/// Mean over the slices, each moved by as much as its trace is against the middle one's; which way it moves
/// is told by the sharper mean.
std::vector<double> aligned_profile(const PhantomScan& scan, const FoundModule& found,
                                    const PhantomObject& ramp, double shift_x, double shift_y, double half_mm,
                                    double slope) {
  std::vector<std::vector<double>> profiles;
  for (const std::size_t k : found.slices)
    profiles.push_back(profile_of(scan, k, ramp, shift_x, shift_y, half_mm));
  if (profiles.size() == 1) return profiles.front();
  const std::size_t middle = found.slices[found.slices.size() / 2];
  const auto samples = static_cast<std::ptrdiff_t>(profiles.front().size());
  std::vector<double> best;
  double highest = -1;
  for (const double way : {1.0, -1.0}) {
    std::vector<double> sum(profiles.front().size(), 0);
    std::vector<double> count(sum.size(), 0);
    for (std::size_t i = 0; i < profiles.size(); ++i) {
      const double z = scan.slice_position_mm[found.slices[i]] - scan.slice_position_mm[middle];
      const auto steps = static_cast<std::ptrdiff_t>(std::lround(way * z / slope / step_mm));
      for (std::ptrdiff_t s = std::max<std::ptrdiff_t>(0, -steps); s < std::min(samples, samples - steps);
           ++s) {
        sum[static_cast<std::size_t>(s)] += profiles[i][static_cast<std::size_t>(s + steps)];
        count[static_cast<std::size_t>(s)] += 1;
      }
    }
    for (std::size_t s = 0; s < sum.size(); ++s) sum[s] /= std::max(1.0, count[s]);
    const double top = std::ranges::max(smoothed(sum, 8));
    if (top <= highest) continue;
    highest = top;
    best = sum;
  }
  return best;
}

/// Full width at half maximum across the wire, of the mean along its trace: the blur in the slice, which also
/// lengthens the trace.
double width_across(const PhantomScan& scan, std::size_t slice, const PhantomObject& ramp, double shift_x,
                    double shift_y, const Trace& trace) {
  const ImagePlane plane = scan.plane(slice);
  const double angle = ramp.angle_deg * std::numbers::pi / 180;
  constexpr double half_mm = 5;
  constexpr auto samples = static_cast<std::size_t>(2 * half_mm / step_mm) + 1;
  std::vector<double> profile(samples, 0);
  constexpr int lines = 11;
  for (std::size_t i = 0; i < samples; ++i)
    for (int j = 0; j < lines; ++j) {
      const double across = static_cast<double>(i) * step_mm - half_mm;
      const double along =
          trace.middle_mm + trace.width_mm * 0.8 * (static_cast<double>(j) / (lines - 1) - 0.5);
      const double x = ramp.x_mm + shift_x + along * std::cos(angle) - across * std::sin(angle);
      const double y = ramp.y_mm + shift_y + along * std::sin(angle) + across * std::cos(angle);
      profile[i] += static_cast<double>(value_at(plane, scan.pixel_of(slice, x, y))) / lines;
    }
  const std::optional<Trace> width = trace_of(profile, half_mm);
  return width ? width->width_mm : not_found;
}

}  // namespace

void analyze_ramps(const PhantomScan& scan, const FoundModule& found, const PhantomAnalysisOptions& options,
                   PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  double shift_x = 0;
  double shift_y = 0;
  std::size_t located = 0;
  for (const FoundObject& place : found.objects) {
    if (!place.is_located) continue;
    shift_x += place.x_mm - module.objects[place.object].x_mm;
    shift_y += place.y_mm - module.objects[place.object].y_mm;
    ++located;
  }
  if (located > 0) {
    shift_x /= static_cast<double>(located);
    shift_y /= static_cast<double>(located);
  }
  std::vector<double> all;
  std::vector<double> corrected;
  int number = 0;
  bool has_wire = false;  // beads may be too far apart for a trace
  for (const PhantomObject& ramp : module.objects) {
    // Beads a millimetre apart are counted, not measured by a width.
    if (ramp.kind != PhantomObjectKind::ramp || ramp.z_step_mm > 0.3 || !scan.is_roll_known) continue;
    ++number;
    has_wire = has_wire || ramp.z_step_mm == 0;
    const double half = std::min(30.0, (ramp.span_mm > 0 ? ramp.span_mm : 50) / 2);
    const double slope = std::tan(ramp.value * std::numbers::pi / 180);
    const std::optional<Trace> trace =
        trace_of(aligned_profile(scan, found, ramp, shift_x, shift_y, half, slope), half);
    if (!trace) continue;
    const double thickness = trace->width_mm * slope;
    const std::size_t middle = found.slices[found.slices.size() / 2];
    const double blur = width_across(scan, middle, ramp, shift_x, shift_y, *trace);
    if (!std::isnan(blur) && blur < trace->width_mm)
      corrected.push_back(slope * std::sqrt(trace->width_mm * trace->width_mm - blur * blur));
    all.push_back(thickness);
    findings.add({module.name, "slice_thickness_mm", fmt::format("ramp {}", number), thickness, "mm"});
  }
  if (all.empty()) {
    if (has_wire)
      findings.reasons.push_back(fmt::format(
          "The ramps of {} do not rise above the noise: there is no slice thickness; scan with more dose.",
          module.name));
    return;
  }
  const double stated = options.stated_slice_thickness_mm;
  // A tilt makes one ramp of a pair longer and its opposite shorter.
  const double tolerance = std::isnan(stated) ? not_found : std::max(0.5, 0.1 * stated);
  const bool is_corrected = corrected.size() == all.size();
  findings.add({module.name, "slice_thickness_mm", "mean", statistics::mean(all), "mm", stated,
                is_corrected ? not_found : tolerance});
  if (is_corrected)
    findings.add({module.name, "slice_thickness_corrected_mm", "mean", statistics::mean(corrected), "mm",
                  stated, tolerance});
}

}  // namespace snitt::quality
