#include "base/error.hpp"
#include "calibrate-probe/settings.hpp"
#include "shell/modes.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

using calibrate_probe::Settings;

const shell::ToolInfo info{
    "calibrate-probe", "calibration", "find where an ultrasound image lies in its tracked probe's frame",
    "Takes a tracked recording of a target and gives ImageToProbe, with the 95 % interval of every "
    "parameter, "
    "the errors on that recording and on another one kept for validation, and a verdict. Record twice and "
    "keep one recording for --validation, with the target left where it was.\n\n"
    "--target n-wire: a phantom of wires strung as Ns. The wires are found in each frame as bright dots; a "
    "linear solution from the middle wires starts a joint refinement that uses all wires, one or two pixel "
    "sizes, the errors that all points of a frame share because they share its pose, and the place of the "
    "phantom within what its registration leaves open (--phantom-error-mm). Needed: the phantom's definition "
    "(--phantom), the transform PhantomToReference (in the recording, in the file of the phantom when that "
    "is "
    "a PLUS configuration, or by --transforms: snitt-register-phantom makes one), and a probe that was moved "
    "and tilted over all wires.\n\n"
    "--target point: a point at rest in the reference frame, where two wires cross or a bead, seen as a dot. "
    "Where it is need not be known; --phantom with PhantomToReference says roughly where, and helps when "
    "other dots are brighter. Keep the point in the image's plane (where it is brightest) and show it at all "
    "places of the image: near and far, left and right. From each place turn the probe: tilt the fan, turn "
    "it "
    "about its long axis like a screwdriver, rock it sideways, each by 20 degrees and more both ways. A "
    "point "
    "that is seen from one side only leaves the image's place open.\n\n"
    "--target wall: a flat surface at rest in the reference frame, such as the bottom of a water bath, seen "
    "as "
    "a line. Six motions determine all parameters (Prager et al. 1998): lift and lower the probe; shift it "
    "along the wall; rock it sideways, so that the line tilts in the image; tilt the fan forwards and "
    "backwards; turn it about its long axis by 90 degrees and more; and do the tilting and rocking again at "
    "the new angle. Keep the line visible over most of the image's width.\n\n"
    "Points and walls cannot tell whether the images are mirrored: the matrix is right for images as they "
    "are "
    "in the recording. When the recording (or --transforms) has an earlier ImageToProbe, the new one is "
    "compared with it, and a mirrored image is named.\n\n"
    "Look at --overlays when frames are left out: yellow is what was found, green what was taken for the "
    "target, red where the result expects it. The table frames in the result says for every frame why."};

void declare_wires(Options& options, Settings& s) {
  options.section("Finding the target (for wires, a PLUS configuration given as --phantom says these too)");
  options.values("--clip-rectangle-px", s.region, "U V WIDTH HEIGHT", {0, 1e6},
                 "only pixels U … U+WIDTH, V … V+HEIGHT, both ends included; default: all");
  options.value("--pixel-size-mm", s.pixel_size_mm, {1e-4, 10},
                "n-wire, point: approximate size of a pixel; default: what the recording says");
  options.value("--bar-mm", s.bar_mm, {0, 100},
                "n-wire, point: lines at least twice as long are no dots; default 2");
  options.value("--disc-mm", s.disc_mm, {0, 100},
                "n-wire, point: dots narrower than twice this are noise; default 0.27");
  options.value(
      "--threshold-percent", s.threshold_percent, {0, 100},
      "n-wire, point: weakest part of a dot, of the brightest value; default 3 for wires, 20 for a point");
  options.value(
      "--maximum-dots", s.maximum_dots, {3, 1000},
      "n-wire, point: strongest dots of a frame that are tried; default 40 for wires, 10 for a point");
  options.value("--collinear-mm", s.collinear_mm, {0, 100},
                "n-wire: farthest that a middle wire may lie from the line of the outer ones; default 0.6");
  options.value("--width-error-mm", s.width_error_mm, {0, 100},
                "n-wire: how much wider or narrower an N may look than it is; default 4");
  options.choice("--image-turn", s.image_turn,
                 {{"recorded", "as the recording says; others are recognised and refused"},
                  {"mirrored", "left and right are swapped"},
                  {"upside-down", "top and bottom are swapped"},
                  {"turned", "turned by 180 degrees"}},
                 "n-wire: how the images lie");
  options.value("--minimum-contrast", s.minimum_contrast, {0, 1e6},
                "wall: grey levels by which the line must exceed the median of a column or row; default 0");
  options.value("--place-error-mm", s.place_error_mm, {0.1, 1000},
                "point: farthest that it may lie from a point of --phantom; default 20");
}

void declare_solution(Options& options, Settings& s) {
  options.section("Solution");
  options.flag("--plus-compatible", s.plus_compatible,
               "n-wire: the segmentation and linear solution of PLUS, without refinement");
  options.choice("--pixels", s.pixels,
                 {{"anisotropic", "one size along rows, another along columns"}, {"isotropic", "one size"}},
                 "pixel sizes to find");
  options.value(
      "--phantom-error-mm", s.phantom_error_mm, {0, 10},
      "n-wire: standard deviation, per axis, of a landmark in the phantom's registration; 0: the phantom "
      "lies exactly where PhantomToReference says; default 0.5");
  options.flag("--estimate-lag", s.estimate_lag, "also find the lag between images and poses");
  options.value(
      "--largest-error-mm", s.largest_error_mm, {0.01, 1000},
      "median error of the linear solution (n-wire), median distance from the target (point, wall) beyond "
      "which images and poses contradict each other");
  options.values("--nominal-pixel-mm", s.nominal_pixel_mm, "U V", {1e-4, 10},
                 "pixel size that the scanner states, to compare with; default: what the recording says");
}

void declare(Options& options, Settings& s) {
  options.input("RECORDING", s.input,
                "tracked recording of the target: a frames file, or anything snitt-import reads");
  options.output(s.output, "transform file for ImageToProbe and its evidence");
  options.choice("--target", s.target,
                 {{"n-wire", "a phantom of N-wires that is registered"},
                  {"point", "a point at rest, such as crossed wires"},
                  {"wall", "a flat surface at rest"}},
                 "what the recording shows");
  options.file(
      "--phantom", s.phantom,
      "n-wire, point: definition of the phantom: JSON (see sample_data/phantoms) or a PLUS configuration");
  options.file("--validation", s.validation, "another recording of the target, to validate the result");
  options.files("--transforms", s.transforms,
                "constant transforms: Snitt transform files or PLUS configurations, all taken");
  options.extra_output("--refined-phantom", s.refined_phantom,
                       "transform file for PhantomToReference as the frames correct it (n-wire)");
  options.extra_output(
      "--frames-table", s.frames_table,
      "table of every frame with the reason why it was left out; written even when no result comes out");
  options.extra_output_folder("--overlays", s.overlays,
                              "folder of pictures: each frame with what was found in it");
  options.extra_output_folder("--validation-overlays", s.validation_overlays,
                              "the same for the validation recording");
  options.section("Poses");
  options.text("--image-frame", s.image_frame, "FRAME", "coordinate frame of the pixels");
  options.text("--probe-frame", s.probe_frame, "FRAME", "coordinate frame of the probe's marker");
  options.text("--reference-frame", s.reference_frame, "FRAME",
               "coordinate frame that the target is at rest in");
  options.text("--phantom-frame", s.phantom_frame, "FRAME",
               "n-wire, point: coordinate frame of the phantom's definition");
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
  options.example(
      "snitt-phantom --scene-of-phantom sample_data/phantoms/crossed-wires.json --motion calibration "
      "--frames "
      "120 --columns 240 --rows 200 --pixel-size-mm 0.2 --tracker-noise-mm 0.2 --tracker-noise-deg 0.1 "
      "--noise "
      "5 --hide-calibration -o crossing.h5",
      "simulate a recording of crossed wires");
  options.example("snitt-calibrate-probe crossing.h5 --target point -o crossing-to-probe.h5",
                  "calibration with the crossing, whose place nobody knows");
  options.example(
      "snitt-phantom --scene-of-phantom sample_data/phantoms/single-wall.json --motion calibration --frames "
      "120 --columns 240 --rows 200 --pixel-size-mm 0.2 --tracker-noise-mm 0.2 --tracker-noise-deg 0.1 "
      "--noise "
      "5 --hide-calibration -o wall.h5",
      "simulate a recording of the bottom of a water bath");
  options.example("snitt-calibrate-probe wall.h5 --target wall --overlays wall-seen -o wall-to-probe.h5",
                  "calibration with it, and pictures of the lines that were found");
}

void refuse_others(const Settings& s) {
  const std::vector<std::string> wires{"n-wire"};
  const std::vector<std::string> dots{"n-wire", "point"};
  shell::refuse_others("--target", s.target,
                       {{"--phantom", !s.phantom.empty(), dots},
                        {"--refined-phantom", !s.refined_phantom.empty(), wires},
                        {"--phantom-frame", s.phantom_frame != "Phantom", dots},
                        {"--pixel-size-mm", s.pixel_size_mm.has_value(), dots},
                        {"--bar-mm", s.bar_mm.has_value(), dots},
                        {"--disc-mm", s.disc_mm.has_value(), dots},
                        {"--threshold-percent", s.threshold_percent.has_value(), dots},
                        {"--maximum-dots", s.maximum_dots.has_value(), dots},
                        {"--collinear-mm", s.collinear_mm.has_value(), wires},
                        {"--width-error-mm", s.width_error_mm.has_value(), wires},
                        {"--image-turn", s.image_turn != "recorded", wires},
                        {"--plus-compatible", s.plus_compatible, wires},
                        {"--phantom-error-mm", s.phantom_error_mm.has_value(), wires},
                        {"--place-error-mm", s.place_error_mm.has_value(), {"point"}},
                        {"--minimum-contrast", s.minimum_contrast.has_value(), {"wall"}}});
  if (s.place_error_mm && s.phantom.empty())
    throw UsageError("--place-error-mm is given without --phantom; expected the definition of the point");
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  refuse_others(s);
  if (s.target == "n-wire")
    calibrate_probe::run_n_wire(s, session);
  else
    calibrate_probe::run_fixed_target(s, session);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::calibrate_probe::Settings>(snitt::info, snitt::declare, snitt::run,
                                                                  argc, argv);
}
