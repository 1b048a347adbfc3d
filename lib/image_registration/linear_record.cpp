#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "geometry/rotation.hpp"
#include "image_registration/linear_registration.hpp"
#include "image_registration/starts.hpp"

namespace snitt::image_registration {
namespace {

constexpr double degrees_per_radian = 180 / std::numbers::pi;
constexpr double capture_mm = 50;
constexpr double capture_deg = 35;

/// How far the result has gone from the start.
struct Travel {
  double center_mm;
  double turn_deg;
};

Travel travel(const Matrix4& start, const LinearResult& r) {
  const Vec3 shift = transform_point(r.fixed_to_moving, r.center_mm) - transform_point(start, r.center_mm);
  return {norm(shift),
          degrees_per_radian * angle_between(nearest(start, LinearModel::rigid, r.center_mm),
                                             nearest(r.fixed_to_moving, LinearModel::rigid, r.center_mm))};
}

/// What the metric reaches between images that have nothing to do with each other.
double chance_level(Metric metric, double samples) {
  switch (metric) {
    case Metric::mi:
      return 0.01 + 1.5 * 31 * 31 / (2 * samples);  // bias of a histogram of 32 x 32 bins (Roulston 1999)
    case Metric::nmi:
      return 1.003;
    case Metric::ncc:
      return 0.1;
    case Metric::lc2:
      return 0.13;  // of wrong places of simulated ultrasound 0.05 to 0.12, of right ones 0.2 and more
    default:
      return -1;
  }
}

void doubt_search(const LinearOptions& options, const LinearResult& r, std::vector<std::string>& reasons) {
  const LinearLevel& last = r.levels.back();
  if (!last.has_converged)
    reasons.push_back(fmt::format(
        "the search was stopped after {} steps at the finest resolution, still moving; begin from its result "
        "(--start-transform)",
        last.iterations));
  if (r.is_at_border)
    reasons.push_back(
        "the search ended at the border of its reach around the start; begin from a start that is nearer");
  if (last.overlap < 0.3)
    reasons.push_back(fmt::format(
        "only {:.0f} % of the samples of the fixed image fall on the moving one; check the result "
        "by eye, or mask what both show",
        100 * last.overlap));
  if (r.repeatability_mm > 0.5 * last.spacing_mm)
    reasons.push_back(fmt::format(
        "two halves of the samples alone give maps {:.2g} mm apart, more than a voxel; use more samples "
        "(--preset accurate) or a simpler model",
        2 * r.repeatability_mm));
  if (options.looks_around && r.agreeing_starts < 0.5)
    reasons.push_back(fmt::format(
        "only {:.0f} % of the starts around the given one lead to this result; check it by eye, or give a "
        "start that is known to be near",
        100 * r.agreeing_starts));
}

void doubt_value(const LinearOptions& options, const LinearResult& r, const Travel& way,
                 std::vector<std::string>& reasons) {
  const LinearLevel& last = r.levels.back();
  const double count = last.overlap * static_cast<double>(last.samples);
  if (last.end < chance_level(options.metric, std::max(1.0, count)))
    reasons.push_back(fmt::format("the {} of {:.3g} is no better than that of unrelated images",
                                  name_of(options.metric), last.end));
  const double sign = options.metric == Metric::mse ? -1 : 1;
  const double scale = options.metric == Metric::nmi ? std::abs(last.end - 1) : std::abs(last.end);
  const double gain = sign * (last.end - r.at_start);
  if (way.center_mm > 2 * last.spacing_mm && gain < 0.02 * scale)
    reasons.push_back(
        fmt::format("the images moved by {:.3g} mm, but the {} hardly improved, from {:.4g} to {:.4g}",
                    way.center_mm, name_of(options.metric), r.at_start, last.end));
}

std::vector<std::string> doubts(const LinearOptions& options, const LinearResult& r, const Travel& way) {
  std::vector<std::string> reasons;
  doubt_search(options, r, reasons);
  doubt_value(options, r, way, reasons);
  const double coarse_mm = r.levels.front().spacing_mm;
  const double apart = distance_mm(r.elsewhere, r.fixed_to_moving, r.center_mm, r.radius_mm);
  if (r.elsewhere_score > r.own_score + 0.01 * std::abs(r.own_score) && apart > 2 * coarse_mm)
    reasons.push_back(fmt::format(
        "a start from elsewhere gives a better {} at the coarsest resolution, {:.3g} mm from this "
        "result; try another --start",
        name_of(options.metric), apart));
  if (way.center_mm > capture_mm || way.turn_deg > capture_deg)
    reasons.push_back(fmt::format(
        "the result lies {:.3g} mm and {:.3g} deg from the start, farther than starts are known to "
        "be caught from; check it by eye",
        way.center_mm, way.turn_deg));
  const double ratio = determinant3(r.fixed_to_moving);
  if (options.model != LinearModel::rigid && (ratio < 0.3 || ratio > 3))
    reasons.push_back(fmt::format("volumes change by a factor of {:.3g}; check the result by eye", ratio));
  return reasons;
}

Table level_table(const LinearOptions& options, const LinearResult& r) {
  std::vector<double> spacing;
  std::vector<double> samples;
  std::vector<double> shares;
  std::vector<double> start;
  std::vector<double> end;
  std::vector<double> iterations;
  for (const LinearLevel& level : r.levels) {
    spacing.push_back(level.spacing_mm);
    samples.push_back(static_cast<double>(level.samples));
    shares.push_back(level.overlap);
    start.push_back(level.start);
    end.push_back(level.end);
    iterations.push_back(level.iterations);
  }
  const std::string units = "1";
  return {{{"spacing_mm", "mm", "of the shrunk images", spacing},
           {"samples", units, "places of the fixed image that were compared", samples},
           {"overlap", units, "share of them on the moving image at the end", shares},
           {"metric_start", units, std::string(name_of(options.metric)), start},
           {"metric_end", units, "", end},
           {"iterations", units, "", iterations}}};
}

void add_map(const LinearOptions& options, const LinearResult& r, std::vector<Quantity>& summary) {
  const Matrix4& m = r.fixed_to_moving;
  const Matrix4 rigid = nearest(m, LinearModel::rigid, r.center_mm);
  const Vec3 turn = degrees_per_radian * vector_from_rotation(rigid);
  const Vec3 shift = transform_point(m, r.center_mm) - r.center_mm;
  for (std::size_t axis = 0; axis < 3; ++axis)
    summary.push_back(
        plain(fmt::format("rotation_{}_deg", "xyz"[axis]), turn[axis], "deg",
              axis == 0 ? "rotation vector: its direction is the axis, its length the angle" : ""));
  for (std::size_t axis = 0; axis < 3; ++axis)
    summary.push_back(plain(fmt::format("shift_{}_mm", "xyz"[axis]), shift[axis], "mm",
                            axis == 0 ? "from the center of the fixed samples to where it goes" : ""));
  if (options.model == LinearModel::similarity)
    summary.push_back(
        plain("scale", std::cbrt(determinant3(m)), "1", "moving millimetres per fixed millimetre"));
  if (options.model == LinearModel::affine)
    summary.push_back(plain("volume_ratio", determinant3(m), "1", "moving volume per fixed volume"));
}

}  // namespace

CalibrationRecord linear_record(const ImagePair& pair, const Matrix4& start, const LinearOptions& options,
                                const LinearResult& r) {
  CalibrationRecord record;
  const LinearLevel& last = r.levels.back();
  const Travel way = travel(start, r);
  record.method = fmt::format("images, {}, {}", name_of(options.model), name_of(options.metric));
  add_map(options, r, record.summary);
  const auto add = [&](const std::string& name, double value, const std::string& units,
                       const std::string& text) {
    record.summary.push_back(plain(name, value, units, text));
  };
  add("repeatability_mm", r.repeatability_mm, "mm",
      "random part of the error, from registering with each half of the samples alone; what pulls both alike "
      "(contrast that changes, motion the model lacks) is not in it");
  add("metric_start", r.at_start, "1", std::string(name_of(options.metric)) + " at the start");
  add("metric_end", last.end, "1", "at the result");
  add("overlap", overlap(pair, r.fixed_to_moving), "1",
      "share of the fixed image (in its mask) on the moving one");
  add("samples", std::round(last.overlap * static_cast<double>(last.samples)), "1",
      "compared at the finest resolution");
  int iterations = 0;
  for (const LinearLevel& level : r.levels) iterations += level.iterations;
  add("iterations", iterations, "1", "steps at all resolutions");
  add("travel_mm", way.center_mm, "mm", "from the start, of the center");
  add("travel_deg", way.turn_deg, "deg", "likewise");
  if (options.looks_around)
    add("agreeing_starts", r.agreeing_starts, "1",
        "share of the starts around the given one that lead to the result");
  record.reasons = doubts(options, r, way);
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  record.tables.emplace_back("resolutions", level_table(options, r));
  return record;
}

}  // namespace snitt::image_registration
