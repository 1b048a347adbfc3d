#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "calibration/probe_refinement.hpp"
#include "calibration/target_calibration.hpp"
#include "calibration/target_motion.hpp"
#include "calibration/target_tables.hpp"
#include "geometry/rotation.hpp"

namespace snitt::calibration {
namespace {

constexpr double degrees = 180 / std::numbers::pi;
/// Below or above these a person should record again or look closer.
constexpr std::size_t few_frames = 50;
constexpr double large_validation_mm = 1;
constexpr double odd_pixel_share = 0.03;
constexpr double wide_mm = 2;
constexpr double many_elsewhere = 0.2;
constexpr double far_from_definition_mm = 5;
constexpr double far_from_earlier_deg = 15;
constexpr std::size_t fewest_validation_frames = 10;

void add(CalibrationRecord& r, std::string name, double value, std::string units, std::string description) {
  r.summary.push_back(plain(std::move(name), value, std::move(units), std::move(description)));
}

void add_interval(CalibrationRecord& r, std::string name, double value, double half_width, std::string units,
                  std::string description) {
  r.summary.push_back(within(std::move(name), value, half_width, std::move(units), std::move(description)));
}

void add_errors(CalibrationRecord& r, const std::string& name, const ErrorStatistics& e,
                const std::string& of) {
  if (e.count == 0) return;
  add(r, name + "_mean95_mm", e.mean95, "mm", "mean of the best 95 % of " + of);
  add(r, name + "_sd95_mm", e.deviation95, "mm", "its standard deviation");
  add(r, name + "_rms_mm", e.rms, "mm", "root mean square of all");
  add(r, name + "_largest_mm", e.largest, "mm", "largest of all");
}

std::size_t used_frames(const TargetRecording& recording) {
  return static_cast<std::size_t>(std::count(recording.used.begin(), recording.used.end(), std::uint8_t{1}));
}

void add_place(CalibrationRecord& r, const TargetRefinement& f, TargetKind kind) {
  const auto& half = f.half_width_95;
  const char* axes[] = {"x", "y", "z"};
  if (kind == TargetKind::point) {
    for (std::size_t i = 0; i < 3; ++i)
      add_interval(r, fmt::format("point_{}_mm", axes[i]), f.place.point_mm[i], half[target_place_1 + i],
                   "mm", "the target in the reference frame");
    return;
  }
  for (std::size_t i = 0; i < 3; ++i)
    add(r, fmt::format("wall_normal_{}", axes[i]), f.place.normal[i], "1",
        "normal of the wall in the reference frame");
  add_interval(r, "wall_distance_mm", dot(f.place.point_mm, f.place.normal), f.distance_half_width_mm, "mm",
               "of the wall from the origin of the reference frame, along its normal");
}

void add_parameters(CalibrationRecord& r, const TargetCalibration& c, const TargetSettings& settings) {
  const TargetRefinement& f = c.refinement;
  const auto& half = f.half_width_95;
  const char* axes[] = {"x", "y", "z"};
  for (std::size_t i = 0; i < 3; ++i)
    add_interval(r, fmt::format("translation_{}_mm", axes[i]), f.image_to_probe(i, 3),
                 half[target_translation_x + i], "mm", "pixel (0, 0) in the probe's frame");
  const Vec3 turn = degrees * vector_from_rotation(rigid_parts(f.image_to_probe).rigid);
  for (std::size_t i = 0; i < 3; ++i)
    add_interval(
        r, fmt::format("rotation_{}_deg", axes[i]), turn[i], half[target_rotation_x + i] * degrees, "deg",
        "rotation vector of the image in the probe's frame; interval: of a further turn about that axis");
  add_interval(r, "pixel_u_mm", f.pixel_mm[0], half[target_pixel_u], "mm",
               "distance of neighbouring columns");
  add_interval(r, "pixel_v_mm", f.pixel_mm[1], half[target_pixel_v], "mm", "distance of neighbouring rows");
  for (std::size_t k = 0; settings.nominal_pixel_mm && k < 2; ++k)
    add(r, k == 0 ? "pixel_u_against_nominal" : "pixel_v_against_nominal",
        f.pixel_mm[k] / (*settings.nominal_pixel_mm)[k], "1", "found divided by the scanner's size");
  if (settings.refinement.estimate_lag)
    add_interval(r, "time_offset_s", settings.poses.time_offset_s + c.lag_s, half[target_lag], "s",
                 "poses are to be taken this much later than the frames");
  add_place(r, f, settings.detection.kind);
}

std::optional<double> nearest_mm(const TargetCalibration& c, const TargetSettings& settings) {
  std::optional<double> nearest;
  for (const Vec3 place : settings.expected_mm) {
    const double distance = norm(place - c.refinement.place.point_mm);
    if (!nearest || distance < *nearest) nearest = distance;
  }
  return nearest;
}

void add_evidence(CalibrationRecord& r, const TargetCalibration& c, const TargetSettings& settings) {
  const bool point = settings.detection.kind == TargetKind::point;
  const std::string what = point
                               ? "the distances of the dots, placed by the result, from the point"
                               : "the distances of points of the lines, placed by the result, from the wall";
  add_errors(r, "validation", c.validation_errors.distance, what + ", validation recording");
  add_errors(r, "calibration", c.calibration_errors.distance, what + ", calibration recording");
  add_errors(r, "leave_one_out", c.calibration_errors.leave_one_out, what + ", each frame by all others");
  add_errors(r, "validation_precision", c.validation_errors.precision,
             "the distances of the placed points from their mean, validation recording");
  add_errors(r, "precision", c.calibration_errors.precision,
             "the distances of the placed points from their mean, calibration recording");
  const char* directions[] = {"lateral", "axial", "elevational"};
  if (point)
    for (std::size_t k = 0; k < 3; ++k)
      add(r, fmt::format("residual_{}_mm", directions[k]), c.refinement.deviation_mm[k], "mm",
          "standard deviation of the residuals in that direction of the image, outliers apart");
  if (const auto distance = nearest_mm(c, settings))
    add(r, "point_from_definition_mm", *distance, "mm",
        "distance of the point from where the phantom's definition and registration put it");
  if (c.turned_against_earlier_deg)
    add(r, "turned_against_earlier_deg", *c.turned_against_earlier_deg, "deg",
        "angle between this matrix and the earlier one");
  add(r, "weakest_half_width_mm", c.refinement.weakest.half_width_mm, "mm",
      "95 % of what the motion says least about, " + describe(c.refinement.weakest, settings.detection.kind) +
          ", as it moves the image");
  std::size_t found = 0;
  for (const TargetFinding& f : c.calibration.findings)
    found += f.status == TargetStatus::ok || f.status == TargetStatus::elsewhere ? 1 : 0;
  add(r, "frames_used", static_cast<double>(used_frames(c.calibration)), "1",
      "calibration frames with the target and a pose");
  add(r, "frames_found", static_cast<double>(found), "1",
      "calibration frames with something like the target");
  add(r, "frames", static_cast<double>(c.calibration.findings.size()), "1",
      "frames of the calibration recording");
  add(r, "frames_per_group", static_cast<double>(c.refinement.frames_per_group), "1",
      "neighbouring frames whose errors go together; the intervals allow for it");
  if (c.validation) {
    add(r, "validation_frames_used", static_cast<double>(used_frames(*c.validation)), "1",
        "validation frames with the target and a pose");
    add(r, "validation_frames", static_cast<double>(c.validation->findings.size()), "1",
        "frames of the validation recording");
  }
  add(r, "probe_position_sd_mm", c.motion.moved_mm, "mm", "how much the probe was moved");
  add(r, "probe_angle_sd_deg", c.motion.turned_deg, "deg", "how much the probe was turned");
  for (std::size_t k = 0; k < 3; ++k)
    add(r, fmt::format("turned_{}_sd_deg", directions[k]), c.motion.turned_about_deg[k], "deg",
        fmt::format("how much it was turned about its {} axis", directions[k]));
}

void judge_motion(CalibrationRecord& r, const TargetCalibration& c, const TargetSettings& settings) {
  const std::size_t used = static_cast<std::size_t>(
      std::count(c.calibration.used.begin(), c.calibration.used.end(), std::uint8_t{1}));
  if (used < few_frames)
    r.reasons.push_back(fmt::format("only {} frames were used; record at least {}.", used, few_frames));
  if (static_cast<double>(used) < (1 - many_elsewhere) * static_cast<double>(c.calibration.used.size()))
    r.reasons.push_back(
        fmt::format("in {} of {} frames something else than the target was found; look at --overlays, and "
                    "keep it out with --clip-rectangle-px.",
                    c.calibration.used.size() - used, c.calibration.used.size()));
  if (c.refinement.weakest.half_width_mm > wide_mm)
    r.reasons.push_back(fmt::format("the motion says little about {} ({:.1f} mm, 95 %): {}.",
                                    describe(c.refinement.weakest, settings.detection.kind),
                                    c.refinement.weakest.half_width_mm,
                                    advice(c.motion, c.refinement.weakest, settings.detection.kind)));
  if (c.refinement.errors_outlast)
    r.reasons.push_back(
        "errors of the poses last longer than the recording can tell; the intervals may be too narrow: "
        "record "
        "for longer");
  if (!c.refinement.converged) r.reasons.push_back("the refinement did not converge; look at the residuals.");
}

void judge(CalibrationRecord& r, const TargetCalibration& c, const TargetSettings& settings) {
  judge_motion(r, c, settings);
  if (c.validation) {
    const auto seen = used_frames(*c.validation);
    const std::size_t frames = c.validation->findings.size();
    if (seen < fewest_validation_frames || 2 * seen < frames)
      r.reasons.push_back(
          fmt::format("the validation recording shows the target in {} of {} frames only; expected at least "
                      "{} and half of "
                      "them: is it the same target, at the same place?",
                      seen, frames, fewest_validation_frames));
  }
  if (c.validation && c.validation_errors.distance.mean95 > large_validation_mm)
    r.reasons.push_back(
        fmt::format("the error on the validation recording is {:.2f} mm; expected at most {:g} mm.",
                    c.validation_errors.distance.mean95, large_validation_mm));
  for (std::size_t k = 0; settings.nominal_pixel_mm && k < 2; ++k) {
    const double nominal = (*settings.nominal_pixel_mm)[k];
    const double found = c.refinement.pixel_mm[k];
    if (std::abs(found / nominal - 1) > odd_pixel_share)
      r.reasons.push_back(
          fmt::format("pixels along {} are {:.4f} mm, {:+.1f} % against the scanner's {:.4f} mm; check the "
                      "depth setting, the scaling of the recorded image, and the temperature of the bath.",
                      k == 0 ? "u" : "v", found, 100 * (found / nominal - 1), nominal));
  }
  if (const auto distance = nearest_mm(c, settings); distance && *distance > far_from_definition_mm)
    r.reasons.push_back(
        fmt::format("the point lies {:.1f} mm from where the phantom's definition and registration put it; "
                    "expected at most {:g} mm: register the phantom again, or look whether it is that point.",
                    *distance, far_from_definition_mm));
  if (!c.turned_how.empty())
    r.reasons.push_back(
        fmt::format("the images are {} compared with the earlier calibration. The matrix is right for images "
                    "as they are in this recording; correct the recording's orientation if they are not as "
                    "they should be.",
                    c.turned_how));
  else if (c.turned_against_earlier_deg && *c.turned_against_earlier_deg > far_from_earlier_deg)
    r.reasons.push_back(
        fmt::format("the image is turned by {:.0f} deg against the earlier calibration; look whether the "
                    "marker still sits on the probe as it did.",
                    *c.turned_against_earlier_deg));
  r.verdict = r.reasons.empty() ? "good" : "doubtful";
}

}  // namespace

CalibrationRecord record_of(const TargetCalibration& c, const TargetSettings& settings) {
  CalibrationRecord r;
  r.method = name_of(settings.detection.kind);
  add_parameters(r, c, settings);
  add_evidence(r, c, settings);
  judge(r, c, settings);
  r.tables.emplace_back("residuals", residuals_table(c));
  r.tables.emplace_back("frames", frames_table(c));
  r.tables.emplace_back("covariance", covariance_table(c.refinement, settings.detection.kind));
  return r;
}

}  // namespace snitt::calibration
