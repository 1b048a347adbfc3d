#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "quality/coarse_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "statistics/summary.hpp"

/// Rows of short wires, each a step further along z, of which a slice shows as many as it is thick.
namespace snitt::quality {
namespace {

constexpr double step_mm = 0.25;
constexpr double half_length_mm = 30;  // of a row that is looked at
constexpr double furthest_mm = 45;     // of a row from the axis
constexpr double smoothing_mm = 5;     // dots stand a few millimetres apart

struct Row {
  bool is_vertical = false;
  double across_mm = 0;
  double merit = 0;
};

double value(const PhantomScan& scan, const ImagePlane& plane, std::size_t slice, const Row& row,
             double along) {
  const double x = row.is_vertical ? row.across_mm : along;
  const double y = row.is_vertical ? along : row.across_mm;
  return static_cast<double>(value_at(plane, scan.pixel_of(slice, x, y)));
}

std::vector<double> line_of(const PhantomScan& scan, const ImagePlane& plane, std::size_t slice,
                            const Row& row) {
  std::vector<double> values;
  for (double along = -half_length_mm; along <= half_length_mm; along += step_mm)
    values.push_back(value(scan, plane, slice, row, along));
  return values;
}

/// Variance along the row of what varies faster than the dots' neighbourhood.
double ripple(const std::vector<double>& values) {
  const auto half = static_cast<std::size_t>(smoothing_mm / 2 / step_mm);
  double sum = 0;
  for (std::size_t i = half; i + half < values.size(); ++i) {
    double around = 0;
    for (std::size_t j = i - half; j <= i + half; ++j) around += values[j];
    const double rise = values[i] - around / static_cast<double>(2 * half + 1);
    sum += rise * rise;
  }
  return sum;
}

/// Rows whose ripple stands out, at most two.
std::vector<Row> find_rows(const PhantomScan& scan, const std::vector<std::size_t>& slices) {
  std::vector<Row> all;
  std::vector<double> merits;
  for (const bool is_vertical : {false, true})
    for (double across = -furthest_mm; across <= furthest_mm; across += 0.5) {
      Row row{is_vertical, across, 0};
      for (const std::size_t k : slices) row.merit += ripple(line_of(scan, scan.plane(k), k, row));
      all.push_back(row);
      merits.push_back(row.merit);
    }
  const double usual = statistics::median(merits);
  std::ranges::sort(all, std::greater<>(), &Row::merit);
  std::vector<Row> rows;
  for (const Row& row : all) {
    if (row.merit < 2 * usual || rows.size() == 2) break;
    // Rows run side by side.
    const bool is_new = std::ranges::all_of(rows, [&](const Row& other) {
      return other.is_vertical == row.is_vertical && std::abs(other.across_mm - row.across_mm) > 8;
    });
    if (is_new) rows.push_back(row);
  }
  return rows;
}

/// Along the row, against what lies beside it.
std::vector<double> profile_of(const PhantomScan& scan, std::size_t slice, const Row& row) {
  const ImagePlane plane = scan.plane(slice);
  const auto shifted = [&](double by) {
    return line_of(scan, plane, slice, {row.is_vertical, row.across_mm + by, 0});
  };
  std::vector<double> profile = line_of(scan, plane, slice, row);
  const std::vector<double> near[] = {shifted(-0.5), shifted(0.5)};
  const std::vector<double> beside[] = {shifted(-4), shifted(-3), shifted(3), shifted(4)};
  for (std::size_t i = 0; i < profile.size(); ++i) {
    profile[i] = (profile[i] + near[0][i] + near[1][i]) / 3;
    for (const auto& line : beside) profile[i] -= line[i] / 4;
  }
  return profile;
}

/// Number of wires at half the height of the brightest and more, fractions by the height of the next.
std::optional<double> count_wires(const std::vector<double>& profile) {
  const double highest = std::ranges::max(profile);
  std::vector<std::size_t> peaks;
  for (std::size_t i = 2; i + 2 < profile.size(); ++i)
    if (profile[i] > 0.4 * highest && profile[i] >= profile[i - 1] && profile[i] > profile[i + 1] &&
        profile[i] > profile[i - 2] && profile[i] > profile[i + 2])
      peaks.push_back(i);
  if (peaks.size() < 3) return std::nullopt;
  std::vector<double> gaps, heights;
  for (std::size_t i = 1; i < peaks.size(); ++i) gaps.push_back(static_cast<double>(peaks[i] - peaks[i - 1]));
  const double gap = statistics::median(gaps);
  for (const double g : gaps)
    if (std::abs(g - gap) > 0.35 * gap) return std::nullopt;  // not a regular row
  for (const std::size_t peak : peaks) heights.push_back(profile[peak]);
  const double top = statistics::quantile(heights, 0.75);
  // The next wire on either side, seen or not.
  const auto next = [&](double at) {
    double best = 0;
    for (double i = at - gap / 4; i <= at + gap / 4; ++i)
      if (i >= 0 && i < static_cast<double>(profile.size()))
        best = std::max(best, profile[static_cast<std::size_t>(i)]);
    return best;
  };
  heights.insert(heights.begin(), next(static_cast<double>(peaks.front()) - gap));
  heights.push_back(next(static_cast<double>(peaks.back()) + gap));
  std::size_t first = 0;
  while (heights[first] < top / 2) ++first;
  std::size_t last = heights.size() - 1;
  while (heights[last] < top / 2) --last;
  if (first == 0 || last + 1 == heights.size()) return std::nullopt;
  const auto part = [&](std::size_t inside, std::size_t outside) {
    return (heights[inside] - top / 2) / (heights[inside] - heights[outside]);
  };
  return static_cast<double>(last - first) + part(first, first - 1) + part(last, last + 1);
}

/// The three nearest to the middle of the module, the nearest first: there the rows are whole on both sides.
std::vector<std::size_t> central_slices(const PhantomScan& scan, const FoundModule& found,
                                        const PhantomModule& module) {
  std::vector<std::size_t> slices = found.slices;
  const double middle = static_cast<double>(slices.front() + slices.back()) / 2;
  std::ranges::sort(slices, {}, [&](std::size_t k) {
    const double z = scan.slices[k].z_mm;
    return std::isnan(z) ? std::abs(static_cast<double>(k) - middle) : std::abs(z - module.z_mm);
  });
  slices.resize(std::min<std::size_t>(slices.size(), 3));
  return slices;
}

}  // namespace

void analyze_wire_rows(const PhantomScan& scan, const FoundModule& found,
                       const PhantomAnalysisOptions& options, PhantomFindings& findings) {
  const PhantomModule& module = scan.description(found);
  double z_step_mm = 0;
  for (const PhantomObject& object : module.objects) {
    if (object.kind != PhantomObjectKind::ramp || object.z_step_mm == 0) continue;
    // Rows of different steps cannot be told apart without knowing where they lie.
    if (z_step_mm != 0 && z_step_mm != object.z_step_mm) return;
    z_step_mm = object.z_step_mm;
  }
  if (z_step_mm == 0 || !scan.is_roll_known || found.slices.empty()) return;
  const std::vector<std::size_t> slices = central_slices(scan, found, module);
  const std::vector<Row> rows = find_rows(scan, slices);
  std::vector<double> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> widths;
    for (const std::size_t k : slices)
      if (const auto wires = count_wires(profile_of(scan, k, rows[i]))) widths.push_back(*wires * z_step_mm);
    // Most slices must agree that there are wires: noise has no regular peaks.
    if (2 * widths.size() <= slices.size()) continue;
    all.push_back(statistics::mean(widths));
    findings.add({module.name, "slice_thickness_mm", fmt::format("wires {}", i + 1), all.back(), "mm"});
    const std::size_t middle = slices.front();
    for (const double along : {-10.0, 0.0, 10.0})
      findings.regions.push_back({middle,
                                  scan.pixel_of(middle, rows[i].is_vertical ? rows[i].across_mm : along,
                                                rows[i].is_vertical ? along : rows[i].across_mm),
                                  1.5, false, ""});
  }
  if (all.empty()) {
    findings.reasons.push_back(fmt::format(
        "The rows of wires of {} were not made out, so there is no slice thickness; scan with less noise.",
        module.name));
    return;
  }
  constexpr double acr_tolerance_mm = 1.5;
  constexpr double thickest_mm = 6;  // how long the rows are is not documented: thicker slices are not judged
  const double stated =
      options.stated_slice_thickness_mm <= thickest_mm ? options.stated_slice_thickness_mm : not_found;
  findings.add({module.name, "slice_thickness_mm", "mean", statistics::mean(all), "mm", stated,
                std::isnan(stated) ? not_found : acr_tolerance_mm});
}

}  // namespace snitt::quality
