#include "registration/thin_plate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/thin_plate_fit.hpp"
#include "registration/landmark_record.hpp"
#include "statistics/summary.hpp"

namespace snitt::registration {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The pairs that have a say, and where each stands among all.
struct Counting {
  LandmarkPairs pairs;
  std::vector<std::size_t> place;
};

Counting counting(const LandmarkPairs& all) {
  Counting c;
  for (std::size_t i = 0; i < all.labels.size(); ++i) {
    if (!all.weights.empty() && all.weights[i] == 0) continue;
    c.place.push_back(i);
    c.pairs.labels.push_back(all.labels[i]);
    c.pairs.fixed_mm.push_back(all.fixed_mm[i]);
    c.pairs.moving_mm.push_back(all.moving_mm[i]);
    if (!all.weights.empty()) c.pairs.weights.push_back(all.weights[i]);
  }
  return c;
}

void refuse_coinciding(const LandmarkPairs& pairs) {
  const double near_mm = 1e-9 * principal_extents(pairs.fixed_mm).x;
  for (std::size_t i = 0; i < pairs.labels.size(); ++i)
    for (std::size_t j = i + 1; j < pairs.labels.size(); ++j)
      if (norm(pairs.fixed_mm[i] - pairs.fixed_mm[j]) <= near_mm)
        throw ComputationError(
            "the fixed landmarks '{}' and '{}' are at one place, where a spline without smoothing cannot go "
            "through both; remove one, or smooth",
            pairs.labels[i], pairs.labels[j]);
}

/// What each landmark is off by, with those that have no say, for which the map is a prediction.
Table residual_table(const LandmarkPairs& all, const Counting& counted, const ThinPlateFit& fit) {
  const std::size_t n = all.labels.size();
  std::vector<double> residual;
  for (std::size_t i = 0; i < n; ++i) residual.push_back(norm(all.moving_mm[i] - fit.map(all.fixed_mm[i])));
  std::vector<double> left_out = residual;
  std::vector<double> ratio(n, nan);
  for (std::size_t k = 0; k < counted.place.size(); ++k) {
    left_out[counted.place[k]] = fit.leave_one_out_mm()[k];
    ratio[counted.place[k]] = fit.leave_one_out_ratio()[k];
  }
  Table table{{{"landmark", "", "label", all.labels},
               {"residual_mm", "mm", "distance of the moving landmark from the mapped fixed one", residual},
               {"leave_one_out_mm", "mm", "the same when this landmark has no say in the map", left_out},
               {"leave_one_out_ratio", "1", "of that to what was to be expected there", ratio}}};
  if (!all.weights.empty()) table.columns.push_back({"weight", "1", "in the fit", all.weights});
  return table;
}

void doubt_outliers(const Counting& counted, const ThinPlateFit& fit, std::vector<std::string>& reasons) {
  if (counted.place.size() < 8) return;  // so few leave too little to tell an outlier from
  const double rounding_mm = 1e-9 * principal_extents(counted.pairs.moving_mm).x;
  for (std::size_t i = 0; i < counted.place.size(); ++i) {
    // Against the others' scale: an outlier must not raise the measure that it is held against.
    double squares = 0;
    for (std::size_t j = 0; j < counted.place.size(); ++j)
      if (j != i) squares += fit.leave_one_out_ratio()[j] * fit.leave_one_out_ratio()[j];
    const double others = std::sqrt(squares / static_cast<double>(counted.place.size() - 1));
    if (fit.leave_one_out_mm()[i] > rounding_mm && fit.leave_one_out_ratio()[i] > 5 * others)
      reasons.push_back(fmt::format(
          "landmark '{}' is {:.3g} mm from where the others put it, {:.2g} times what was to be expected; "
          "check it",
          counted.pairs.labels[i], fit.leave_one_out_mm()[i], fit.leave_one_out_ratio()[i] / others));
  }
}

void doubt_bending(const ThinPlateFit& fit, const LandmarkFit& straight, double least,
                   std::vector<std::string>& reasons) {
  if (least <= 0)
    reasons.push_back(
        fmt::format("the map folds space (determinant {:.2g}): near landmarks contradict each other; check "
                    "them, or smooth more",
                    least));
  const double straight_mm = statistics::root_mean_square(straight.leave_one_out_mm);
  if (fit.leave_one_out_rms_mm() > 1.1 * straight_mm + 1e-9)
    reasons.push_back(fmt::format(
        "an affine map predicts landmarks that are left out better ({:.3g} mm RMS) than the spline ({:.3g} "
        "mm); use it, or smooth more",
        straight_mm, fit.leave_one_out_rms_mm()));
}

std::vector<Quantity> summary_of(const LandmarkPairs& all, const Counting& counted, const ThinPlateFit& fit,
                                 const LandmarkFit& straight, double least) {
  std::vector<double> residual;
  double bending = 0;
  for (std::size_t i = 0; i < counted.place.size(); ++i) {
    residual.push_back(norm(fit.residual_mm()[i]));
    const Vec3 p = counted.pairs.fixed_mm[i];
    bending = std::max(bending, norm(fit.map(p) - transform_point(straight.matrix, p)));
  }
  return {
      plain("landmarks", static_cast<double>(counted.place.size()), "1", "pairs that the spline rests on"),
      plain("smoothing_mm", fit.smoothing_mm(), "mm", "0: through the landmarks; larger values bend less"),
      plain("fre_rms_mm", statistics::root_mean_square(residual), "mm",
            "fiducial registration error: root mean square residual"),
      plain("leave_one_out_rms_mm", fit.leave_one_out_rms_mm(), "mm",
            "root mean square distance of each landmark from where the others put it"),
      plain("affine_leave_one_out_rms_mm", statistics::root_mean_square(straight.leave_one_out_mm), "mm",
            "the same of an affine map"),
      plain("bending_max_mm", bending, "mm", "largest difference from the affine map at a landmark"),
      plain("least_jacobian", least, "1",
            "smallest ratio of volumes in the box around the landmarks; below 0 the map folds"),
      plain("unmatched", static_cast<double>(all.only_fixed.size() + all.only_moving.size()), "1",
            "labels that only one set has")};
}

}  // namespace

ThinPlateRegistration register_thin_plate(const LandmarkPairs& pairs, std::optional<double> smoothing_mm,
                                          const PointSet& targets) {
  const Counting counted = counting(pairs);
  const LandmarkPairs& p = counted.pairs;
  if (p.labels.size() < 5)
    throw ComputationError("{} landmarks with weight; expected at least five for a thin-plate spline",
                           p.labels.size());
  // A similarity cannot imitate a mirror, and refuses it.
  const LandmarkFit turned = fit_landmarks(LandmarkModel::similarity, p.fixed_mm, p.moving_mm, p.weights);
  const LandmarkFit straight = fit_landmarks(LandmarkModel::affine, p.fixed_mm, p.moving_mm, p.weights);
  if (smoothing_mm == 0.0) refuse_coinciding(p);
  const double smoothing = smoothing_mm.value_or(best_smoothing(p.fixed_mm, p.moving_mm, p.weights));
  const ThinPlateFit fit(p.fixed_mm, p.moving_mm, p.weights, smoothing);
  constexpr std::size_t grid = 16;  // finer than the landmarks of most sets lie
  const double least = fit.least_determinant(grid);

  ThinPlateRegistration r;
  r.step = {fit.matrix(), fit.landmarks(), fit.weights()};
  for (std::size_t i = 0; i < targets.size(); ++i)
    r.targets.push_back({target_label(targets, i), targets.points_mm[i], fit.map(targets.points_mm[i]),
                         fit.expected_error_mm(targets.points_mm[i])});
  r.record.method = "landmarks, thin-plate spline";
  r.record.summary = summary_of(pairs, counted, fit, straight, least);
  r.record.tables.emplace_back("residuals", residual_table(pairs, counted, fit));
  if (!r.targets.empty()) r.record.tables.emplace_back("targets", target_table(r.targets));
  std::vector<std::string>& reasons = r.record.reasons;
  reasons = doubts_of_layout(p, LandmarkModel::affine);
  for (const std::string& reason : doubts_of_pairing(p, turned)) reasons.push_back(reason);
  doubt_bending(fit, straight, least, reasons);
  doubt_outliers(counted, fit, reasons);
  r.record.verdict = reasons.empty() ? "good" : "doubtful";
  return r;
}

}  // namespace snitt::registration
