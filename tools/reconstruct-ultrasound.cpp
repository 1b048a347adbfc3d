#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/clip_rectangle.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/mask_file.hpp"
#include "formats/recording.hpp"
#include "reconstruction/reconstruct.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

namespace rec = reconstruction;

const shell::ToolInfo info{"reconstruct-ultrasound", "reconstruction",
                           "turn a tracked ultrasound sweep into a volume",
                           "Places every pixel of a tracked recording in space, through the transforms that "
                           "lead from the image to the coordinate frame "
                           "named by --image-to, and makes a volume of them. Frames whose transform is not "
                           "valid on that path are left out and counted.\n\n"
                           "Methods nearest and trilinear go through the pixels once and need memory for the "
                           "volume alone, however long the recording. "
                           "Methods vnn, distance-weighted and gaussian go through the voxels and look at "
                           "the nearest frames; they leave fewer holes.\n\n"
                           "With -v the path and the corners of the first and last frame are printed: look "
                           "there first when the volume is not what you "
                           "expected. The result does not depend on the number of threads."};

struct Settings {
  std::string input;
  std::string output;
  std::string image_to;
  std::string image_frame = "Image";
  std::string image_to_probe;
  std::vector<std::string> transforms;
  std::optional<double> time_offset_s;
  std::string time_calibration;
  double maximum_gap_s = 0.25;
  std::int64_t skip_frames = 0;
  std::string method = "nearest";
  std::string compounding = "mean";
  bool plus_compatible = false;
  std::string output_type = "same";
  double radius_mm = 3;
  std::int64_t maximum_planes = 10;
  double brightness_weight = 0;
  double newness_weight = 0;
  double cache_mb = 512;
  std::array<double, 3> spacing_mm{0.5, 0.5, 0.5};
  std::optional<std::vector<double>> origin_mm;
  std::optional<std::vector<double>> size_voxels;
  std::optional<std::vector<double>> clip;
  std::optional<std::vector<double>> fan_apex_px;
  std::optional<std::vector<double>> fan_angles_deg;
  std::optional<std::vector<double>> fan_radii_px;
  bool fan_auto = false;
  std::string mask;
  std::optional<double> reject_below;
  std::string fill = "none";
  std::int64_t fill_size_voxels = 9;
  double fill_sigma_voxels = 1;
  std::int64_t fill_sticks = 1;
  double fill_minimum_known = 0;
};

constexpr double unlimited = std::numeric_limits<double>::infinity();

void declare_poses(Options& options, Settings& s) {
  options.section("Where the pixels lie");
  options.text("--image-to", s.image_to, "FRAME",
               "coordinate frame of the volume, as named in the transforms: Reference, Tracker");
  options.text("--image-frame", s.image_frame, "FRAME", "coordinate frame of the pixels");
  options.file("--image-to-probe", s.image_to_probe,
               "probe calibration: a Snitt transform file, or a PLUS configuration whose transforms from the "
               "image frame are taken");
  options.files("--transforms", s.transforms,
                "more constant transforms, of the same kinds of file, all taken");
  options.value("--time-offset-s", s.time_offset_s, {-60, 60},
                "poses are taken this much later than the frames (0 if not given)");
  options.file("--time-calibration", s.time_calibration,
               "take that from a calibration: what snitt-calibrate-time wrote, or any with a time_offset_s");
  options.value("--maximum-gap-s", s.maximum_gap_s, {0, 1e6},
                "longest gap between valid poses to interpolate across");
  options.value("--skip-frames", s.skip_frames, {0, 1e9},
                "leave out this many frames after each one taken, whether it is usable or not");
}

void declare_region(Options& options, Settings& s) {
  options.section("Which pixels count");
  options.values("--clip-rectangle-px", s.clip, "U V WIDTH HEIGHT", {0, 1e6},
                 "only pixels U … U+WIDTH, V … V+HEIGHT, both ends included");
  options.values("--fan-apex-px", s.fan_apex_px, "U V", {-1e6, 1e6},
                 "apex of the fan of a curved or phased probe");
  options.values("--fan-angles-deg", s.fan_angles_deg, "FIRST LAST", {-90, 90},
                 "borders of the fan, from the direction of depth");
  options.values("--fan-radii-px", s.fan_radii_px, "START STOP", {0, 1e6},
                 "nearest and farthest distance from the apex");
  options.flag("--fan-auto", s.fan_auto, "find the fan in the frames");
  options.file(
      "--mask", s.mask,
      "picture (PNG, TIFF) or 2-D volume of the size of the frames, 0 outside; weights for mask-weighted");
  options.value("--reject-below", s.reject_below, {-unlimited, unlimited},
                "pixels with a smaller value (RGB: of the first component) carry no information");
}

void declare(Options& options, Settings& s) {
  options.input("RECORDING", s.input,
                "recording of frames and poses: a frames file, or anything snitt-import reads");
  options.output(s.output, "volume file to write");
  declare_poses(options, s);
  declare_region(options, s);
  options.section("How voxels are made");
  options.choice("--method", s.method,
                 {{"nearest", "each pixel into the nearest voxel"},
                  {"trilinear", "each pixel into the eight voxels around it"},
                  {"vnn", "each voxel from the nearest pixel of the nearest frame"},
                  {"distance-weighted", "each voxel from near frames, weighted by 1/distance"},
                  {"gaussian", "the same with a Gaussian that adapts to the spread of the values"}},
                 "reconstruction method");
  options.choice("--compounding", s.compounding,
                 {{"mean", "true mean"},
                  {"maximum", "largest"},
                  {"latest", "last in time"},
                  {"mask-weighted", "mean weighted by --mask"}},
                 "what becomes of several pixels in one voxel (nearest, trilinear)");
  options.flag("--plus-compatible", s.plus_compatible,
               "reproduce PLUS: means truncated at every pixel, its rounding and its hole filling");
  options.choice("--output-type", s.output_type,
                 {{"same", "that of the frames"}, {"float32", "keeps the fractions of means"}},
                 "type of the voxels");
  options.value(
      "--radius-mm", s.radius_mm, {0.001, 1000},
      "farthest frame that counts (vnn, distance-weighted, gaussian); two distances of frames keep details");
  options.value("--maximum-planes", s.maximum_planes, {1, 200},
                "most frames per voxel (distance-weighted, gaussian)");
  options.value("--brightness-weight", s.brightness_weight, {0, 1e6},
                "extra weight of values above the mean of a voxel (gaussian); CustusX takes 1, which makes "
                "bright objects larger");
  options.value("--newness-weight", s.newness_weight, {0, 1e6},
                "extra weight of the later half of the frames near a voxel (gaussian)");
  options.value("--cache-mb", s.cache_mb, {1, 1e6},
                "frames held in memory (vnn, distance-weighted, gaussian)");
  options.section("Voxels");
  options.per_axis("--spacing-mm", s.spacing_mm, {1e-6, 1e6},
                   "distance of voxels: one for all axes, or three for x, y and z, as 0.5,0.5,1");
  options.values("--origin-mm", s.origin_mm, "X Y Z", {-1e9, 1e9},
                 "centre of the first voxel; default: so that all frames fit");
  options.values("--size-voxels", s.size_voxels, "X Y Z", {1, 1e6},
                 "number of voxels; default: so that all frames fit");
  options.section("Holes");
  options.choice("--fill", s.fill,
                 {{"none", "leave them 0"},
                  {"nearest", "mean of the smallest cube with known voxels"},
                  {"inverse-distance", "mean weighted by 1/distance"},
                  {"gaussian", "mean weighted by a Gaussian"},
                  {"stick", "along the shortest line between known voxels"}},
                 "how to fill voxels that no pixel reached");
  options.value("--fill-size-voxels", s.fill_size_voxels, {3, 63}, "side of the cube (odd) or longest stick");
  options.value("--fill-sigma-voxels", s.fill_sigma_voxels, {0.01, 100},
                "standard deviation of the Gaussian");
  options.value("--fill-sticks", s.fill_sticks, {1, 13}, "sticks to use");
  options.value("--fill-minimum-known", s.fill_minimum_known, {0, 1}, "share of the cube that must be known");
  options.example("snitt-reconstruct-ultrasound sweep.h5 --image-to Reference --fill stick -o volume.h5",
                  "Volume in the coordinate frame of the reference sensor");
}

template <std::size_t N>
std::array<double, N> numbers(const std::vector<double>& values) {
  std::array<double, N> result{};
  std::copy_n(values.begin(), N, result.begin());
  return result;
}

std::vector<StaticTransform> transforms(const Settings& s) {
  std::vector<StaticTransform> all;
  for (const std::string& path : s.transforms)
    for (StaticTransform& t : formats::read_constant_transforms(path)) all.push_back(std::move(t));
  if (s.image_to_probe.empty()) return all;
  const std::size_t before = all.size();
  for (StaticTransform& t : formats::read_constant_transforms(s.image_to_probe))
    if (t.name.from == s.image_frame) all.push_back(std::move(t));
  if (all.size() == before)
    throw InputError("{}: no transform starts at coordinate frame '{}' (see --image-frame)", s.image_to_probe,
                     s.image_frame);
  return all;
}

double time_offset_s(const Settings& s, Monitor& monitor) {
  if (s.time_calibration.empty()) return s.time_offset_s.value_or(0);
  if (s.time_offset_s)
    throw UsageError("--time-offset-s is given and --time-calibration too; expected one of them");
  const auto record = store::read_calibration(s.time_calibration);
  const Quantity* offset = record ? record->find("time_offset_s") : nullptr;
  if (offset == nullptr)
    throw InputError("{}: holds no time_offset_s; expected what snitt-calibrate-time wrote",
                     s.time_calibration);
  if (record->verdict != "good")
    monitor.warn(fmt::format("{}: this calibration calls itself {} (see snitt-info)", s.time_calibration,
                             record->verdict));
  return offset->value;
}

/// Numbers that count pixels or voxels. Throws UsageError for a fraction.
template <std::size_t N>
std::array<double, N> whole_numbers(const char* option, const std::vector<double>& values) {
  for (const double value : values)
    if (value != std::floor(value)) throw UsageError("{} is '{}'; expected whole numbers", option, value);
  return numbers<N>(values);
}

rec::RegionOptions region(const Settings& s, const Frames& frames) {
  rec::RegionOptions r;
  if (s.clip) {
    check_clip_rectangle(*s.clip, frames.shape);
    const auto c = numbers<4>(*s.clip);
    r.clip =
        rec::ClipRectangle{std::llround(c[0]), std::llround(c[1]), std::llround(c[2]), std::llround(c[3])};
  }
  const bool fan = s.fan_apex_px || s.fan_angles_deg || s.fan_radii_px;
  if (fan && !(s.fan_apex_px && s.fan_angles_deg && s.fan_radii_px))
    throw UsageError("a fan needs --fan-apex-px, --fan-angles-deg and --fan-radii-px together");
  if (fan && s.fan_auto) throw UsageError("a fan is given and --fan-auto too; expected one of them");
  if (fan)
    r.fan = rec::Fan{numbers<2>(*s.fan_apex_px), numbers<2>(*s.fan_angles_deg), numbers<2>(*s.fan_radii_px)};
  r.mask = s.mask.empty() ? frames.mask : formats::read_mask(s.mask, frames.shape);
  r.reject_below = s.reject_below;
  return r;
}

rec::GridOptions grid(const Settings& s) {
  rec::GridOptions g;
  g.spacing_mm = {s.spacing_mm[0], s.spacing_mm[1], s.spacing_mm[2]};
  if (s.origin_mm) g.origin_mm = Vec3{(*s.origin_mm)[0], (*s.origin_mm)[1], (*s.origin_mm)[2]};
  if (s.size_voxels) {
    g.size.emplace();
    const auto size = whole_numbers<3>("--size-voxels", *s.size_voxels);
    for (std::size_t k = 0; k < 3; ++k) (*g.size)[k] = static_cast<std::size_t>(size[k]);
  }
  return g;
}

std::vector<rec::HoleFillingElement> filling(const Settings& s) {
  const auto size = static_cast<int>(s.fill_size_voxels);
  const rec::FillCube cube{size, s.fill_minimum_known};
  if (s.fill == "nearest") return {rec::FillNearest{cube}};
  if (s.fill == "inverse-distance") return {rec::FillInverseDistance{cube}};
  if (s.fill == "gaussian") return {rec::FillGaussian{cube, s.fill_sigma_voxels}};
  if (s.fill == "stick") return {rec::FillStick{size, static_cast<int>(s.fill_sticks)}};
  return {};
}

rec::ReconstructionOptions reconstruction_options(const Settings& s, const Frames& frames, Monitor& monitor) {
  using rec::Compounding;
  using rec::Method;
  rec::ReconstructionOptions o;
  o.image_frame = s.image_frame;
  o.target_frame = s.image_to;
  o.transforms = transforms(s);
  o.path = {time_offset_s(s, monitor), s.maximum_gap_s};
  o.every = static_cast<std::size_t>(s.skip_frames) + 1;
  o.region = region(s, frames);
  o.detect_fan = s.fan_auto;
  o.grid = grid(s);
  o.method = s.method == "nearest"             ? Method::nearest
             : s.method == "trilinear"         ? Method::trilinear
             : s.method == "vnn"               ? Method::voxel_nearest
             : s.method == "distance-weighted" ? Method::distance_weighted
                                               : Method::gaussian;
  o.compounding = s.compounding == "mean"      ? Compounding::mean
                  : s.compounding == "maximum" ? Compounding::maximum
                  : s.compounding == "latest"  ? Compounding::latest
                                               : Compounding::mask_weighted;
  o.plus_compatible = s.plus_compatible;
  o.voxel_based.radius_mm = s.radius_mm;
  o.voxel_based.maximum_planes = static_cast<std::size_t>(s.maximum_planes);
  o.voxel_based.brightness_weight = s.brightness_weight;
  o.voxel_based.newness_weight = s.newness_weight;
  o.voxel_based.cache_mb = s.cache_mb;
  o.fill = filling(s);
  if (s.output_type == "float32") o.output_type = PixelType::f32;
  return o;
}

nlohmann::json to_json(const rec::ReconstructionReport& r, const VolumeGeometry& g) {
  const auto corners = [](const std::array<Vec3, 4>& points) {
    nlohmann::json list = nlohmann::json::array();
    for (const Vec3 p : points) list.push_back({p.x, p.y, p.z});
    return list;
  };
  return {{"path", r.path},
          {"frames", r.frames},
          {"frames_used", r.frames_used},
          {"frames_skipped", r.skipped},
          {"first_frame", {{"index", r.first_used}, {"corners_mm", corners(r.first_corners_mm)}}},
          {"last_frame", {{"index", r.last_used}, {"corners_mm", corners(r.last_corners_mm)}}},
          {"pixels_per_frame", r.pixels_per_frame},
          {"size_voxels", g.size},
          {"spacing_mm", {g.spacing_mm.x, g.spacing_mm.y, g.spacing_mm.z}},
          {"origin_mm", {g.origin_mm.x, g.origin_mm.y, g.origin_mm.z}},
          {"voxels_seen", r.voxels_seen},
          {"fraction_seen", static_cast<double>(r.voxels_seen) / static_cast<double>(g.voxels())},
          {"holes_filled", r.holes_filled},
          {"holes_left", r.holes_left}};
}

std::string to_text(const rec::ReconstructionReport& r, const VolumeGeometry& g) {
  return fmt::format(
      "frames: {} of {} used\npath: {}\ngrid: {} x {} x {} voxels of {:g} x {:g} x {:g} mm from ({:.4f}, "
      "{:.4f}, {:.4f}) mm\n"
      "voxels seen: {} ({:.1f} %)\nholes filled: {}, left: {}\n",
      r.frames_used, r.frames, r.path, g.size[0], g.size[1], g.size[2], g.spacing_mm.x, g.spacing_mm.y,
      g.spacing_mm.z, g.origin_mm.x, g.origin_mm.y, g.origin_mm.z, r.voxels_seen,
      100 * static_cast<double>(r.voxels_seen) / static_cast<double>(g.voxels()), r.holes_filled,
      r.holes_left);
}

/// Before any work, so that the way out can be named in the words of the command line.
void check_path(const Settings& s, Frames frames, const std::vector<StaticTransform>& added) {
  if (frames.shape.pixels() == 0)
    throw InputError("{}: holds poses alone; expected a recording with images", s.input);
  frames.constant.insert(frames.constant.end(), added.begin(), added.end());
  const auto touches_image = [&s](const auto& transform) {
    return transform.name.from == s.image_frame || transform.name.to == s.image_frame;
  };
  try {
    find_path(frames, s.image_frame, s.image_to);
  } catch (const InputError& error) {
    const bool calibrated = std::any_of(frames.constant.begin(), frames.constant.end(), touches_image) ||
                            std::any_of(frames.tracked.begin(), frames.tracked.end(), touches_image);
    throw InputError("{}: {} ({})", s.input, error.what(),
                     calibrated
                         ? "choose another --image-to, or add a transform with --transforms"
                         : "name the probe calibration with --image-to-probe, give it to snitt-import as "
                           "--static-transforms, or name the frame of the pixels with --image-frame");
  }
}

rec::Reconstruction reconstruct(const Settings& s, FrameSource& source,
                                const rec::ReconstructionOptions& options, Monitor& monitor) {
  try {
    return rec::reconstruct(source, options, monitor);
  } catch (const InputError& error) {
    const std::string message = error.what();
    if (message.find(s.input) != std::string::npos) throw;
    throw InputError("{}: {}", s.input, message);
  }
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.image_to.empty())
    throw UsageError(
        "--image-to is not given; expected the coordinate frame of the volume, such as Reference");
  const std::unique_ptr<FrameSource> source = formats::open_recording(s.input, session.monitor());
  const rec::ReconstructionOptions options = reconstruction_options(s, source->frames(), session.monitor());
  check_path(s, source->frames(), options.transforms);
  if (const std::string& type = source->frames().image_type; type.starts_with("RF"))
    session.monitor().warn(
        fmt::format("{}: the pixels are radio-frequency samples ({}), which average to nothing; "
                    "expected brightness",
                    s.input, type));
  const rec::Reconstruction result = reconstruct(s, *source, options, session.monitor());
  store::write_volume(s.output, result.volume, session.provenance(),
                      session.overwrite() ? IfExists::overwrite : IfExists::refuse);
  session.result(to_text(result.report, result.volume.geometry),
                 to_json(result.report, result.volume.geometry));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
