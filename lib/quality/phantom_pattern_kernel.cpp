#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "quality/phantom_evidence.hpp"
#include "quality/phantom_pattern.hpp"

namespace snitt::quality {
namespace {

double share_inside(double distance_mm) {
  // The edge is as soft as a pixel of a coarse plane makes it.
  constexpr double softness_mm = 1;
  return std::clamp(0.5 - distance_mm / (2 * softness_mm), 0.0, 1.0);
}

double coverage(const PhantomObject& object, double x, double y) {
  const double dx = x - object.x_mm;
  const double dy = y - object.y_mm;
  if (object.kind != PhantomObjectKind::line_pairs)
    return share_inside(std::hypot(dx, dy) - object.diameter_mm / 2);
  const double angle = object.angle_deg * std::numbers::pi / 180;
  const double across = std::abs(dx * std::cos(angle) + dy * std::sin(angle)) - object.diameter_mm / 2;
  const double along = std::abs(dy * std::cos(angle) - dx * std::sin(angle)) -
                       (object.span_mm > 0 ? object.span_mm : object.diameter_mm) / 2;
  return 0.5 * share_inside(std::max(across, along));  // half of it is gaps
}

bool is_shown(const PhantomObject& object) {
  switch (object.kind) {
    case PhantomObjectKind::rod:
    case PhantomObjectKind::hole:
    case PhantomObjectKind::line_pairs:
    case PhantomObjectKind::low_contrast:
      return true;
    case PhantomObjectKind::wire:
    case PhantomObjectKind::bead:
    case PhantomObjectKind::ramp:
      break;
  }
  return false;
}

float root_of(float value) { return std::copysign(std::sqrt(std::abs(value)), value); }

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(std::max<std::size_t>(1, values.size()));
}

/// Of the values without their mean.
double norm_of(const std::vector<float>& values) {
  const double mean = mean_of(values);
  double square = 0;
  for (const float value : values)
    square += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  return std::sqrt(square);
}

void remove_mean(std::vector<float>& values) {
  const auto mean = static_cast<float>(mean_of(values));
  for (float& value : values) value -= mean;
}

}  // namespace

double degrees_of_turn(double turn) { return turn * 360 / static_cast<double>(pattern_angles); }

ModulePattern module_pattern(const PhantomModule& module, double smallest_hu, double largest_hu,
                             bool is_mirrored, double largest_radius_mm) {
  ModulePattern pattern;
  pattern.scale = largest_hu <= 25 ? PatternScale::linear : PatternScale::root;
  std::vector<PhantomObject> objects;
  for (PhantomObject object : module.objects) {
    const double contrast = std::abs(object.hu - module.background_hu);
    if (!is_shown(object) || contrast < smallest_hu || contrast > largest_hu) continue;
    // Targets shorter than the module are in few of its slices.
    if (object.length_mm > 0 && object.kind == PhantomObjectKind::low_contrast) continue;
    if (is_mirrored) {
      object.x_mm = -object.x_mm;
      object.angle_deg = 180 - object.angle_deg;
    }
    objects.push_back(object);
  }
  std::array<std::array<double, 2>, pattern_angles> toward{};
  for (std::size_t j = 0; j < pattern_angles; ++j) {
    const double angle = (static_cast<double>(j) + 0.5) * 2 * std::numbers::pi / pattern_angles;
    toward[j] = {std::cos(angle), std::sin(angle)};
  }
  std::vector<float> ring(pattern_angles);
  for (std::size_t i = 0; static_cast<double>(i) + 0.5 < largest_radius_mm; ++i) {
    const double radius = static_cast<double>(i) + 0.5;
    std::ranges::fill(ring, 0.0F);
    for (const PhantomObject& object : objects) {
      const double reach = std::hypot(object.diameter_mm, object.span_mm) / 2 + 1;
      if (std::abs(std::hypot(object.x_mm, object.y_mm) - radius) > reach) continue;
      for (std::size_t j = 0; j < pattern_angles; ++j)
        ring[j] += static_cast<float>((object.hu - module.background_hu) *
                                      coverage(object, radius * toward[j][0], radius * toward[j][1]));
    }
    const bool holds = std::ranges::any_of(
        ring, [&](float value) { return std::abs(value) > 0.5F * static_cast<float>(smallest_hu); });
    if (!holds) continue;
    pattern.rings.push_back(i);
    pattern.linear.insert(pattern.linear.end(), ring.begin(), ring.end());
  }
  pattern.values = pattern.linear;
  const auto weight = [&](std::size_t k) {
    return std::sqrt(static_cast<float>(pattern.rings[k / pattern_angles]) + 0.5F);
  };
  for (std::size_t k = 0; k < pattern.values.size(); ++k)
    pattern.values[k] =
        weight(k) * (pattern.scale == PatternScale::root ? root_of(pattern.values[k]) : pattern.values[k]);
  pattern.norm = norm_of(pattern.values);
  pattern.linear_norm = norm_of(pattern.linear);
  return pattern;
}

PatternMatch match_pattern(const ModulePattern& pattern, const PolarPlane& polar) {
  PatternMatch match{std::vector<float>(pattern_angles, 0.0F), std::vector<float>(pattern_angles, 0.0F)};
  if (pattern.rings.empty() || pattern.rings.back() >= polar.radii) return match;
  std::vector<float> seen;
  seen.reserve(pattern.values.size());
  std::vector<float> finite;
  for (const std::size_t ring : pattern.rings)
    for (std::size_t j = 0; j < pattern_angles; ++j) {
      seen.push_back(polar.values[ring * pattern_angles + j]);
      if (std::isfinite(seen.back())) finite.push_back(seen.back());
    }
  if (finite.size() < seen.size() / 2) return match;
  std::nth_element(finite.begin(), finite.begin() + static_cast<std::ptrdiff_t>(finite.size() / 2),
                   finite.end());
  const float background = finite[finite.size() / 2];
  for (float& value : seen) value = std::isfinite(value) ? value - background : 0;
  // With the mean taken from one side, the other may keep its own, and its zeros.
  std::vector<float> contrasts = seen;
  remove_mean(contrasts);
  const std::vector<float> linear = turned_products(pattern.linear, contrasts, pattern_angles);
  for (std::size_t k = 0; k < seen.size(); ++k) {
    const float weight = std::sqrt(static_cast<float>(pattern.rings[k / pattern_angles]) + 0.5F);
    seen[k] = weight * (pattern.scale == PatternScale::root ? root_of(seen[k]) : seen[k]);
  }
  const double norm = norm_of(seen);
  remove_mean(seen);
  const std::vector<float> products = turned_products(pattern.values, seen, pattern_angles);
  const double scale = pattern.norm > 0 && norm > 0 ? 1 / (pattern.norm * norm) : 0;
  for (std::size_t t = 0; t < pattern_angles; ++t) {
    match.likeness[t] = static_cast<float>(static_cast<double>(products[t]) * scale);
    match.contrast[t] =
        static_cast<float>(static_cast<double>(linear[t]) / (pattern.linear_norm * pattern.linear_norm));
  }
  return match;
}

}  // namespace snitt::quality
