#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "quality/phantom_fit.hpp"
#include "quality/phantom_pattern.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {
namespace {

constexpr double strong_hu = 25;
constexpr double least_likeness = 0.55;
constexpr double least_contrast = 0.03;  // of the nominal one: bars blur into each other

struct Patterns {
  std::array<std::vector<ModulePattern>, 2> by_mirror;  // [module]
};

struct Likeness {
  double value = 0;
  double contrast = 0;
};

/// The best within a step or two of the common turn: modules sit a degree or two apart.
Likeness near_turn(const PatternMatch& match, std::size_t turn) {
  Likeness best;
  for (const std::size_t step : {pattern_angles - 1, std::size_t{0}, std::size_t{1}}) {
    const std::size_t t = (turn + step) % pattern_angles;
    if (static_cast<double>(match.likeness[t]) <= best.value) continue;
    best = {static_cast<double>(match.likeness[t]), static_cast<double>(match.contrast[t])};
  }
  return best;
}

/// Where modules differ in diameter only (Mercury), their inserts do not tell one from another.
bool may_show(const ScanEvidence& evidence, std::size_t slice, const PhantomModule& module) {
  const BodyCircle& circle = evidence.circles[slice];
  if (module.body_diameter_mm == 0) return true;
  return circle.is_found &&
         std::abs(2 * circle.radius_mm - module.body_diameter_mm) <= 0.025 * module.body_diameter_mm;
}

/// The stretch of slices around the best one that show the module with its full contrast.
SeenModule stretch_of(std::size_t module, const std::vector<Likeness>& by_slice) {
  std::size_t best = 0;
  double highest = 0;
  for (std::size_t k = 0; k < by_slice.size(); ++k) {
    if (by_slice[k].value < least_likeness || by_slice[k].contrast < least_contrast) continue;
    const double merit = by_slice[k].value * by_slice[k].contrast;
    if (merit > highest) {
      highest = merit;
      best = k;
    }
  }
  SeenModule seen;
  seen.module = module;
  if (highest == 0) return seen;
  // Noise makes single slices exceed the others: the level is that of the better half.
  std::vector<double> contrasts;
  for (const Likeness& l : by_slice)
    if (l.value >= least_likeness && l.contrast > 0.5 * by_slice[best].contrast)
      contrasts.push_back(l.contrast);
  const double level = statistics::quantile(contrasts, 0.75);
  const auto belongs = [&](std::size_t k, double share) {
    return by_slice[k].value >= 0.85 * by_slice[best].value && by_slice[k].contrast >= share * level;
  };
  constexpr double whole = 0.95;  // a slice that is 5 % outside shifts every insert by 5 % of its contrast
  std::size_t first = best;
  std::size_t last = best;
  while (first > 0 && belongs(first - 1, whole)) --first;
  while (last + 1 < by_slice.size() && belongs(last + 1, whole)) ++last;
  for (std::size_t k = first; k <= last; ++k) seen.slices.push_back(k);
  // Its ends are where half of the contrast is left.
  const auto end_at = [&](std::size_t k, int step) {
    auto at = static_cast<double>(k);
    double here = by_slice[k].contrast;
    while (true) {
      const auto next = static_cast<std::ptrdiff_t>(k) + step;
      if (next < 0 || next >= static_cast<std::ptrdiff_t>(by_slice.size())) return at + 0.5 * step;
      const double there = std::max(0.0, by_slice[static_cast<std::size_t>(next)].contrast);
      if (there < 0.5 * level) return at + step * (here - 0.5 * level) / std::max(1e-9, here - there);
      k = static_cast<std::size_t>(next);
      at += step;
      here = there;
    }
  };
  seen.slice = 0.5 * (end_at(first, -1) + end_at(last, 1));
  seen.likeness = by_slice[best].value;
  return seen;
}

}  // namespace

SeenPatterns see_patterns(const ScanEvidence& evidence, const CtPhantomModel& model) {
  const std::size_t radii =
      evidence.polar.empty() || evidence.end_slice == 0 ? 0 : evidence.polar[evidence.first_slice].radii;
  Patterns patterns;
  for (std::size_t mirror = 0; mirror < 2; ++mirror)
    for (const PhantomModule& module : model.modules)
      patterns.by_mirror[mirror].push_back(module_pattern(module, strong_hu,
                                                          std::numeric_limits<double>::infinity(),
                                                          mirror == 1, static_cast<double>(radii)));
  const std::size_t modules = model.modules.size();
  const std::size_t slices = evidence.coarse.slices;
  std::vector<std::array<std::vector<PatternMatch>, 2>> matches(slices);  // [slice][mirror][module]
  tbb::parallel_for(evidence.first_slice, evidence.end_slice, [&](std::size_t k) {
    for (std::size_t mirror = 0; mirror < 2; ++mirror)
      for (const ModulePattern& pattern : patterns.by_mirror[mirror])
        matches[k][mirror].push_back(match_pattern(pattern, evidence.polar[k]));
  });

  SeenPatterns seen;
  seen.likeness.assign(slices, 0);
  double highest = 0;
  std::size_t turn = 0;
  for (std::size_t mirror = 0; mirror < 2; ++mirror)
    for (std::size_t t = 0; t < pattern_angles; ++t) {
      double sum = 0;
      for (std::size_t k = evidence.first_slice; k < evidence.end_slice; ++k)
        for (std::size_t m = 0; m < modules; ++m) {
          const double likeness = static_cast<double>(matches[k][mirror][m].likeness[t]);
          if (likeness < 0.4 || static_cast<double>(matches[k][mirror][m].contrast[t]) < least_contrast)
            continue;
          sum += likeness * likeness * likeness;
        }
      if (sum <= highest) continue;
      highest = sum;
      seen.is_mirrored = mirror == 1;
      turn = t;
    }
  if (highest == 0) return seen;
  seen.turn_deg = degrees_of_turn(static_cast<double>(turn));
  for (std::size_t m = 0; m < modules; ++m) {
    if (patterns.by_mirror[0][m].rings.empty()) continue;
    std::vector<Likeness> by_slice(slices);
    for (std::size_t k = evidence.first_slice; k < evidence.end_slice; ++k) {
      if (!may_show(evidence, k, model.modules[m])) continue;
      by_slice[k] = near_turn(matches[k][seen.is_mirrored ? 1 : 0][m], turn);
      seen.likeness[k] = std::max(seen.likeness[k], by_slice[k].value);
    }
    SeenModule module = stretch_of(m, by_slice);
    if (!module.slices.empty()) seen.modules.push_back(std::move(module));
  }
  return seen;
}

bool is_flat(const PolarPlane& polar, double radius_mm) {
  constexpr std::size_t depth = 6;    // mm of a cell along the radius
  constexpr std::size_t width = 5;    // angles of a cell: 15 degrees
  constexpr std::size_t centre = 12;  // cells inside of it are too narrow
  if (polar.values.empty()) return false;
  double furthest = 0;
  std::vector<double> spreads;
  for (std::size_t r = centre; r + depth <= polar.radii && static_cast<double>(r + depth) <= radius_mm;
       r += depth) {
    std::vector<double> means;
    double square = 0;
    double whole = 0;
    std::size_t count = 0;
    for (std::size_t a = 0; a < polar.angles; a += width) {
      double sum = 0;
      std::size_t n = 0;
      for (std::size_t i = r; i < r + depth; ++i)
        for (std::size_t j = a; j < a + width; ++j) {
          const auto value = static_cast<double>(polar.values[i * polar.angles + j]);
          if (!std::isfinite(value)) continue;
          sum += value;
          square += value * value;
          ++n;
        }
      if (n == 0) continue;
      means.push_back(sum / static_cast<double>(n));
      whole += sum;
      count += n;
    }
    if (means.size() < 12) return false;
    const double mean = whole / static_cast<double>(count);
    spreads.push_back(std::sqrt(std::max(0.0, square / static_cast<double>(count) - mean * mean)));
    const double middle = statistics::median(means);
    for (const double value : means) furthest = std::max(furthest, std::abs(value - middle));
  }
  if (spreads.empty()) return false;
  // Low contrast targets of 10 HU are flat; noise of 30 pixels, of which neighbours are alike, is averaged.
  return furthest < 12 + statistics::median(spreads);
}

double low_contrast_rise(const ScanEvidence& evidence, const PhantomModule& module,
                         const std::vector<std::size_t>& slices, bool is_mirrored,
                         std::optional<double> turn_deg, double& best_turn_deg) {
  if (slices.empty()) return 0;
  PolarPlane mean = evidence.polar[slices.front()];
  for (std::size_t i = 1; i < slices.size(); ++i)
    for (std::size_t k = 0; k < mean.values.size(); ++k)
      mean.values[k] += evidence.polar[slices[i]].values[k];
  for (float& value : mean.values) value /= static_cast<float>(slices.size());
  // A gap or the rim of the module on the ring would outweigh targets of a few HU.
  std::vector<double> all;
  for (const float value : mean.values)
    if (std::isfinite(value)) all.push_back(static_cast<double>(value));
  if (all.empty()) return 0;
  const double middle = statistics::median(all);
  for (float& value : mean.values)
    value = std::clamp(value, static_cast<float>(middle - 30), static_cast<float>(middle + 30));
  const ModulePattern pattern =
      module_pattern(module, 1, strong_hu, is_mirrored, static_cast<double>(mean.radii));
  if (pattern.rings.empty()) return 0;
  const PatternMatch match = match_pattern(pattern, mean);
  std::vector<double> likeness(match.likeness.begin(), match.likeness.end());
  std::size_t best = static_cast<std::size_t>(std::ranges::max_element(likeness) - likeness.begin());
  if (turn_deg) {
    const double steps = *turn_deg / degrees_of_turn(1);
    const auto t = static_cast<std::size_t>(std::lround(steps)) % pattern_angles;
    best = t;
    for (const std::size_t other : {(t + 1) % pattern_angles, (t + pattern_angles - 1) % pattern_angles})
      if (likeness[other] > likeness[best]) best = other;
  }
  best_turn_deg = degrees_of_turn(static_cast<double>(best));
  const double spread = statistics::robust_deviation(likeness);
  return spread > 0 ? (likeness[best] - statistics::median(likeness)) / spread : 0;
}

}  // namespace snitt::quality
