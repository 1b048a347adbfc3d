#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "calibration/overlay.hpp"
#include "calibration/plus_settings.hpp"
#include "calibration/probe_calibration.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/phantom_file.hpp"
#include "formats/plus_config.hpp"
#include "formats/png_file.hpp"
#include "formats/recording.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

namespace cal = calibration;

const shell::ToolInfo info{
    "calibrate-probe", "calibration", "find where an ultrasound image lies in its tracked probe's frame",
    "Takes a tracked recording of an N-wire phantom and gives ImageToProbe, with the 95 % interval of every "
    "parameter, the errors on that recording and on another one kept for validation, and a verdict.\n\n"
    "The wires are found in each frame as bright dots; a linear solution from the middle wires starts a "
    "joint "
    "refinement that uses all wires, one or two pixel sizes, the errors that all points of a frame share "
    "because they "
    "share its pose, and the place of the phantom within what its registration leaves open "
    "(--phantom-error-mm).\n\n"
    "Needed: the phantom's definition (--phantom), the transform PhantomToReference (in the recording, in "
    "the file of "
    "the phantom when that is a PLUS configuration, or by --transforms: snitt-register-phantom makes one), "
    "and a "
    "probe that was moved and tilted over all wires. Record twice and keep one recording for "
    "--validation.\n\n"
    "Look at --overlays when frames are left out: yellow circles are dots, green ones were taken for wires, "
    "red crosses "
    "are where the result expects them. The table frames in the result says for every frame why."};

struct Settings {
  std::string input;
  std::string output;
  std::string validation;
  std::string phantom;
  std::vector<std::string> transforms;
  std::string refined_phantom;
  std::string frames_table;
  std::string overlays;
  std::string validation_overlays;
  std::string image_frame = "Image";
  std::string probe_frame = "Probe";
  std::string reference_frame = "Reference";
  std::string phantom_frame = "Phantom";
  double time_offset_s = 0;
  double maximum_gap_s = 0.25;
  std::optional<std::vector<double>> region;
  std::optional<double> pixel_size_mm;
  std::optional<double> bar_mm;
  std::optional<double> disc_mm;
  std::optional<double> threshold_percent;
  std::optional<std::int64_t> maximum_dots;
  std::optional<double> collinear_mm;
  std::optional<double> width_error_mm;
  bool plus_compatible = false;
  std::string pixels = "anisotropic";
  double phantom_error_mm = 0.5;
  bool estimate_lag = false;
  std::string image_turn = "recorded";
  double largest_error_mm = 3;
  std::optional<std::vector<double>> nominal_pixel_mm;
};

void declare_wires(Options& options, Settings& s) {
  options.section("Finding the wires (a PLUS configuration given as --phantom says these too)");
  options.values("--clip-rectangle-px", s.region, "U V WIDTH HEIGHT", {0, 1e6},
                 "only pixels U … U+WIDTH, V … V+HEIGHT, both ends included; default: all");
  options.value("--pixel-size-mm", s.pixel_size_mm, {1e-4, 10},
                "approximate size of a pixel; default: what the recording says");
  options.value("--bar-mm", s.bar_mm, {0, 100}, "lines at least twice as long are no wires; default 2");
  options.value("--disc-mm", s.disc_mm, {0, 100}, "dots narrower than twice this are noise; default 0.27");
  options.value("--threshold-percent", s.threshold_percent, {0, 100},
                "weakest part of a dot, of the brightest value; default 3");
  options.value("--maximum-dots", s.maximum_dots, {3, 1000},
                "strongest dots of a frame that are tried; default 40");
  options.value("--collinear-mm", s.collinear_mm, {0, 100},
                "farthest that a middle wire may lie from the line of the outer ones; default 0.6");
  options.value("--width-error-mm", s.width_error_mm, {0, 100},
                "how much wider or narrower an N may look than it is; default 4");
  options.choice("--image-turn", s.image_turn,
                 {{"recorded", "as the recording says; others are recognised and refused"},
                  {"mirrored", "left and right are swapped"},
                  {"upside-down", "top and bottom are swapped"},
                  {"turned", "turned by 180 degrees"}},
                 "how the images lie");
}

void declare_solution(Options& options, Settings& s) {
  options.section("Solution");
  options.flag("--plus-compatible", s.plus_compatible,
               "the segmentation and linear solution of PLUS, without refinement");
  options.choice("--pixels", s.pixels,
                 {{"anisotropic", "one size along rows, another along columns"}, {"isotropic", "one size"}},
                 "pixel sizes to find");
  options.value("--phantom-error-mm", s.phantom_error_mm, {0, 10},
                "standard deviation, per axis, of a landmark in the phantom's registration; 0: the phantom "
                "lies exactly "
                "where PhantomToReference says");
  options.flag("--estimate-lag", s.estimate_lag, "also find the lag between images and poses");
  options.value("--largest-error-mm", s.largest_error_mm, {0.01, 1000},
                "mean error of the linear solution beyond which wires and poses contradict each other");
  options.values("--nominal-pixel-mm", s.nominal_pixel_mm, "U V", {1e-4, 10},
                 "pixel size that the scanner states, to compare with; default: what the recording says");
}

void declare(Options& options, Settings& s) {
  options.input("RECORDING", s.input,
                "tracked recording of the phantom: a frames file, or anything snitt-import reads");
  options.output(s.output, "transform file for ImageToProbe and its evidence");
  options.file("--phantom", s.phantom,
               "definition of the phantom: JSON (see sample_data/phantoms) or a PLUS configuration");
  options.file("--validation", s.validation, "another recording of the phantom, to validate the result");
  options.files("--transforms", s.transforms,
                "constant transforms: Snitt transform files or PLUS configurations, all taken");
  options.extra_output("--refined-phantom", s.refined_phantom,
                       "transform file for PhantomToReference as the frames correct it");
  options.extra_output(
      "--frames-table", s.frames_table,
      "table of every frame with the reason why it was left out; written even when no result comes out");
  options.extra_output("--overlays", s.overlays, "folder of pictures: each frame with what was found in it");
  options.extra_output("--validation-overlays", s.validation_overlays,
                       "the same for the validation recording");
  options.section("Poses");
  options.text("--image-frame", s.image_frame, "FRAME", "coordinate frame of the pixels");
  options.text("--probe-frame", s.probe_frame, "FRAME", "coordinate frame of the probe's marker");
  options.text("--reference-frame", s.reference_frame, "FRAME",
               "coordinate frame that the phantom was registered in");
  options.text("--phantom-frame", s.phantom_frame, "FRAME", "coordinate frame of the phantom's definition");
  options.value("--time-offset-s", s.time_offset_s, {-60, 60},
                "poses are taken this much later than the frames");
  options.value("--maximum-gap-s", s.maximum_gap_s, {0, 1e6},
                "longest gap between valid poses to interpolate across");
  declare_wires(options, s);
  declare_solution(options, s);
  options.example(
      "snitt-calibrate-probe sample_data/ultrasound/fCal_Test_Calibration_3NWires_fCal2.0.igs.mha "
      "--validation "
      "sample_data/ultrasound/fCal_Test_Validation_3NWires_fCal2.0.igs.mha --phantom "
      "sample_data/ultrasound/PlusDeviceSet_fCal_Sim_SpatialCalibration_2.0.xml -o image-to-probe.h5",
      "calibration of a linear probe with phantom fCal 2.0, validated on a second recording");
}

std::vector<StaticTransform> constants(const Settings& s, const Frames& frames) {
  std::vector<StaticTransform> all;
  for (const std::string& path : s.transforms)
    for (StaticTransform& t : formats::read_constant_transforms(path)) all.push_back(std::move(t));
  const TransformName wanted{s.phantom_frame, s.reference_frame};
  const auto is_wanted = [&](const StaticTransform& t) { return t.name == wanted; };
  if (std::any_of(all.begin(), all.end(), is_wanted) ||
      std::any_of(frames.constant.begin(), frames.constant.end(), is_wanted) ||
      !formats::is_plus_config(s.phantom))
    return all;
  for (StaticTransform& t : formats::read_plus_transforms(s.phantom)) {
    const auto measured = [&](const TrackedTransform& tracked) { return tracked.name == t.name; };
    if (std::none_of(frames.tracked.begin(), frames.tracked.end(), measured)) all.push_back(std::move(t));
  }
  return all;
}

std::unique_ptr<FrameSource> open(const Settings& s, const std::string& path, Monitor& monitor) {
  std::unique_ptr<FrameSource> source = formats::open_recording(path, monitor);
  if (source->frames().shape.pixels() == 0)
    throw InputError("{}: holds poses alone; expected a recording with images of the phantom", path);
  const std::vector<StaticTransform> added = constants(s, source->frames());
  return formats::with_constants(std::move(source), added, path);
}

/// The scanner's pixel size: asked for, recorded, or the scale of PLUS's
/// TransducerOriginPixelToTransducerOrigin.
std::optional<std::array<double, 2>> nominal_pixel(const Settings& s, const Frames& frames) {
  if (s.nominal_pixel_mm) return std::array<double, 2>{(*s.nominal_pixel_mm)[0], (*s.nominal_pixel_mm)[1]};
  if (frames.pixel_spacing_mm) return frames.pixel_spacing_mm;
  for (const StaticTransform& t : frames.constant)
    if (t.name == TransformName{"TransducerOriginPixel", "TransducerOrigin"})
      return std::array<double, 2>{t.matrix(0, 0), t.matrix(1, 1)};
  return std::nullopt;
}

cal::PixelBox rectangle(const std::vector<double>& values) {
  for (const double value : values)
    if (value != std::floor(value))
      throw UsageError("--clip-rectangle-px is '{}'; expected whole numbers", value);
  const auto at = [&](std::size_t k) { return static_cast<std::size_t>(values[k]); };
  return {at(0), at(1), at(2) + 1, at(3) + 1};
}

cal::NWireSettings wire_settings(const Settings& s, const Frames& frames, const PhantomDefinition& phantom) {
  cal::NWireSettings n;
  if (!s.plus_compatible) n.dots.maximum_dots = 40;
  n.nominal_pixel_mm = nominal_pixel(s, frames);
  if (n.nominal_pixel_mm) n.dots.pixel_size_mm = ((*n.nominal_pixel_mm)[0] + (*n.nominal_pixel_mm)[1]) / 2;
  const double own_threshold = 3;
  const std::size_t own_dots = n.dots.maximum_dots;
  if (formats::is_plus_config(s.phantom))
    cal::apply_plus_segmentation(formats::read_plus_attributes(s.phantom, "Segmentation"), s.phantom, n.dots,
                                 n.labelling);
  if (!s.plus_compatible) {
    n.dots.threshold_percent = own_threshold;
    n.dots.maximum_dots = std::max(own_dots, n.dots.maximum_dots);
  }
  if (s.region) n.dots.region = rectangle(*s.region);
  if (s.pixel_size_mm) n.dots.pixel_size_mm = *s.pixel_size_mm;
  if (s.bar_mm) n.dots.bar_mm = *s.bar_mm;
  if (s.disc_mm) n.dots.disc_mm = *s.disc_mm;
  if (s.threshold_percent) n.dots.threshold_percent = *s.threshold_percent;
  if (s.maximum_dots) n.dots.maximum_dots = static_cast<std::size_t>(*s.maximum_dots);
  if (s.collinear_mm) n.labelling.collinear_mm = *s.collinear_mm;
  if (s.width_error_mm) n.labelling.width_error_mm = *s.width_error_mm;
  if (!(n.dots.pixel_size_mm > 0))
    throw UsageError("{}: does not say how large a pixel is; expected --pixel-size-mm, roughly", s.input);
  n.labelling.pixel_size_mm = n.dots.pixel_size_mm;
  n.poses = {s.probe_frame, s.reference_frame, s.time_offset_s, s.maximum_gap_s, false};
  n.phantom_frame = s.phantom_frame;
  n.linear_only = s.plus_compatible;
  n.largest_error_mm = s.largest_error_mm;
  n.refinement.isotropic = s.pixels == "isotropic";
  n.refinement.estimate_lag = s.estimate_lag;
  n.refinement.phantom.error_mm = s.phantom_error_mm;
  if (s.phantom_error_mm > 0)
    for (const PhantomPoint& landmark : phantom.landmarks)
      n.refinement.phantom.landmarks_mm.push_back(landmark.position_mm);
  if (s.image_turn == "mirrored") n.turn = cal::ImageTurn::mirrored;
  if (s.image_turn == "upside-down") n.turn = cal::ImageTurn::upside_down;
  if (s.image_turn == "turned") n.turn = cal::ImageTurn::turned;
  return n;
}

void write_overlays(const std::string& folder, FrameSource& source, const cal::NWireRecording& recording,
                    const cal::NWireCalibration& result, IfExists if_exists) {
  if (folder.empty() || recording.dots.empty()) return;
  std::vector<std::byte> pixels(source.frames().shape.bytes());
  const auto picture = [&](std::size_t i) {
    source.read(i, 1, pixels);
    const cal::Labelling none;
    return cal::overlay(pixels, source.frames().shape, recording.dots[i],
                        i < recording.segmentation.frames.size() ? recording.segmentation.frames[i] : none,
                        cal::expected_points(result, recording, i));
  };
  formats::write_png_folder(folder, "frame", source.frames().count, picture, if_exists);
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (s.phantom.empty())
    throw UsageError(
        "--phantom is not given; expected the definition of the phantom (see sample_data/phantoms)");
  const PhantomDefinition phantom = formats::read_phantom(s.phantom);
  const std::unique_ptr<FrameSource> calibration = open(s, s.input, session.monitor());
  const std::unique_ptr<FrameSource> validation =
      s.validation.empty() ? nullptr : open(s, s.validation, session.monitor());
  const cal::NWireSettings settings = wire_settings(s, calibration->frames(), phantom);
  cal::NWireCalibration result;
  result.model = cal::wire_model(phantom, s.phantom);

  const auto write_diagnosis = [&] {
    if (!s.frames_table.empty() && !result.calibration.segmentation.frames.empty())
      store::write_table(s.frames_table, cal::frames_table(result), session.provenance(), if_exists);
    write_overlays(s.overlays, *calibration, result.calibration, result, if_exists);
    if (result.validation)
      write_overlays(s.validation_overlays, *validation, *result.validation, result, if_exists);
  };
  try {
    cal::calibrate_n_wire(*calibration, validation.get(), settings, session.monitor(), result);
  } catch (const Error& error) {
    write_diagnosis();
    const std::string message = fmt::format("{}: {}", s.input, error.what());
    if (dynamic_cast<const InputError*>(&error) != nullptr) throw InputError("{}", message);
    throw ComputationError("{}", message);
  }
  const CalibrationRecord record = cal::record_of(result, settings);
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  write_diagnosis();
  store::write_transform(s.output, {{s.image_frame, s.probe_frame}, result.image_to_probe},
                         session.provenance(), if_exists, &record);
  if (!s.refined_phantom.empty())
    store::write_transform(s.refined_phantom,
                           {{s.phantom_frame, s.reference_frame}, result.phantom_to_reference},
                           session.provenance(), if_exists);
  if (validation == nullptr)
    session.monitor().inform(
        "no recording was kept apart: --validation would say how the result does on new frames");
  nlohmann::json json = shell::calibration_json(record);
  json["output"] = s.output;
  json["matrix"] = result.image_to_probe.m;
  const Matrix4& m = result.image_to_probe;
  std::string rows;
  for (std::size_t r = 0; r < 3; ++r)
    rows += fmt::format("  {:12.6g} {:12.6g} {:12.6g} {:12.6g}\n", m(r, 0), m(r, 1), m(r, 2), m(r, 3));
  session.result(
      fmt::format("{}To{}\n{}{}", s.image_frame, s.probe_frame, rows, shell::calibration_text(record)), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
