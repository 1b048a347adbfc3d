#include "quality/phantom_evidence.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "quality/axial_slices.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

void check(const Volume& ct, const std::string& path) {
  if (ct.format.components != 1)
    throw InputError("{}: has {} components per voxel; expected CT values in HU", path, ct.format.components);
  if (ct.time_points != 1)
    throw InputError("{}: has {} time points; expected one (snitt-export writes single ones)", path,
                     ct.time_points);
  if (ct.geometry.size[0] < 64 || ct.geometry.size[1] < 64)
    throw InputError("{}: slices have {} x {} pixels; expected 64 x 64 or more", path, ct.geometry.size[0],
                     ct.geometry.size[1]);
  for (const double spacing : {ct.geometry.spacing_mm.x, ct.geometry.spacing_mm.y})
    if (!(spacing > 0.02 && spacing < 3))
      throw InputError("{}: has pixels of {:g} mm; expected 0.02 to 3 mm for a test object", path, spacing);
}

/// Weighted line through values at slices; false where fewer than one slice counts.
bool fit_line(const std::vector<double>& slice, const std::vector<double>& value, double& start,
              double& slope) {
  const auto n = static_cast<double>(slice.size());
  if (slice.empty()) return false;
  const double at = statistics::mean(slice);
  const double mean = statistics::mean(value);
  double square = 0;
  double product = 0;
  for (std::size_t i = 0; i < slice.size(); ++i) {
    square += (slice[i] - at) * (slice[i] - at);
    product += (slice[i] - at) * (value[i] - mean);
  }
  slope = n >= 3 && square > 0 ? product / square : 0;
  start = mean - slope * at;
  return true;
}

void look_around(ScanEvidence& evidence) {
  // The edge of the body belongs to no module, nor does what lies within the blur of it.
  const double reach =
      evidence.is_body_cut ? 0.7 * evidence.field_mm : std::max(20.0, evidence.median_diameter_mm / 2 - 5);
  evidence.polar.resize(evidence.coarse.slices);
  tbb::parallel_for(evidence.first_slice, evidence.end_slice, [&](std::size_t k) {
    evidence.polar[k] = polar_plane(evidence.coarse.plane(k), evidence.coarse_centre(k),
                                    static_cast<std::size_t>(reach), pattern_angles);
  });
}

/// Where the field of view cuts the body off, not every slice shows enough of its edge: the neighbours on the
/// axis count as long as they are filled.
void extend(ScanEvidence& evidence) {
  const auto is_filled = [&](std::size_t k) {
    const PolarPlane inner =
        polar_plane(evidence.coarse.plane(k), evidence.coarse_centre(k), 30, pattern_angles);
    const std::vector<double> values(inner.values.begin(), inner.values.end());
    return statistics::median(values) > -300;
  };
  while (evidence.first_slice > 0 && is_filled(evidence.first_slice - 1)) --evidence.first_slice;
  while (evidence.end_slice < evidence.coarse.slices && is_filled(evidence.end_slice)) ++evidence.end_slice;
}

}  // namespace

ScanAxis fit_axis(const std::vector<BodyCircle>& circles, const std::array<double, 2>& spacing_mm,
                  std::vector<bool>& on_axis) {
  const auto centre = [&](std::size_t k) {
    return std::array<double, 2>{circles[k].centre.column * spacing_mm[1],
                                 circles[k].centre.row * spacing_mm[0]};
  };
  std::vector<std::size_t> all;
  for (std::size_t k = 0; k < circles.size(); ++k)
    if (circles[k].is_found) all.push_back(k);
  ScanAxis best;
  std::vector<std::size_t> best_members;
  // Lines through two slices each, of which that with most others near wins.
  const auto consider = [&](const ScanAxis& axis, double limit_mm) {
    std::vector<std::size_t> members;
    for (const std::size_t k : all) {
      const auto at = centre(k);
      const auto z = static_cast<double>(k);
      const double x = at[0] - axis.start_mm[0] - z * axis.slope_mm_per_slice[0];
      const double y = at[1] - axis.start_mm[1] - z * axis.slope_mm_per_slice[1];
      if (std::hypot(x, y) <= limit_mm) members.push_back(k);
    }
    if (members.size() > best_members.size()) {
      best = axis;
      best_members = members;
    }
  };
  const std::size_t step = all.size() / 12 + 1;
  for (std::size_t i = 0; i < all.size(); i += step) {
    const auto a = centre(all[i]);
    consider({true, a, {0, 0}, 0}, 1.5);
    for (std::size_t j = i + step; j < all.size(); j += step) {
      const auto b = centre(all[j]);
      const auto apart = static_cast<double>(all[j] - all[i]);
      const std::array<double, 2> slope{(b[0] - a[0]) / apart, (b[1] - a[1]) / apart};
      const auto first = static_cast<double>(all[i]);
      consider({true, {a[0] - first * slope[0], a[1] - first * slope[1]}, slope, 0}, 1.5);
    }
  }
  for (int round = 0; round < 3 && best.is_known; ++round) {
    std::vector<double> z;
    std::vector<double> x;
    std::vector<double> y;
    for (const std::size_t k : best_members) {
      z.push_back(static_cast<double>(k));
      x.push_back(centre(k)[0]);
      y.push_back(centre(k)[1]);
    }
    ScanAxis axis{true, {0, 0}, {0, 0}, 0};
    fit_line(z, x, axis.start_mm[0], axis.slope_mm_per_slice[0]);
    fit_line(z, y, axis.start_mm[1], axis.slope_mm_per_slice[1]);
    double sum = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
      sum += std::pow(x[i] - axis.start_mm[0] - z[i] * axis.slope_mm_per_slice[0], 2) +
             std::pow(y[i] - axis.start_mm[1] - z[i] * axis.slope_mm_per_slice[1], 2);
    axis.rms_mm = std::sqrt(sum / static_cast<double>(z.size()));
    best_members.clear();
    consider(axis, std::clamp(3 * axis.rms_mm, 0.4, 1.5));
    if (best_members.empty()) break;
    best = axis;
  }
  on_axis.assign(circles.size(), false);
  for (const std::size_t k : best_members) on_axis[k] = true;
  return best;
}

PlanePoint ScanEvidence::coarse_centre(std::size_t slice) const {
  const auto z = static_cast<double>(slice);
  return {(axis.start_mm[0] + z * axis.slope_mm_per_slice[0]) / coarse.spacing_mm[1],
          (axis.start_mm[1] + z * axis.slope_mm_per_slice[1]) / coarse.spacing_mm[0]};
}

PlanePoint ScanEvidence::centre(std::size_t slice) const { return coarse.fine(coarse_centre(slice)); }

ImagePlane ScanEvidence::plane(std::size_t slice) const {
  const std::size_t pixels = size[0] * size[1];
  return {std::span(hu).subspan(slice * pixels, pixels), size[1], size[0], spacing_mm[1], spacing_mm[0],
          static_cast<double>(slice) * spacing_mm[2]};
}

ScanEvidence scan_evidence(const Volume& ct, const std::string& path) {
  check(ct, path);
  check_finite(ct, path);
  ScanEvidence evidence;
  evidence.path = path;
  evidence.size = ct.geometry.size;
  evidence.spacing_mm = {ct.geometry.spacing_mm.x, ct.geometry.spacing_mm.y, ct.geometry.spacing_mm.z};
  evidence.coarse = coarse_scan(ct, evidence.hu);
  evidence.field_mm = std::min(static_cast<double>(evidence.coarse.columns) * evidence.coarse.spacing_mm[1],
                               static_cast<double>(evidence.coarse.rows) * evidence.coarse.spacing_mm[0]);
  evidence.circles.resize(evidence.coarse.slices);
  tbb::parallel_for(std::size_t{0}, evidence.coarse.slices,
                    [&](std::size_t k) { evidence.circles[k] = find_body_circle(evidence.coarse.plane(k)); });
  evidence.axis = fit_axis(evidence.circles, evidence.coarse.spacing_mm, evidence.on_axis);
  look_around_axis(evidence);
  return evidence;
}

void look_around_axis(ScanEvidence& evidence) {
  std::vector<double> diameters;
  bool is_any = false;
  for (std::size_t k = 0; k < evidence.on_axis.size(); ++k) {
    if (!evidence.on_axis[k]) continue;
    if (!is_any) evidence.first_slice = k;
    is_any = true;
    evidence.end_slice = k + 1;
    if (evidence.circles[k].is_found) diameters.push_back(2 * evidence.circles[k].radius_mm);
  }
  if (!is_any) return;
  evidence.median_diameter_mm = diameters.empty() ? 0 : statistics::median(diameters);
  if (evidence.is_body_cut || evidence.field_mm < evidence.median_diameter_mm) extend(evidence);
  look_around(evidence);
}

}  // namespace snitt::quality
