#include "formats/dicom_stack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

constexpr double same_direction =
    1e-3;  // largest difference of a direction cosine; headers often keep four digits
constexpr double same_position_mm = 0.01;
constexpr double warned_unevenness = 0.01;  // share of the slice distance
constexpr double refused_unevenness = 0.10;
constexpr double right_angle_deg = 0.1;  // positions with six digits bend a stack by less

double largest_difference(Vec3 a, Vec3 b) {
  return std::max({std::abs(a.x - b.x), std::abs(a.y - b.y), std::abs(a.z - b.z)});
}

void check_alike(const std::string& source, const std::vector<DicomSlice>& slices) {
  const DicomSlice& first = slices.front();
  for (const DicomSlice& slice : slices) {
    if (slice.rows != first.rows || slice.columns != first.columns)
      throw InputError("{}: {} has {} x {} pixels, {} has {} x {}; expected one size in a series", source,
                       label_of(first), first.columns, first.rows, label_of(slice), slice.columns,
                       slice.rows);
    if (largest_difference(slice.row_direction, first.row_direction) > same_direction ||
        largest_difference(slice.column_direction, first.column_direction) > same_direction)
      throw InputError(
          "{}: {} lies in another direction (rows {:.4f} {:.4f} {:.4f}) than {} (rows {:.4f} {:.4f} {:.4f}); "
          "expected parallel slices (put each direction into a folder of its own)",
          source, label_of(slice), slice.row_direction.x, slice.row_direction.y, slice.row_direction.z,
          label_of(first), first.row_direction.x, first.row_direction.y, first.row_direction.z);
    for (std::size_t axis = 0; axis < 2; ++axis)
      if (std::abs(slice.spacing_mm[axis] - first.spacing_mm[axis]) > 1e-4 * first.spacing_mm[axis])
        throw InputError("{}: {} has a pixel spacing of {} mm, {} of {} mm; expected one spacing in a series",
                         source, label_of(first), first.spacing_mm[axis], label_of(slice),
                         slice.spacing_mm[axis]);
  }
}

/// "AcquisitionNumber 1 and 2": what tells two slices at one place apart, or that nothing does.
std::string differences(const DicomSlice& a, const DicomSlice& b) {
  std::string text;
  for (const auto& [name, value] : a.apart)
    for (const auto& [other_name, other] : b.apart)
      if (name == other_name && value != other && (name != "InstanceNumber" || text.empty()))
        text += fmt::format("{}{} {} and {}", text.empty() ? "" : ", ", name, value, other);
  return text.empty() ? "nothing in their headers tells them apart" : "they differ in " + text;
}

void check_duplicates(const std::string& source, const std::vector<DicomSlice>& slices,
                      const std::vector<std::size_t>& order, const std::vector<double>& along) {
  std::size_t count = 0;
  std::size_t where = 0;
  for (std::size_t i = 1; i < order.size(); ++i)
    if (along[order[i]] - along[order[i - 1]] < same_position_mm && count++ == 0) where = i;
  if (count == 0) return;
  const DicomSlice& a = slices[order[where - 1]];
  const DicomSlice& b = slices[order[where]];
  throw InputError(
      "{}: {} and {} lie at the same place ({:.3f} mm along the normal; {}); {} slices in all are duplicates "
      "(keep one of each place in the folder)",
      source, label_of(a), label_of(b), along[order[where]], differences(a, b), count);
}

void check_gaps(const std::string& source, const std::vector<DicomSlice>& slices,
                const std::vector<std::size_t>& order, const std::vector<double>& along, Monitor& monitor) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < order.size(); ++i) steps.push_back(along[order[i]] - along[order[i - 1]]);
  std::vector<double> sorted = steps;
  std::ranges::sort(sorted);
  const double usual = sorted[(sorted.size() - 1) / 2];
  std::string gaps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] < 1.5 * usual) continue;
    gaps += fmt::format("{}{:.6g} mm between {} and {}", gaps.empty() ? "" : "; ", steps[i],
                        label_of(slices[order[i]]), label_of(slices[order[i + 1]]));
    if (gaps.size() > 400) {
      gaps += "; …";
      break;
    }
  }
  if (!gaps.empty())
    throw InputError(
        "{}: slices are missing: {}, where others are {:.6g} mm apart (complete the folder, or keep one side "
        "of the gap)",
        source, gaps, usual);
  const double mean = std::accumulate(steps.begin(), steps.end(), 0.0) / static_cast<double>(steps.size());
  double worst = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double off = std::abs(along[order[i]] - (along[order[0]] + static_cast<double>(i) * mean));
    if (off > worst) worst = off, where = i;
  }
  const std::string finding = fmt::format("{}: {} lies {:.3g} mm off a regular grid of {:.6g} mm", source,
                                          label_of(slices[order[where]]), worst, mean);
  if (worst > refused_unevenness * mean) throw InputError("{}; expected evenly spaced slices", finding);
  if (worst > std::max(same_position_mm, warned_unevenness * mean)) monitor.warn(finding + ": taken as even");
}

/// Third axis and slice distance of two slices or more.
void place_third_axis(const std::string& source, const std::vector<DicomSlice>& slices,
                      const std::vector<std::size_t>& order, Vec3 normal, TiltedGantry tilted_gantry,
                      VolumeGeometry& geometry, Monitor& monitor) {
  const double count = static_cast<double>(order.size() - 1);
  const Vec3 first = slices[order.front()].position;
  const Vec3 step = (1 / count) * (slices[order.back()].position - first);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Vec3 off = slices[order[i]].position - first - static_cast<double>(i) * step;
    const double sideways = norm(off - dot(off, normal) * normal);
    if (sideways > 0.1 + 0.1 * std::min(geometry.spacing_mm.x, geometry.spacing_mm.y))
      throw InputError(
          "{}: {} is shifted sideways by {:.3g} mm against its neighbours; expected slices on one line",
          source, label_of(slices[order[i]]), sideways);
  }
  const double advance = dot(step, normal);
  const Vec3 drift = step - advance * normal;
  const double angle_deg = std::atan2(norm(drift), advance) * 180 / M_PI;
  const bool tilted = angle_deg > right_angle_deg && norm(drift) * count > 0.1;
  geometry.spacing_mm.z = advance;
  geometry.axis_directions[2] = normal;
  if (!tilted) return;
  const double declared = slices[order.front()].tilt_deg;
  const std::string finding = fmt::format(
      "{}: slices are stacked {:.2f} degrees off their normal (tilted gantry; GantryDetectorTilt says {})",
      source, angle_deg, declared);
  if (tilted_gantry == TiltedGantry::refuse)
    throw InputError("{}; expected a right angle (--tilted-gantry keep reads the sheared volume as it is)",
                     finding);
  monitor.warn(finding + ": the sheared geometry is kept");
  geometry.spacing_mm.z = norm(step);
  geometry.axis_directions[2] = (1 / geometry.spacing_mm.z) * step;
}

}  // namespace

std::string label_of(const DicomSlice& slice) {
  const std::string name = std::filesystem::path(slice.file).filename().string();
  return slice.frame == 0 ? name : fmt::format("{} frame {}", name, slice.frame + 1);
}

SliceStack stack_slices(const std::string& source, const std::vector<DicomSlice>& slices,
                        TiltedGantry tilted_gantry, Monitor& monitor) {
  check_alike(source, slices);
  const DicomSlice& any = slices.front();
  Vec3 normal = cross(any.row_direction, any.column_direction);
  normal = (1 / norm(normal)) * normal;
  std::vector<double> along;
  for (const DicomSlice& slice : slices) along.push_back(dot(slice.position, normal));
  SliceStack stack;
  stack.order.resize(slices.size());
  std::iota(stack.order.begin(), stack.order.end(), std::size_t{0});
  std::ranges::stable_sort(stack.order, {}, [&](std::size_t i) { return along[i]; });

  VolumeGeometry& g = stack.geometry;
  const DicomSlice& first = slices[stack.order.front()];
  g.size = {first.columns, first.rows, slices.size()};
  g.spacing_mm = {first.spacing_mm[0], first.spacing_mm[1], 1};
  g.origin_mm = first.position;
  g.axis_directions = {first.row_direction, first.column_direction, normal};
  if (slices.size() > 1) {
    check_duplicates(source, slices, stack.order, along);
    check_gaps(source, slices, stack.order, along, monitor);
    place_third_axis(source, slices, stack.order, normal, tilted_gantry, g, monitor);
  } else if (first.thickness_mm > 0) {
    g.spacing_mm.z = first.thickness_mm;
  } else {
    monitor.warn(fmt::format("{}: the only slice does not say its thickness: taken as 1 mm", source));
  }
  return stack;
}

}  // namespace snitt::formats
