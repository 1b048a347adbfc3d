#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/igs_sequence.hpp"
#include "phantom/scene_json.hpp"
#include "phantom/sweep.hpp"
#include "phantom/truth.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace {

using namespace snitt;

const shell::ToolInfo info{"phantom", "files",
                           "make a tracked ultrasound sweep through objects that are known exactly",
                           "Simulates a tracked recording: images are computed where the simulated probe is, "
                           "from a scene of spheres, wires, "
                           "walls and smooth fields with closed formulas, so that everything made from the "
                           "recording can be compared with the truth "
                           "(--truth).\n\n"
                           "Transforms are ImageToProbe (the calibration), ProbeToTracker and "
                           "ReferenceToTracker; the scene lies in Reference. "
                           "Nothing is random but by --seed: the same options give the same file."};

struct Settings {
  std::string output;
  std::string format = "frames";
  std::string scene = "spheres";
  std::string scene_file;
  double edge_mm = 0;
  double speckle = 0;
  double speckle_cell_mm = 0.5;

  std::string motion = "linear";
  std::int64_t frames = 200;
  double frame_rate_hz = 20;
  std::optional<double> travel_mm;
  double angle_deg = 50;
  std::optional<std::vector<double>> orientation_deg;

  std::int64_t columns = 400;
  std::int64_t rows = 400;
  double pixel_size_mm = 0.1;
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
  options.section("Scene");
  options.choice("--scene", s.scene,
                 {{"spheres", "five spheres"},
                  {"wires", "layers of wires with a Gaussian profile"},
                  {"ramp", "smooth fields without any edge"},
                  {"mixed", "wall, sphere, ellipsoid, box, cylinder and wire"},
                  {"floor", "the flat bottom of a water tank"}},
                 "built-in scene, a region of 40 mm in each direction");
  options.file("--scene-file", s.scene_file, "scene described in JSON, instead of --scene");
  options.value("--edge-mm", s.edge_mm, {0, 20}, "width over which the objects of a built-in scene fade out");
  options.value("--speckle", s.speckle, {0, 1}, "strength of speckle, fixed in space");
  options.value("--speckle-cell-mm", s.speckle_cell_mm, {0.01, 20}, "size of a speckle");
  options.section("Motion");
  options.choice("--motion", s.motion,
                 {{"linear", "along the normal of the image"},
                  {"tilt", "about the face of the probe, a fan of planes"},
                  {"rotation", "about the axis of the probe"},
                  {"freehand", "linear with smooth random wobble"},
                  {"bounce", "up and down along depth, never the same twice"}},
                 "how the probe moves");
  options.value("--frames", s.frames, {1, 1e8}, "number of frames");
  options.value("--frame-rate-hz", s.frame_rate_hz, {1e-3, 1e5}, "frames per second");
  options.value(
      "--travel-mm", s.travel_mm, {0, 1e5},
      "length of a linear or freehand sweep, largest of a bounce (the scene's length if not given)");
  options.value("--angle-deg", s.angle_deg, {-360, 360},
                "angle of a tilt or rotation from first to last frame");
  options.values("--orientation-deg", s.orientation_deg, "X Y Z", {-360, 360},
                 "turns of the image about the axes of Reference at mid sweep");
  options.section("Image");
  options.value("--columns", s.columns, {1, 65536}, "pixels in a row");
  options.value("--rows", s.rows, {1, 65536}, "rows of an image");
  options.value("--pixel-size-mm", s.pixel_size_mm, {1e-6, 1e3}, "distance of neighbouring pixels");
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
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw InputError("{}: cannot be read", path);
  return text;
}

phantom::Scene scene_of(const Settings& s) {
  phantom::Scene scene = s.scene_file.empty() ? phantom::named_scene(s.scene, s.edge_mm)
                                              : phantom::scene_from_json(text_of(s.scene_file), s.scene_file);
  if (s.speckle > 0)
    scene.speckle = phantom::Speckle{s.speckle, s.speckle_cell_mm, static_cast<std::uint64_t>(s.seed)};
  return scene;
}

phantom::Motion motion_of(const std::string& name) {
  if (name == "tilt") return phantom::Motion::tilt;
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

phantom::SweepSettings sweep_of(const Settings& s, const phantom::Scene& scene) {
  phantom::SweepSettings sweep;
  sweep.path = phantom::path_over(scene, motion_of(s.motion));
  if (s.travel_mm) sweep.path.travel_mm = *s.travel_mm;
  sweep.path.angle_deg = s.angle_deg;
  if (s.orientation_deg) {
    const std::vector<double>& turn = *s.orientation_deg;
    sweep.path.orientation_deg = {turn[0], turn[1], turn[2]};
  }
  sweep.seed = sweep.path.seed = static_cast<std::uint64_t>(s.seed);
  sweep.frames = static_cast<std::size_t>(s.frames);
  sweep.frame_rate_hz = s.frame_rate_hz;
  sweep.columns = static_cast<std::size_t>(s.columns);
  sweep.rows = static_cast<std::size_t>(s.rows);
  sweep.pixel_size_mm = s.pixel_size_mm;
  sweep.format = format_of(s.pixel_type);
  sweep.gain = s.gain;
  sweep.noise = s.noise;
  if (s.sector_angle_deg)
    sweep.sector = sector_of(*s.sector_angle_deg, static_cast<double>(s.rows - 1) * s.pixel_size_mm);
  sweep.tracker.rate_hz = s.tracker_rate_hz;
  sweep.tracker.lag_s = s.tracker_lag_s;
  sweep.tracker.position_noise_mm = s.tracker_noise_mm;
  sweep.tracker.angle_noise_deg = s.tracker_noise_deg;
  sweep.tracker.invalid_fraction = s.invalid_fraction;
  sweep.tracker.dropped_fraction = s.dropped_fraction;
  return sweep;
}

void run(const Settings& s, shell::Session& session) {
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (s.truth == s.output)
    throw UsageError("--truth and --output are both '{}'; expected two files", s.truth);
  const phantom::Scene scene = scene_of(s);
  phantom::SweepSource sweep(scene, sweep_of(s, scene));
  const VolumeGeometry truth_grid = phantom::region_geometry(scene, s.truth_spacing_mm);

  if (!s.truth.empty()) {
    const Volume truth = phantom::truth_volume(scene, truth_grid, static_cast<int>(s.truth_samples));
    store::write_volume(s.truth, truth, session.provenance(), if_exists);
  }
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
