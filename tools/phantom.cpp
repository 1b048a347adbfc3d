#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/igs_sequence.hpp"
#include "phantom/phantom_scene.hpp"
#include "phantom/scene_settings.hpp"
#include "phantom/sweep.hpp"
#include "phantom/truth.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace {

using namespace snitt;

const shell::ToolInfo info{
    "phantom", "files", "make a tracked ultrasound sweep through objects that are known exactly",
    "Simulates a tracked recording: images are computed where the simulated probe is, "
    "from a scene of spheres, wires, "
    "walls and smooth fields with closed formulas, so that everything made from the "
    "recording can be compared with the truth "
    "(--truth).\n\n"
    "With --scene-of-phantom the scene is a calibration phantom, and the probe moves around it with "
    "--motion calibration; the recording then has PhantomToReference as well.\n\n"
    "Transforms are ImageToProbe (the calibration), ProbeToTracker and "
    "ReferenceToTracker; the scene lies in Reference. "
    "Nothing is random but by --seed: the same options give the same file."};

struct Settings {
  std::string output;
  std::string format = "frames";
  phantom_tool::SceneSettings scene;

  std::string motion = "linear";
  std::int64_t frames = 200;
  double frame_rate_hz = 20;
  std::optional<double> travel_mm;
  double angle_deg = 50;
  std::optional<std::vector<double>> orientation_deg;
  std::optional<std::vector<double>> amplitude_mm;
  std::optional<std::vector<double>> amplitude_deg;

  std::int64_t columns = 400;
  std::int64_t rows = 400;
  double pixel_size_mm = 0.1;
  std::optional<double> pixel_height_mm;
  std::optional<std::vector<double>> point_spread_mm;
  std::string flip = "none";
  std::string pixel_type = "uint8";
  double gain = 1;
  double noise = 0;
  std::optional<double> sector_angle_deg;

  std::optional<double> tracker_rate_hz;
  double tracker_lag_s = 0;
  double tracker_noise_mm = 0;
  double tracker_noise_deg = 0;
  double invalid_fraction = 0;
  double dropped_fraction = 0;

  bool hide_calibration = false;
  std::string truth_calibration;
  std::string truth;
  double truth_spacing_mm = 0.5;
  std::int64_t truth_samples = 1;
  std::int64_t seed = 1;
};

void declare(Options& options, Settings& s) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  options.output(s.output, "file for the recording");
  options.choice("--format", s.format,
                 {{"frames", "HDF5 layout of this toolkit"},
                  {"igs", "IGS sequence with raw pixels (.igs.mha, .igs.nrrd)"}},
                 "kind of file for the recording");
  phantom_tool::declare_scene(options, s.scene);
  options.section("Motion");
  options.choice("--motion", s.motion,
                 {{"linear", "along the normal of the image"},
                  {"tilt", "about the face of the probe, a fan of planes"},
                  {"rotation", "about the axis of the probe"},
                  {"freehand", "linear with smooth random wobble"},
                  {"calibration", "about the middle of the scene, smoothly in all six degrees of freedom"},
                  {"bounce", "up and down along depth, never the same twice"}},
                 "how the probe moves");
  options.value("--frames", s.frames, {1, 1e8}, "number of frames");
  options.value("--frame-rate-hz", s.frame_rate_hz, {1e-3, 1e5}, "frames per second");
  options.value(
      "--travel-mm", s.travel_mm, {0, 1e5},
      "length of a linear or freehand sweep, largest of a bounce (the scene's length if not given)");
  options.value("--angle-deg", s.angle_deg, {-360, 360},
                "angle of a tilt or rotation from first to last frame");
  options.values(
      "--orientation-deg", s.orientation_deg, "X Y Z", {-360, 360},
      "turns of the image about the axes of Reference at mid sweep: first about x, then y, then z");
  options.values("--amplitude-mm", s.amplitude_mm, "X Y Z", {0, 1e4},
                 "how far a calibration motion goes along rows, depth and normal of the image (as suits the "
                 "phantom if not given)");
  options.values(
      "--amplitude-deg", s.amplitude_deg, "X Y Z", {0, 180},
      "how far it turns about rows, depth and normal of the image (as suits the phantom if not given)");
  options.section("Image");
  options.value("--columns", s.columns, {1, 65536}, "pixels in a row");
  options.value("--rows", s.rows, {1, 65536}, "rows of an image");
  options.value("--pixel-size-mm", s.pixel_size_mm, {1e-6, 1e3}, "distance of neighbouring pixels");
  options.value("--pixel-height-mm", s.pixel_height_mm, {1e-6, 1e3},
                "distance of neighbouring rows, if not that of columns");
  options.values("--point-spread-mm", s.point_spread_mm, "LATERAL AXIAL ELEVATIONAL", {1e-3, 1e2},
                 "standard deviations of what a point is seen as, instead of the width of wires and points");
  options.choice("--flip", s.flip,
                 {{"none", "as MF has it"},
                  {"columns", "right to left"},
                  {"rows", "bottom to top"},
                  {"both", "turned by half a turn"}},
                 "write the images as a recording would whose orientation was noted wrongly");
  options.choice("--pixel-type", s.pixel_type,
                 {{"uint8", "0 to 255"},
                  {"uint16", "0 to 65535"},
                  {"float32", "not rounded"},
                  {"rgb", "three of uint8"}},
                 "type of the pixels");
  options.value("--gain", s.gain, {-inf, inf}, "factor from the scene's grey levels to pixel values");
  options.value("--noise", s.noise, {0, 1e6},
                "standard deviation of pixel noise in grey levels of the scene");
  options.value("--sector-angle-deg", s.sector_angle_deg, {1, 89},
                "half the opening of a sector outside which the image is black; its apex is a quarter of the "
                "depth above the image");
  options.section("Tracker");
  options.value("--tracker-rate-hz", s.tracker_rate_hz, {1e-3, 1e5},
                "poses per second on a clock of their own (one per frame if not given)");
  options.value("--tracker-lag-s", s.tracker_lag_s, {-100, 100},
                "how much later than the image a pose is stamped");
  options.value("--tracker-noise-mm", s.tracker_noise_mm, {0, 1e3},
                "standard deviation of the probe's position in each direction");
  options.value("--tracker-noise-deg", s.tracker_noise_deg, {0, 90},
                "standard deviation of the probe's angle about each axis");
  options.value("--invalid-fraction", s.invalid_fraction, {0, 1}, "share of probe poses with status INVALID");
  options.value("--dropped-fraction", s.dropped_fraction, {0, 1}, "share of probe poses that are missing");
  options.section("Truth");
  options.flag("--hide-calibration", s.hide_calibration,
               "leave ImageToProbe out of the recording, as it is before a calibration");
  options.extra_output("--truth-calibration", s.truth_calibration, "also write ImageToProbe as a transform");
  options.extra_output("--truth", s.truth, "also write the scene without speckle as a volume");
  options.value("--truth-spacing-mm", s.truth_spacing_mm, {1e-3, 1e3}, "voxel size of the truth");
  options.value("--truth-samples", s.truth_samples, {1, 64},
                "points averaged along each axis of a voxel of the truth");
  options.value("--seed", s.seed, {0, 9e15}, "seed of noise, speckle, wobble and lost poses");
  options.example(
      "snitt-phantom --scene wires --motion freehand --frames 60 --columns 200 --rows 200 --pixel-size-mm "
      "0.2 "
      "--truth wires-truth.h5 -o wires.h5",
      "a freehand sweep over wires, with the volume that a perfect reconstruction would give");
  options.example(
      "snitt-phantom --scene-of-phantom sample_data/phantoms/fcal-2.0.json --motion calibration --frames 40 "
      "--columns 410 --rows "
      "308 "
      "--pixel-size-mm 0.16 --point-spread-mm 0.5 0.25 1 --hide-calibration --truth-calibration "
      "probe-truth.h5 -o nwires.h5",
      "a recording to calibrate the probe with, and what should come out");
}

phantom::Motion motion_of(const std::string& name) {
  if (name == "tilt") return phantom::Motion::tilt;
  if (name == "calibration") return phantom::Motion::calibration;
  if (name == "rotation") return phantom::Motion::rotation;
  if (name == "bounce") return phantom::Motion::bounce;
  return name == "freehand" ? phantom::Motion::freehand : phantom::Motion::linear;
}

PixelFormat format_of(const std::string& name) {
  if (name == "rgb") return {PixelType::u8, 3};
  return {*pixel_type_from_name(name), 1};
}

/// Apex a quarter of the depth above the image; the arcs touch the image's top and bottom on the middle line.
phantom::Sector sector_of(double half_angle_deg, double depth_mm) {
  return {-0.25 * depth_mm, half_angle_deg, 0.25 * depth_mm, 1.25 * depth_mm};
}

phantom::TrajectorySettings path_of(const Settings& s, const phantom::Scene& scene,
                                    const std::optional<phantom_tool::PlacedPhantom>& phantom) {
  phantom::TrajectorySettings path = phantom::path_over(scene, motion_of(s.motion));
  if (phantom) path = phantom::path_around(phantom->definition, phantom->to_reference, scene);
  path.motion = motion_of(s.motion);
  const auto set = [](Vec3& target, const std::optional<std::vector<double>>& given) {
    if (given) target = {given->at(0), given->at(1), given->at(2)};
  };
  set(path.amplitude_mm, s.amplitude_mm);
  set(path.amplitude_deg, s.amplitude_deg);
  set(path.orientation_deg, s.orientation_deg);
  return path;
}

phantom::SweepSettings sweep_of(const Settings& s, const phantom::Scene& scene,
                                const std::optional<phantom_tool::PlacedPhantom>& phantom) {
  phantom::SweepSettings sweep;
  sweep.path = path_of(s, scene, phantom);
  if (phantom) sweep.constants = {{{"Phantom", "Reference"}, phantom->to_reference}};
  sweep.hide_calibration = s.hide_calibration;
  if (s.travel_mm) sweep.path.travel_mm = *s.travel_mm;
  sweep.path.angle_deg = s.angle_deg;
  sweep.seed = sweep.path.seed = static_cast<std::uint64_t>(s.seed);
  sweep.frames = static_cast<std::size_t>(s.frames);
  sweep.frame_rate_hz = s.frame_rate_hz;
  sweep.columns = static_cast<std::size_t>(s.columns);
  sweep.rows = static_cast<std::size_t>(s.rows);
  sweep.pixel_size_mm = s.pixel_size_mm;
  sweep.pixel_height_mm = s.pixel_height_mm;
  sweep.flip_columns = s.flip == "columns" || s.flip == "both";
  sweep.flip_rows = s.flip == "rows" || s.flip == "both";
  if (const auto& spread = s.point_spread_mm)
    sweep.point_spread_mm = {spread->at(0), spread->at(1), spread->at(2)};
  sweep.format = format_of(s.pixel_type);
  sweep.gain = s.gain;
  sweep.noise = s.noise;
  if (s.sector_angle_deg)
    sweep.sector = sector_of(*s.sector_angle_deg,
                             static_cast<double>(s.rows - 1) * s.pixel_height_mm.value_or(s.pixel_size_mm));
  sweep.tracker.rate_hz = s.tracker_rate_hz;
  sweep.tracker.lag_s = s.tracker_lag_s;
  sweep.tracker.position_noise_mm = s.tracker_noise_mm;
  sweep.tracker.angle_noise_deg = s.tracker_noise_deg;
  sweep.tracker.invalid_fraction = s.invalid_fraction;
  sweep.tracker.dropped_fraction = s.dropped_fraction;
  return sweep;
}

void refuse_same_outputs(const Settings& s) {
  if (s.truth == s.output)
    throw UsageError("--truth and --output are both '{}'; expected two files", s.truth);
  if (s.truth_calibration == s.output)
    throw UsageError("--truth-calibration and --output are both '{}'; expected two files", s.output);
  if (!s.truth.empty() && s.truth == s.truth_calibration)
    throw UsageError("--truth and --truth-calibration are both '{}'; expected two files", s.truth);
}

void run(const Settings& s, shell::Session& session) {
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  refuse_same_outputs(s);
  phantom_tool::refuse_two_scenes(s.scene);
  const std::optional<phantom_tool::PlacedPhantom> phantom = phantom_tool::phantom_of(s.scene);
  const phantom::Scene scene =
      phantom_tool::scene_of(s.scene, phantom, static_cast<std::uint64_t>(s.seed), session.monitor());
  phantom::SweepSource sweep(scene, sweep_of(s, scene, phantom));
  const VolumeGeometry truth_grid = phantom::region_geometry(scene, s.truth_spacing_mm);

  if (!s.truth.empty()) {
    const Volume truth = phantom::truth_volume(scene, truth_grid, static_cast<int>(s.truth_samples));
    store::write_volume(s.truth, truth, session.provenance(), if_exists);
  }
  if (!s.truth_calibration.empty())
    store::write_transform(s.truth_calibration, {{"Image", "Probe"}, sweep.image_to_probe()},
                           session.provenance(), if_exists);
  if (s.format == "igs")
    formats::write_igs_sequence(s.output, sweep, formats::PixelPacking::raw, if_exists, session.monitor());
  else
    store::write_frames(s.output, sweep, session.provenance(), if_exists, session.monitor());

  const FrameShape& shape = sweep.frames().shape;
  session.result(fmt::format("{}: {} frames of {} x {} pixels through '{}'", s.output, sweep.frames().count,
                             shape.columns, shape.rows, scene.name),
                 {{"output", s.output},
                  {"frames", sweep.frames().count},
                  {"columns", shape.columns},
                  {"rows", shape.rows},
                  {"scene", scene.name}});
}

}  // namespace

int main(int argc, char** argv) { return shell::run_tool<Settings>(info, declare, run, argc, argv); }
