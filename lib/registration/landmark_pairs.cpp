#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/words.hpp"
#include "registration/landmarks.hpp"

namespace snitt::registration {
namespace {

std::map<std::string, std::size_t> by_label(const PointSet& set, const std::string& which) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set.labels[i].empty()) continue;
    if (const auto [at, is_new] = index.emplace(set.labels[i], i); !is_new)
      throw InputError(
          "the {} landmarks {} and {} are both labelled '{}'; expected each label once, or landmarks "
          "matched by order",
          which, at->second + 1, i + 1, set.labels[i]);
  }
  if (index.empty())
    throw InputError("the {} landmarks have no labels; expected labels, or landmarks matched by order",
                     which);
  return index;
}

/// Of the difference of both points; 0: this pair has no say. Nothing known of either side: 1.
double pair_weight(const PointSet& fixed, std::size_t f, const PointSet& moving, std::size_t m) {
  const bool in_mm = !fixed.standard_deviations_mm.empty() || !moving.standard_deviations_mm.empty();
  double variance = 0;
  for (const auto& [set, i] : {std::pair(&fixed, f), std::pair(&moving, m)}) {
    const std::vector<double>& values = in_mm ? set->standard_deviations_mm : set->weights;
    if (!set->weights.empty() && set->weights[i] == 0) return 0;
    if (!values.empty()) variance += in_mm ? values[i] * values[i] : 1 / values[i];
  }
  return variance > 0 ? 1 / variance : 1;
}

void add(LandmarkPairs& pairs, const PointSet& fixed, std::size_t f, const PointSet& moving, std::size_t m) {
  pairs.fixed_mm.push_back(fixed.points_mm[f]);
  pairs.moving_mm.push_back(moving.points_mm[m]);
  const std::string& label = fixed.labels[f].empty() ? moving.labels[m] : fixed.labels[f];
  pairs.labels.push_back(label.empty() ? std::to_string(f + 1) : label);
  const bool weighted = !fixed.weights.empty() || !moving.weights.empty() ||
                        !fixed.standard_deviations_mm.empty() || !moving.standard_deviations_mm.empty();
  if (weighted) pairs.weights.push_back(pair_weight(fixed, f, moving, m));
}

LandmarkPairs in_order(const PointSet& fixed, const PointSet& moving) {
  if (fixed.size() != moving.size())
    throw InputError(
        "{} fixed and {} moving landmarks cannot be matched by order; expected as many of each, or "
        "landmarks matched by label",
        fixed.size(), moving.size());
  LandmarkPairs pairs;
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (!fixed.labels[i].empty() && !moving.labels[i].empty() && fixed.labels[i] != moving.labels[i] &&
        std::find(moving.labels.begin(), moving.labels.end(), fixed.labels[i]) != moving.labels.end())
      throw InputError(
          "by order, fixed landmark {} '{}' would meet moving landmark '{}', though there is a moving '{}'; "
          "expected landmarks matched by label",
          i + 1, fixed.labels[i], moving.labels[i], fixed.labels[i]);
    add(pairs, fixed, i, moving, i);
  }
  return pairs;
}

/// " (only fixed: a, b; only moving: c)" without what there is none of.
std::string unpaired_text(const LandmarkPairs& pairs) {
  std::vector<std::string> parts;
  if (!pairs.only_fixed.empty())
    parts.push_back(fmt::format("only fixed: {}", fmt::join(pairs.only_fixed, ", ")));
  if (!pairs.only_moving.empty())
    parts.push_back(fmt::format("only moving: {}", fmt::join(pairs.only_moving, ", ")));
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, "; "));
}

}  // namespace

LandmarkPairs pair_landmarks(const PointSet& fixed, const PointSet& moving, LandmarkMatching matching) {
  if (matching == LandmarkMatching::by_order) return in_order(fixed, moving);
  std::map<std::string, std::size_t> in_fixed = by_label(fixed, "fixed");
  std::map<std::string, std::size_t> in_moving = by_label(moving, "moving");
  LandmarkPairs pairs;
  for (std::size_t f = 0; f < fixed.size(); ++f) {
    const std::string& label = fixed.labels[f];
    if (label.empty()) continue;
    const auto at = in_moving.find(label);
    if (at == in_moving.end()) {
      pairs.only_fixed.push_back(label);
      continue;
    }
    add(pairs, fixed, f, moving, at->second);
  }
  for (const std::string& label : moving.labels)
    if (!label.empty() && !in_fixed.contains(label)) pairs.only_moving.push_back(label);
  if (pairs.labels.size() < 3)
    throw InputError("{} in both sets; expected at least three{}",
                     counted(pairs.labels.size(), "label is", "labels are"), unpaired_text(pairs));
  return pairs;
}

}  // namespace snitt::registration
