#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/phantom_file.hpp"
#include "geometry/tip_frame.hpp"
#include "phantom/phantom_scene.hpp"
#include "phantom/stylus_recording.hpp"
#include "phantom/trajectory.hpp"
#include "shell/modes.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "phantom-stylus", "files", "make a recording of a tracked pointer whose tip is known exactly",
    "Simulates the poses that a tracker gives while a pointer swivels with its tip in a dent (pivot), turns "
    "about "
    "its shaft (spin), touches the landmarks of a phantom (landmarks) or moves on its planes and along its "
    "lines "
    "(surface), so that what is computed from the recording can be compared with the truth.\n\n"
    "The recording has StylusToTracker and ReferenceToTracker, no pixels, and a field Object that says what "
    "the "
    "tip touches. Noise is in the marker's own coordinates. Nothing is random but by --seed: the same "
    "options give "
    "the same file."};

struct Settings {
  std::string output;
  std::string kind = "pivot";
  std::int64_t poses = 200;
  double half_angle_deg = 60;
  std::int64_t dents = 1;
  double travel_s = 2;
  double lead_s = 0;
  double turns = 3;
  double wobble_deg = 0;
  std::string phantom;
  std::vector<std::string> visits;
  double hold_s = 2;
  bool swivel = false;
  double touch_error_mm = 0;
  std::string placement;
  std::optional<std::vector<double>> placement_mm;
  std::optional<std::vector<double>> orientation_deg;
  std::optional<std::vector<double>> tip_mm;
  std::optional<std::vector<double>> shaft;
  double rate_hz = 20;
  double noise_mm = 0;
  double noise_deg = 0;
  double outlier_fraction = 0;
  double invalid_fraction = 0;
  double dropped_fraction = 0;
  double drift_mm = 4;
  double drift_deg = 3;
  bool include_tip = false;
  std::string truth_tip;
  std::string truth_phantom;
  std::int64_t seed = 1;
};

std::string words_of(Vec3 v) { return fmt::format("{:g} {:g} {:g}", v.x, v.y, v.z); }

void declare_motion(Options& options, Settings& s) {
  options.section("Motion");
  options.choice("--kind", s.kind,
                 {{"pivot", "swivels with its tip in a dent"},
                  {"spin", "turns about its shaft"},
                  {"landmarks", "touches the landmarks of --phantom"},
                  {"surface", "moves on the planes and along the lines of --phantom"}},
                 "what the pointer does");
  options.value("--poses", s.poses, {1, 1e7},
                "poses in each dent, in all of a spin, or on each plane or line");
  options.value("--half-angle-deg", s.half_angle_deg, {0, 89},
                "half the opening of the cone that the shaft stays in (pivot; landmarks with --swivel)");
  options.value("--dents", s.dents, {1, 1000}, "number of dents, one after the other (pivot)");
  options.value("--travel-s", s.travel_s, {0, 1e4}, "time on the way from stop to stop");
  options.value("--lead-s", s.lead_s, {0, 1e4}, "time of moving before the first dent and after the last");
  options.value("--turns", s.turns, {0, 1e4}, "turns about the shaft (spin)");
  options.value("--wobble-deg", s.wobble_deg, {0, 45}, "amplitude of a slow motion of the shaft (spin)");
  options.section("Phantom");
  options.file("--phantom", s.phantom,
               "definition of the phantom (landmarks, surface): JSON, or a PLUS configuration");
  options.texts("--visit", s.visits, "NAME",
                "landmark (or plane or line) to go to, in this order, any number of times; all if not given");
  options.value("--hold-s", s.hold_s, {0.05, 1e4}, "time at each landmark");
  options.flag("--swivel", s.swivel, "swivel at each landmark instead of holding still");
  options.value(
      "--touch-error-mm", s.touch_error_mm, {0, 100},
      "standard deviation per axis of where a landmark is touched, or of each sample from a surface");
  options.file("--placement", s.placement,
               "PhantomToReference, instead of --placement-mm and --orientation-deg: a transform file, or a "
               "PLUS configuration");
  options.values("--placement-mm", s.placement_mm, "X Y Z", {-1e5, 1e5},
                 "origin of the phantom in Reference; default: that of snitt-phantom, " +
                     words_of(phantom::default_placement_mm));
  options.values("--orientation-deg", s.orientation_deg, "X Y Z", {-360, 360},
                 "turns of the phantom about the axes of Reference: first about x, then y, then z; default: "
                 "those of snitt-phantom, " +
                     words_of(phantom::default_orientation_deg));
}

void declare(Options& options, Settings& s) {
  options.output(s.output, "frames file for the recording");
  declare_motion(options, s);
  const phantom::StylusTracking usual;
  options.section("Pointer and tracker");
  options.values("--tip-mm", s.tip_mm, "X Y Z", {-1e4, 1e4},
                 "tip in the marker's coordinates; default: " + words_of(usual.tip_mm));
  options.values(
      "--shaft", s.shaft, "X Y Z", {-1, 1},
      "direction out of the tip in the marker's coordinates; default: that of --tip-mm when that is "
      "given, else " +
          words_of(usual.shaft));
  options.value("--rate-hz", s.rate_hz, {1e-3, 1e5}, "poses per second");
  options.value("--noise-mm", s.noise_mm, {0, 1e3}, "standard deviation of the position along each axis");
  options.value("--noise-deg", s.noise_deg, {0, 90}, "standard deviation of the angle about each axis");
  options.value("--outlier-fraction", s.outlier_fraction, {0, 1},
                "share of poses with status OK that are 10 to 60 mm and up to 30 degrees off");
  options.value("--invalid-fraction", s.invalid_fraction, {0, 1}, "share of poses with status INVALID");
  options.value("--dropped-fraction", s.dropped_fraction, {0, 1}, "share of poses that are missing");
  options.value("--drift-mm", s.drift_mm, {0, 1e3}, "amplitude of the slow motion of the reference marker");
  options.value("--drift-deg", s.drift_deg, {0, 90}, "amplitude of its slow turning");
  options.value("--seed", s.seed, {0, 9e15}, "seed of noise, lost poses and outliers");
  options.section("Truth");
  options.flag("--include-tip", s.include_tip, "store the true StylusTipToStylus in the recording");
  options.extra_output("--truth-tip", s.truth_tip, "also write the true StylusTipToStylus as a transform");
  options.extra_output("--truth-phantom", s.truth_phantom,
                       "also write the true PhantomToReference as a transform");
  options.example(
      "snitt-phantom-stylus --kind pivot --dents 2 --noise-mm 0.25 --truth-tip true-tip.h5 -o swivel.h5",
      "Swivelling in two dents with noise of 0.25 mm along each axis, and the truth");
}

Vec3 vector_of(const std::vector<double>& v) { return {v[0], v[1], v[2]}; }

phantom::StylusTracking tracking_of(const Settings& s) {
  phantom::StylusTracking t;
  if (s.tip_mm) t.tip_mm = vector_of(*s.tip_mm);
  if (s.tip_mm && !s.shaft && norm(t.tip_mm) == 0)
    throw UsageError(
        "--tip-mm is 0 0 0, which has no direction; expected that of the shaft too (see --shaft)");
  if (s.tip_mm) t.shaft = t.tip_mm;
  if (s.shaft) t.shaft = vector_of(*s.shaft);
  t.rate_hz = s.rate_hz;
  t.position_noise_mm = s.noise_mm;
  t.angle_noise_deg = s.noise_deg;
  t.outlier_fraction = s.outlier_fraction;
  t.invalid_fraction = s.invalid_fraction;
  t.dropped_fraction = s.dropped_fraction;
  t.reference_drift_mm = s.drift_mm;
  t.reference_drift_deg = s.drift_deg;
  t.seed = static_cast<std::uint64_t>(s.seed);
  return t;
}

Matrix4 placement_of(const Settings& s) {
  if (!s.placement.empty())
    return formats::read_constant_transform(s.placement, "Phantom", "Reference").matrix;
  const Vec3 origin = s.placement_mm ? vector_of(*s.placement_mm) : phantom::default_placement_mm;
  const Vec3 turns = s.orientation_deg ? vector_of(*s.orientation_deg) : phantom::default_orientation_deg;
  return phantom::translation(origin) * phantom::rotation_deg(turns);
}

void refuse_others(const Settings& s) {
  const Settings initial;
  const std::vector<std::string> on_phantom{"landmarks", "surface"};
  shell::refuse_others(
      "--kind", s.kind,
      {{"--poses", s.poses != initial.poses, {"pivot", "spin", "surface"}},
       {"--half-angle-deg", s.half_angle_deg != initial.half_angle_deg, {"pivot", "landmarks"}},
       {"--dents", s.dents != initial.dents, {"pivot"}},
       {"--travel-s", s.travel_s != initial.travel_s, {"pivot", "landmarks", "surface"}},
       {"--lead-s", s.lead_s != initial.lead_s, {"pivot"}},
       {"--turns", s.turns != initial.turns, {"spin"}},
       {"--wobble-deg", s.wobble_deg != initial.wobble_deg, {"spin"}},
       {"--phantom", !s.phantom.empty(), on_phantom},
       {"--visit", !s.visits.empty(), on_phantom},
       {"--hold-s", s.hold_s != initial.hold_s, {"landmarks"}},
       {"--swivel", s.swivel, {"landmarks"}},
       {"--touch-error-mm", s.touch_error_mm != initial.touch_error_mm, on_phantom},
       {"--placement", !s.placement.empty(), on_phantom},
       {"--placement-mm", s.placement_mm.has_value(), on_phantom},
       {"--orientation-deg", s.orientation_deg.has_value(), on_phantom},
       {"--truth-phantom", !s.truth_phantom.empty(), on_phantom}});
}

void check(const Settings& s) {
  refuse_others(s);
  const bool on_phantom = s.kind == "landmarks" || s.kind == "surface";
  if (on_phantom && s.phantom.empty()) throw UsageError("--kind {} needs a phantom (see --phantom)", s.kind);
  if (s.kind == "landmarks" && !s.swivel && s.half_angle_deg != Settings{}.half_angle_deg)
    throw UsageError(
        "--half-angle-deg is given without --swivel, so the pointer is held still; expected both");
  if (!s.placement.empty() && (s.placement_mm || s.orientation_deg))
    throw UsageError("--placement is given with {}; expected one of them",
                     s.placement_mm ? "--placement-mm" : "--orientation-deg");
}

phantom::StylusRecording record(const Settings& s) {
  const phantom::StylusTracking tracking = tracking_of(s);
  const auto poses = static_cast<std::size_t>(s.poses);
  if (s.kind == "pivot")
    return phantom::record_pivot(
        {poses, static_cast<std::size_t>(s.dents), s.half_angle_deg, false, s.travel_s, s.lead_s}, tracking);
  if (s.kind == "spin") return phantom::record_spin({poses, s.turns, s.wobble_deg}, tracking);
  const PhantomDefinition definition = formats::read_phantom(s.phantom);
  if (s.kind == "landmarks")
    return phantom::record_landmarks(
        definition, placement_of(s),
        {s.visits, s.hold_s, s.swivel ? s.half_angle_deg : 0, s.touch_error_mm, s.travel_s}, tracking);
  return phantom::record_surfaces(definition, placement_of(s),
                                  {s.visits, poses, s.touch_error_mm, s.travel_s}, tracking);
}

/// A recording of poses alone: there is nothing to read.
class PoseSource : public FrameSource {
 public:
  explicit PoseSource(Frames frames) : frames_(std::move(frames)) {}
  const Frames& frames() const override { return frames_; }
  void read(std::size_t, std::size_t, std::span<std::byte>) override {}

 private:
  Frames frames_;
};

void run(const Settings& s, shell::Session& session) {
  check(s);
  phantom::StylusRecording recording = record(s);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const StaticTransform tip{{"StylusTip", "Stylus"}, recording.stylus_tip_to_stylus};
  const StaticTransform placed{{"Phantom", "Reference"}, recording.phantom_to_reference};
  if (!s.truth_tip.empty()) store::write_transform(s.truth_tip, tip, session.provenance(), if_exists);
  if (!s.truth_phantom.empty())
    store::write_transform(s.truth_phantom, placed, session.provenance(), if_exists);
  if (s.include_tip) recording.frames.constant.push_back(tip);
  PoseSource source(recording.frames);
  store::write_frames(s.output, source, session.provenance(), if_exists, session.monitor());

  const Vec3 place = transform_point(tip.matrix, {});
  const Vec3 shaft = transform_vector(tip.matrix, {0, 0, 1});
  nlohmann::json json{{"output", s.output},
                      {"kind", s.kind},
                      {"poses", recording.frames.count},
                      {"tip_mm", {place.x, place.y, place.z}},
                      {"shaft", {shaft.x, shaft.y, shaft.z}},
                      {"stylus_tip_to_stylus", tip.matrix.m},
                      {"dents_mm", nlohmann::json::array()}};
  for (const Vec3 d : recording.dents_mm) json["dents_mm"].push_back({d.x, d.y, d.z});
  if (!s.phantom.empty()) json["phantom_to_reference"] = placed.matrix.m;
  session.result(
      fmt::format("{}: {} poses of a pointer ({}), tip at ({:g}, {:g}, {:g}) mm, shaft along ({:.5f}, "
                  "{:.5f}, {:.5f})",
                  s.output, recording.frames.count, s.kind, place.x, place.y, place.z, shaft.x, shaft.y,
                  shaft.z),
      json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
