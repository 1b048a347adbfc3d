#include "phantom/stylus_recording.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "geometry/rotation.hpp"
#include "geometry/tip_frame.hpp"
#include "phantom/noise.hpp"
#include "phantom/stylus_motion.hpp"
#include "phantom/tracking.hpp"
#include "phantom/trajectory.hpp"

namespace snitt::phantom {
namespace {

// Keys that keep the random streams of one seed apart.
constexpr std::uint64_t position_stream = 0x737470;
constexpr std::uint64_t angle_stream = 0x737461;
constexpr std::uint64_t lost_stream = 0x73746c;
constexpr std::uint64_t outlier_stream = 0x73746f;
constexpr std::uint64_t touch_stream = 0x737474;
constexpr std::uint64_t place_stream = 0x737464;

constexpr double degree = std::numbers::pi / 180;

Vec3 normals(std::uint64_t seed, std::uint64_t stream, std::uint64_t sample) {
  Vec3 v;
  for (std::size_t a = 0; a < 3; ++a) v[a] = normal(random_bits(seed, stream + 0x10000 * a, sample));
  return v;
}

/// Displacement of the marker in its own axes: noise, and now and then a gross error.
Matrix4 pose_error(const StylusTracking& t, std::uint64_t sample) {
  Vec3 shift = t.position_noise_mm * normals(t.seed, position_stream, sample);
  Vec3 turn = t.angle_noise_deg * degree * normals(t.seed, angle_stream, sample);
  if (uniform(random_bits(t.seed, outlier_stream, sample)) < t.outlier_fraction) {
    const double share = uniform(random_bits(t.seed, outlier_stream + 1, sample));
    shift = shift + (10 + 50 * share) * unit(normals(t.seed, outlier_stream + 2, sample));
    turn = turn + 30 * degree * share * unit(normals(t.seed, outlier_stream + 3, sample));
  }
  return translation(shift) * rotation_from_vector(turn);
}

Status status_of(const StylusTracking& t, std::uint64_t sample) {
  const double u = uniform(random_bits(t.seed, lost_stream, sample));
  if (u < t.dropped_fraction) return Status::missing;
  return u < t.dropped_fraction + t.invalid_fraction ? Status::invalid : Status::ok;
}

void check(const StylusTracking& t) {
  for (const double share : {t.outlier_fraction, t.invalid_fraction, t.dropped_fraction})
    if (!(share >= 0 && share <= 1)) throw UsageError("a share of poses is {}; expected 0 to 1", share);
  if (!(t.rate_hz > 0)) throw UsageError("the rate of poses is {} Hz; expected more than 0", t.rate_hz);
  if (!(norm(t.shaft) > 0)) throw UsageError("the direction of the shaft is 0 0 0; expected a vector");
}

StylusRecording recorded(const std::vector<StylusInstant>& instants, const StylusTracking& t) {
  StylusRecording r;
  r.stylus_tip_to_stylus = tip_frame(t.tip_mm, t.shaft);
  const Matrix4 stylus_to_tip = inverse(r.stylus_tip_to_stylus);
  TrackedTransform stylus{{"Stylus", "Tracker"}, {}, {}, {}};
  TrackedTransform reference{{"Reference", "Tracker"}, {}, {}, {}};
  std::vector<std::string> objects;
  const double start_s = 10;
  for (std::size_t k = 0; k < instants.size(); ++k) {
    const double time_s = start_s + static_cast<double>(k) / t.rate_hz;
    const Matrix4 marker =
        reference_to_tracker(2 * std::numbers::pi * time_s / 23, t.reference_drift_mm, t.reference_drift_deg);
    const Matrix4 pose = instants[k].tip_to_reference * stylus_to_tip;
    const Status status = status_of(t, k);
    r.stylus_to_reference.push_back(pose);
    r.frames.time_s.push_back(time_s);
    reference.matrix.push_back(marker);
    reference.status.push_back(Status::ok);
    stylus.matrix.push_back(status == Status::ok ? marker * pose * pose_error(t, k) : Matrix4{});
    stylus.status.push_back(status);
    objects.push_back(instants[k].object);
  }
  r.frames.count = instants.size();
  // No image belongs to a sample.
  r.frames.image_status.assign(instants.size(), Status::invalid);
  r.frames.tracked = {std::move(stylus), std::move(reference)};
  r.frames.fields = {{"Object", std::move(objects)}};
  return r;
}

/// Dents on a rough circle in Reference.
Vec3 dent(std::size_t k, std::uint64_t seed) {
  const double angle = 2.1 * static_cast<double>(k);
  const Vec3 place{-37 + 60 * std::cos(angle), 52 + 60 * std::sin(angle), -110 + 17 * static_cast<double>(k)};
  return place + 5.0 * normals(seed, place_stream, k);
}

/// Poses about one axis of the marker, the tip staying where it is.
Matrix4 hinged(Vec3 tip_mm, const StylusTracking& t, double half_angle_deg, double time_s) {
  const Vec3 axis = unit({0.3, 0.9, 0.25});
  const double angle = half_angle_deg * degree * std::sin(2 * std::numbers::pi * 0.31 * time_s);
  const Matrix4 frame = tip_frame({}, t.shaft);
  const Matrix4 turn = inverse(frame) * rotation_from_vector(angle * axis) * frame;
  return held(tip_mm, 0, 0, 0) * turn;
}

/// Approached from there and left to there.
StylusInstant away(Vec3 from_mm, double spin) {
  return {held(from_mm + Vec3{90, 60, 80}, 0.5, -0.3, spin), ""};
}

const PhantomPoint* landmark(const PhantomDefinition& phantom, const std::string& name) {
  for (const PhantomPoint& p : phantom.landmarks)
    if (p.name == name) return &p;
  return nullptr;
}

[[noreturn]] void refuse_name(const PhantomDefinition& phantom, const std::string& name, bool surfaces) {
  std::vector<std::string> known;
  for (const PhantomPoint& p : phantom.landmarks) known.push_back(p.name);
  if (surfaces) {
    for (const PhantomPlane& p : phantom.planes) known.push_back(p.name);
    for (const PhantomLine& l : phantom.lines) known.push_back(l.name);
  }
  std::string list;
  for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
  throw InputError("phantom '{}' has no '{}'; it has {}{}", phantom.name, name, list.empty() ? "none" : list,
                   did_you_mean(name, known));
}

/// Points on an object, shares 0 … 1 of its two directions.
struct Patch {
  Vec3 base;
  Vec3 first;
  Vec3 second;
};

Patch patch_of(const PhantomDefinition& phantom, const std::string& name) {
  for (const PhantomPlane& p : phantom.planes)
    if (p.name == name) return {p.base_mm, p.end1_mm - p.base_mm, p.end2_mm - p.end1_mm};
  for (const PhantomLine& l : phantom.lines)
    if (l.name == name) return {l.from_mm, l.to_mm - l.from_mm, {}};
  if (const PhantomPoint* p = landmark(phantom, name)) return {p->position_mm, {}, {}};
  refuse_name(phantom, name, true);
}

std::vector<std::string> all_surfaces(const PhantomDefinition& phantom) {
  std::vector<std::string> names;
  for (const PhantomPlane& p : phantom.planes) names.push_back(p.name);
  for (const PhantomLine& l : phantom.lines) names.push_back(l.name);
  return names;
}

}  // namespace

StylusRecording record_pivot(const PivotMotion& m, const StylusTracking& t) {
  check(t);
  if (m.poses < 1 || m.dents < 1) throw UsageError("no pose in no dent; expected at least one of each");
  StylusScript script(t.rate_hz);
  std::vector<Vec3> dents;
  if (m.lead_s > 0) script.stay({away(dent(0, t.seed), 0.4)}, 0);
  for (std::size_t d = 0; d < m.dents; ++d) {
    dents.push_back(dent(d, t.seed));
    std::vector<StylusInstant> stop;
    for (std::size_t k = 0; k < m.poses; ++k) {
      const double time_s = static_cast<double>(d * m.poses + k) / t.rate_hz;
      stop.push_back({m.hinge ? hinged(dents.back(), t, m.half_angle_deg, time_s)
                              : swivelled(dents.back(), m.half_angle_deg, time_s, t.seed),
                      fmt::format("dent {}", d + 1)});
    }
    script.stay(std::move(stop), d == 0 ? m.lead_s : m.travel_s);
  }
  if (m.lead_s > 0) script.stay({away(dents.back(), -0.4)}, m.lead_s);
  StylusRecording r = recorded(script.instants(), t);
  r.dents_mm = dents;
  return r;
}

StylusRecording record_spin(const SpinMotion& m, const StylusTracking& t) {
  check(t);
  if (m.poses < 1) throw UsageError("no pose; expected at least one");
  const Vec3 place = dent(0, t.seed);
  std::vector<StylusInstant> instants;
  for (std::size_t k = 0; k < m.poses; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(m.poses);
    const double wobble = m.wobble_deg * degree;
    const double turn = 2 * std::numbers::pi * share;
    instants.push_back({held(place, 0.1 + wobble * std::sin(0.9 * turn + 0.3),
                             -0.15 + wobble * std::cos(1.3 * turn), m.turns * turn),
                        "dent 1"});
  }
  StylusRecording r = recorded(instants, t);
  r.dents_mm = {place};
  return r;
}

StylusRecording record_landmarks(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference,
                                 const LandmarkMotion& m, const StylusTracking& t) {
  check(t);
  std::vector<std::string> visits = m.visits;
  if (visits.empty())
    for (const PhantomPoint& p : phantom.landmarks) visits.push_back(p.name);
  if (visits.empty()) throw InputError("phantom '{}' has no landmarks; expected some to touch", phantom.name);
  StylusScript script(t.rate_hz);
  const auto poses = static_cast<std::size_t>(std::max(1L, std::lround(m.hold_s * t.rate_hz)));
  for (std::size_t v = 0; v < visits.size(); ++v) {
    const PhantomPoint* point = landmark(phantom, visits[v]);
    if (point == nullptr) refuse_name(phantom, visits[v], false);
    const Vec3 tip = transform_point(phantom_to_reference, point->position_mm) +
                     m.touch_error_mm * normals(t.seed, touch_stream, v);
    if (v == 0) script.stay({away(tip, 0.4)}, 0);
    std::vector<StylusInstant> stop;
    for (std::size_t k = 0; k < poses; ++k) {
      const double time_s = script.time_s() + m.travel_s + static_cast<double>(k) / t.rate_hz;
      // A hand that holds still trembles by a degree.
      stop.push_back({swivelled(tip, std::max(m.half_angle_deg, 1.0), time_s, t.seed), visits[v]});
    }
    script.stay(std::move(stop), m.travel_s);
  }
  script.stay({away(transform_point(script.instants().back().tip_to_reference, {}), -0.4)}, m.travel_s);
  StylusRecording r = recorded(script.instants(), t);
  r.phantom_to_reference = phantom_to_reference;
  return r;
}

StylusRecording record_surfaces(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference,
                                const SurfaceMotion& m, const StylusTracking& t) {
  check(t);
  const std::vector<std::string> visits = m.visits.empty() ? all_surfaces(phantom) : m.visits;
  if (visits.empty())
    throw InputError("phantom '{}' has no planes and no lines; expected some to move on", phantom.name);
  StylusScript script(t.rate_hz);
  std::size_t sample = 0;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    const Patch patch = patch_of(phantom, visits[v]);
    std::vector<StylusInstant> stop;
    for (std::size_t k = 0; k < m.poses; ++k, ++sample) {
      const double share = m.poses == 1 ? 0.5 : static_cast<double>(k) / static_cast<double>(m.poses - 1);
      // To and fro four times along one direction while going once along the other, 5 % off the borders.
      const double across = 0.5 + 0.45 * std::sin(8 * std::numbers::pi * share + static_cast<double>(v));
      const double along = 0.05 + 0.9 * share;
      const bool line = norm(patch.second) == 0;
      const Vec3 place =
          patch.base + (line ? along : across) * patch.first + (line ? 0.0 : along) * patch.second;
      const Vec3 error = m.contact_error_mm * normals(t.seed, touch_stream, sample);
      stop.push_back({swivelled(transform_point(phantom_to_reference, place) + error, 20,
                                static_cast<double>(sample) / t.rate_hz, t.seed),
                      visits[v]});
    }
    script.stay(std::move(stop), m.travel_s);
  }
  StylusRecording r = recorded(script.instants(), t);
  r.phantom_to_reference = phantom_to_reference;
  return r;
}

}  // namespace snitt::phantom
