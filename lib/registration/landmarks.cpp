#include "registration/landmarks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"
#include "registration/landmark_record.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void doubt_layout(const LandmarkPairs& pairs, LandmarkModel model, std::vector<std::string>& reasons) {
  if (pairs.labels.size() <= least_points(model))
    reasons.push_back(fmt::format("{} landmarks leave {} to check the result with; add at least one",
                                  pairs.labels.size(),
                                  model == LandmarkModel::affine ? "nothing" : "little"));
  const Vec3 extent = principal_extents(pairs.fixed_mm);
  if (extent.y < 0.1 * extent.x)
    reasons.push_back(
        fmt::format("the landmarks lie near a line ({:.3g} mm along it, {:.3g} mm across): the turn about it "
                    "is poorly known; "
                    "add landmarks beside it",
                    extent.x, extent.y));
  else if (model == LandmarkModel::affine && extent.z < 0.05 * extent.x)
    reasons.push_back(fmt::format(
        "the landmarks lie near a plane ({:.3g} mm across it): an affine map across it is poorly known; add "
        "landmarks beside it, or fit a similarity",
        extent.z));
}

void doubt_duplicates(const LandmarkPairs& pairs, std::vector<std::string>& reasons) {
  for (const auto& [points, which] :
       {std::pair(&pairs.fixed_mm, "fixed"), std::pair(&pairs.moving_mm, "moving")}) {
    const double near_mm = 1e-6 * principal_extents(*points).x;
    for (std::size_t i = 0; i < points->size(); ++i)
      for (std::size_t j = i + 1; j < points->size(); ++j)
        if (norm((*points)[i] - (*points)[j]) <= near_mm)
          reasons.push_back(
              fmt::format("the {} landmarks '{}' and '{}' are at one place; remove or correct one", which,
                          pairs.labels[i], pairs.labels[j]));
  }
}

void doubt_exchange(const LandmarkPairs& pairs, const LandmarkFit& fit, std::vector<std::string>& reasons) {
  // Of few landmarks, which are nearly congruent with themselves exchanged, chance makes either fit better.
  const double share = pairs.labels.size() < 5 ? 0.2 : 0.5;
  const auto swap = find_swapped_pair(fit, pairs.fixed_mm, pairs.moving_mm, pairs.weights, share);
  if (!swap) return;
  reasons.push_back(fmt::format(
      "with the partners of '{}' and '{}' exchanged the landmarks fit by {:.3g} mm (RMS) instead of "
      "{:.3g} mm; check whether these two labels are swapped",
      pairs.labels[swap->first], pairs.labels[swap->second], swap->rms_mm, fit.rms_mm));
}

void doubt_fit(const LandmarkPairs& pairs, const LandmarkFit& fit, std::vector<std::string>& reasons) {
  const double extent_mm = principal_extents(pairs.moving_mm).x;
  constexpr double most = 0.15;  // of the landmarks' spread: beyond, they hardly know of each other
  if (fit.rms_mm > most * extent_mm)
    reasons.push_back(fmt::format(
        "the landmarks fit by {:.3g} mm (RMS) only, where they spread by {:.3g} mm; check which belong "
        "together",
        fit.rms_mm, extent_mm));
}

/// RAS taken for LPS is a half turn about z, which fits as well as any turn: only its angle tells.
void doubt_half_turn(const LandmarkFit& fit, std::vector<std::string>& reasons) {
  if (fit.model == LandmarkModel::affine) return;
  Matrix4 rotation = fit.matrix;
  const double scale = std::cbrt(determinant3(rotation));
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) rotation(r, c) /= scale;
  constexpr double near =
      20 * std::numbers::pi / 180;  // heads lie differently, but not by more in most images
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Matrix4 flip;
    for (std::size_t a = 0; a < 3; ++a) flip(a, a) = a == axis ? 1 : -1;
    if (angle_between(rotation, flip) > near) continue;
    reasons.push_back(
        fmt::format("the sets are turned against each other by half a turn about {}{}; check that both are "
                    "in the coordinates "
                    "their files say",
                    "xyz"[axis],
                    axis == 2 ? ", as when RAS is taken for LPS" : ", as when two axes have the wrong sign"));
  }
}

void doubt_outlier(const LandmarkPairs& pairs, const LandmarkRegistration& r,
                   std::vector<std::string>& reasons) {
  const LandmarkFit& fit = r.fit;
  const double degrees =
      3.0 * static_cast<double>(fit.points - 1) - static_cast<double>(parameters_of(fit.model));
  if (degrees < 6) return;  // so few leave too little chance to tell an outlier from
  const auto weight = [&](std::size_t i) { return pairs.weights.empty() ? 1 : pairs.weights[i]; };
  double total = 0;
  for (std::size_t i = 0; i < pairs.labels.size(); ++i) total += weight(i);
  const double rounding_mm = 1e-9 * principal_extents(pairs.moving_mm).x;
  for (std::size_t i = 0; i < pairs.labels.size(); ++i) {
    if (weight(i) == 0) continue;
    // Error to be expected of this landmark, from the others: its own, and that of the map where it lies,
    // which its leverage h tells (exactly for an affine map): variance / (1 - h).
    const double fle2 = r.fle_mm * r.fle_mm * total / static_cast<double>(fit.points) / weight(i);
    const double leverage = std::min(r.tre_mm[i] * r.tre_mm[i] / fle2, 0.999);
    const double others2 = fit.others_rms_mm[i] * fit.others_rms_mm[i] * (total - weight(i)) / degrees;
    const double expected_mm = std::sqrt(3 * others2 / weight(i) / (1 - leverage));
    const double own_mm = fit.leave_one_out_mm[i];
    // Five times: by chance in one of hundred sets of five landmarks, and far more seldom in larger ones.
    if (own_mm > 5 * expected_mm && own_mm > rounding_mm)
      reasons.push_back(fmt::format(
          "landmark '{}' is {:.3g} mm from where the others put it, and {:.3g} mm were to be expected; "
          "check it",
          pairs.labels[i], own_mm, expected_mm));
  }
}

}  // namespace

std::vector<std::string> doubts_of_layout(const LandmarkPairs& pairs, LandmarkModel model) {
  std::vector<std::string> reasons;
  doubt_layout(pairs, model, reasons);
  doubt_duplicates(pairs, reasons);
  return reasons;
}

std::vector<std::string> doubts_of_pairing(const LandmarkPairs& pairs, const LandmarkFit& fit) {
  std::vector<std::string> reasons;
  doubt_exchange(pairs, fit, reasons);
  doubt_fit(pairs, fit, reasons);
  doubt_half_turn(fit, reasons);
  return reasons;
}

std::vector<std::string> doubts(const LandmarkPairs& pairs, const LandmarkRegistration& r) {
  std::vector<std::string> reasons = doubts_of_layout(pairs, r.fit.model);
  std::vector<std::string> of_pairing = doubts_of_pairing(pairs, r.fit);
  if (of_pairing.empty()) doubt_outlier(pairs, r, of_pairing);
  reasons.insert(reasons.end(), of_pairing.begin(), of_pairing.end());
  return reasons;
}

LandmarkRegistration register_landmarks(const LandmarkPairs& pairs, LandmarkModel model,
                                        const PointSet& targets) {
  LandmarkRegistration r;
  r.fit = fit_landmarks(model, pairs.fixed_mm, pairs.moving_mm, pairs.weights);
  double weight = 0;
  for (std::size_t i = 0; i < pairs.labels.size(); ++i)
    weight += pairs.weights.empty() ? 1 : pairs.weights[i];
  const double degrees = 3.0 * static_cast<double>(r.fit.points) - static_cast<double>(parameters_of(model));
  const double variance = degrees > 0 ? weight * r.fit.rms_mm * r.fit.rms_mm / degrees : nan;
  // Of a landmark of mean weight: three coordinates of this variance.
  r.fle_mm = std::sqrt(3 * variance * static_cast<double>(r.fit.points) / weight);
  r.leave_one_out_rms_mm = statistics::root_mean_square(r.fit.leave_one_out_mm);
  const LandmarkUncertainty uncertainty(r.fit, pairs.fixed_mm, pairs.weights, variance);
  const auto tre = [&](Vec3 p) { return std::sqrt(uncertainty.squared_error_mm2(p)); };
  for (const Vec3 p : pairs.fixed_mm) r.tre_mm.push_back(tre(p));
  for (std::size_t i = 0; i < targets.size(); ++i)
    r.targets.push_back({target_label(targets, i), targets.points_mm[i],
                         transform_point(r.fit.matrix, targets.points_mm[i]), tre(targets.points_mm[i])});
  write_record(pairs, uncertainty, degrees, r);
  return r;
}

}  // namespace snitt::registration
