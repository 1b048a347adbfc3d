#include "calibration/target_motion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "calibration/probe_refinement.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"
#include "statistics/summary.hpp"

namespace snitt::calibration {
namespace {

constexpr double degrees = 180 / std::numbers::pi;
/// Less motion than this is a probe in a holder: noise alone would be fitted.
constexpr double least_motion_mm = 1;
constexpr double least_turn_deg = 0.5;
/// Less than this is one image, recorded again and again.
constexpr double least_seen_px = 0.2;
constexpr double hopeless_mm = 100;
/// Tracker noise makes some turns of its own, and they would be taken for the probe's.
constexpr double hopeless_turn_deg = 1.5;
/// Too little of a motion to be told from none in an advice.
constexpr double small_turn_deg = 5;
constexpr double small_seen_px = 20;

const std::array<const char*, 3> axis_names{"its rows (lateral)", "its depth (axial)",
                                            "its normal (elevational)"};
const std::array<const char*, 3> turn_names{"about the lateral axis (tilting the fan)",
                                            "about the axial axis (like a screwdriver)",
                                            "about the elevational axis (rocking within the image's plane)"};

std::size_t largest(Vec3 v) {
  std::size_t axis = 0;
  for (std::size_t k = 1; k < 3; ++k)
    if (std::abs(v[k]) > std::abs(v[axis])) axis = k;
  return axis;
}

/// Whether there was a result to look at: one that is open by the size of an image knows no axes either.
bool is_known(const WeakDirection& w, TargetKind kind) {
  const bool found = std::any_of(w.share.begin(), w.share.end(), [](double share) { return share > 0; });
  // A point's equations are linear: its axes come out right whatever else is open.
  return found && (kind == TargetKind::point || w.half_width_mm < hopeless_mm);
}

}  // namespace

TargetMotion motion_of(std::span<const TargetFrame> frames) {
  TargetMotion motion;
  std::array<std::vector<double>, 3> place;
  std::vector<double> angle;
  std::array<std::vector<double>, 2> seen;
  for (const TargetFrame& f : frames) {
    for (std::size_t i = 0; i < 3; ++i) place[i].push_back(f.probe_to_reference(i, 3));
    angle.push_back(angle_between(frames[frames.size() / 2].probe_to_reference, f.probe_to_reference) *
                    degrees);
    seen[0].push_back(f.points.front().u);
    seen[1].push_back(f.points.front().v);
  }
  double squares = 0;
  for (const auto& axis : place) squares += std::pow(statistics::standard_deviation(axis), 2);
  motion.moved_mm = std::sqrt(squares);
  motion.turned_deg = statistics::root_mean_square(angle);
  const Matrix4 middle = inverse(frames[frames.size() / 2].probe_to_reference);
  std::vector<Vec3> turns;
  for (const TargetFrame& f : frames)
    turns.push_back(degrees * vector_from_rotation(middle * f.probe_to_reference));
  motion.turned_most_deg = principal_extents(turns);
  motion.seen_u_px = statistics::standard_deviation(seen[0]);
  motion.seen_v_px = statistics::standard_deviation(seen[1]);
  return motion;
}

Vec3 turns_about_image(std::span<const TargetFrame> frames, const Matrix4& image_to_probe) {
  const Matrix4 image = rigid_parts(image_to_probe).rigid;
  const Matrix4 middle = inverse(frames[frames.size() / 2].probe_to_reference * image);
  std::array<std::vector<double>, 3> turns;
  for (const TargetFrame& f : frames) {
    const Vec3 turn = vector_from_rotation(middle * f.probe_to_reference * image);
    for (std::size_t k = 0; k < 3; ++k) turns[k].push_back(turn[k] * degrees);
  }
  return {statistics::standard_deviation(turns[0]), statistics::standard_deviation(turns[1]),
          statistics::standard_deviation(turns[2])};
}

void refuse_rest(const TargetMotion& motion, std::size_t frames) {
  if (motion.moved_mm < least_motion_mm && motion.turned_deg < least_turn_deg)
    throw ComputationError(
        "the probe did not move: its position varies by {:.2f} mm and its angle by {:.2f} deg over {} "
        "frames; "
        "expected a recording with the probe moved and turned in all directions over the target",
        motion.moved_mm, motion.turned_deg, frames);
  const double seen_px = std::hypot(motion.seen_u_px, motion.seen_v_px);
  if (seen_px < least_seen_px)
    throw ComputationError(
        "all images are alike: the target stays within {:.2f} pixels while the probe moves by {:.2f} mm and "
        "{:.1f} deg; expected a recording whose images are not frozen",
        seen_px, motion.moved_mm, motion.turned_deg);
}

void refuse_unturned(const TargetMotion& motion) {
  if (motion.turned_deg >= hopeless_turn_deg) return;
  throw ComputationError(
      "the motion of the probe leaves the place of the image open in all directions: it was shifted by "
      "{:.1f} "
      "mm and turned by {:.1f} deg only (standard deviation). Record again and turn it {}, {} and {}, by 20 "
      "degrees and more",
      motion.moved_mm, motion.turned_deg, turn_names[0], turn_names[1], turn_names[2]);
}

std::string describe(const WeakDirection& w, TargetKind kind) {
  const auto part = [&](std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t k = first; k <= last; ++k) sum += w.share[k];
    return sum;
  };
  const double turn = part(target_rotation_x, target_rotation_z);
  const double shift = part(target_translation_x, target_translation_z);
  const double pixel = std::max(w.share[target_pixel_u], w.share[target_pixel_v]);
  const double time = w.share[target_lag];
  if (!is_known(w, kind)) return "the calibration";
  if (time > std::max({turn, shift, pixel})) return "the time lag";
  if (pixel > std::max(turn, shift))
    return fmt::format("the pixel size along {}",
                       w.share[target_pixel_u] > w.share[target_pixel_v] ? "u" : "v");
  if (turn > shift)
    return fmt::format("the angle of the image about {}", axis_names[largest(w.rotation_image)]);
  return fmt::format("the place of the image along {}", axis_names[largest(w.translation_image)]);
}

std::string advice(const TargetMotion& motion, const WeakDirection& w, TargetKind kind) {
  std::vector<std::string> moves;
  const Vec3 most = motion.turned_most_deg;
  // Without a result nobody knows how the image's axes lie.
  if (!is_known(w, kind) && most.z < small_turn_deg)
    return fmt::format(
        "it turned about {} only ({:.1f}, {:.1f} and {:.1f} deg about its principal axes, standard "
        "deviation); "
        "turn it {}, {} and {}, and see the target at all depths",
        most.y < small_turn_deg ? "one axis" : "two axes", most.x, most.y, most.z, turn_names[0],
        turn_names[1], turn_names[2]);
  for (std::size_t k = 0; k < 3; ++k)
    if (is_known(w, kind) && motion.turned_about_deg[k] < small_turn_deg)
      moves.push_back(fmt::format("turn it {} (it turned by {:.1f} deg, standard deviation)", turn_names[k],
                                  motion.turned_about_deg[k]));
  if (motion.seen_v_px < small_seen_px)
    moves.push_back(
        fmt::format("lift and lower it, so that the target is seen at all depths (now {:.0f} "
                    "pixels, standard deviation)",
                    motion.seen_v_px));
  if (kind == TargetKind::point && motion.seen_u_px < small_seen_px)
    moves.push_back(
        fmt::format("shift it sideways, so that the target is seen at all columns (now {:.0f} "
                    "pixels, standard deviation)",
                    motion.seen_u_px));
  if (moves.empty())
    moves.push_back(
        w.share[target_lag] > 0.5
            ? "move it faster, or find the lag with snitt-calibrate-time"
            : "turn it farther about all three axes and see the target at all depths, in more frames");
  std::string text;
  for (const std::string& move : moves) text += (text.empty() ? "" : "; ") + move;
  return text;
}

void refuse_open_direction(const TargetRefinement& r, const TargetMotion& motion, TargetKind kind,
                           double most_mm) {
  const bool singular = r.covariance.empty();
  if (!singular && r.weakest.half_width_mm <= most_mm) return;
  throw ComputationError(
      "the motion of the probe leaves {} open: by {} in the image (95 %); expected at most {:g} mm. Record "
      "again and move the probe otherwise: {}",
      describe(r.weakest, kind),
      r.weakest.half_width_mm < 1000 ? fmt::format("{:.1f} mm", r.weakest.half_width_mm)
                                     : std::string("more than 1000 mm"),
      most_mm, advice(motion, r.weakest, kind));
}

}  // namespace snitt::calibration
