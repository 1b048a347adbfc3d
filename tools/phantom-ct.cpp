#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "phantom/ct_scan.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "phantom-ct", "files", "simulate a CT scan of a test object or a body that is known exactly",
    "Renders a CatPhan (500, 504, 600, 604), the ACR phantom 464, the Mercury phantom 4.0, a cylinder of "
    "water "
    "or a body of elliptical section as a CT scanner of known properties shows it: resolution in the slice "
    "(its MTF, "
    "plain or edge-enhancing), slice profile, noise with a known power spectrum, CT numbers at the tube "
    "voltage, and "
    "how the object lies on the table.\n\n"
    "All shapes are blurred in closed form, not on a grid, so that what --truth writes (every object with "
    "its "
    "place and "
    "value; tables mtf, nps, modules and slices) is what a measurement should find. Whole HU are stored.\n\n"
    "By default the object hangs from the end of the table, its later modules towards the feet, and slices "
    "run from feet "
    "to head. docs/ct-phantoms.md says which numbers of the objects are confirmed and which are recalled.\n\n"
    "Nothing is random but by --seed: the same options give the same files."};

struct Settings {
  std::string output;
  std::string model = "catphan-504";
  std::string truth;
  std::optional<double> diameter_mm;
  std::optional<double> length_mm;
  phantom::CtBodySettings body;
  phantom::CtScanSettings scan;
  std::int64_t matrix = 512;
  std::optional<double> increment_mm;
  std::string slice_profile = "rectangle";
  std::optional<std::vector<double>> range_mm;
  double noise_growth_per_cm = 0;
  std::string noise_texture = "projection";
  std::int64_t seed = 1;
  std::optional<std::vector<double>> offset_mm;
  std::optional<std::vector<double>> center_mm;
  bool turned = false;
  bool mirrored = false;
};

void declare(Options& options, Settings& s) {
  options.output(s.output, "volume file for the scan");
  options.choice("--model", s.model,
                 {{"catphan-500", "CatPhan 500"},
                  {"catphan-504", "CatPhan 504"},
                  {"catphan-600", "CatPhan 600"},
                  {"catphan-604", "CatPhan 604"},
                  {"acr-464", "ACR accreditation phantom"},
                  {"mercury-4", "Mercury phantom 4.0"},
                  {"water", "cylinder of water"},
                  {"body", "body of elliptical section"}},
                 "what is scanned");
  options.extra_output("--truth", s.truth, "also write what a measurement should find, as a table");
  options.section("Water cylinder and body");
  options.value("--diameter-mm", s.diameter_mm, {10, 700}, "of the cylinder of water (200 if not given)");
  options.value("--length-mm", s.length_mm, {1, 2000},
                "of the cylinder (100 if not given), or of the body that is scanned (60)");
  options.value("--lateral-mm", s.body.lateral_mm, {20, 700}, "width of the body");
  options.value("--ap-mm", s.body.ap_mm, {20, 700}, "its depth, from front to back");
  options.value("--body-hu", s.body.hu, {-1000, 3000}, "its soft tissue");
  options.value("--fat-mm", s.body.fat_mm, {0, 100}, "layer of fat under its skin");
  options.flag("--lungs", s.body.has_lungs, "a body with lungs");
  options.flag("--bones", s.body.has_bones, "a body with spine and breast bone");
  options.flag("--arms", s.body.has_arms, "a body with arms at its sides");
  options.section("Scanner");
  options.value("--fov-mm", s.scan.field_of_view_mm, {10, 1000}, "side of the image");
  options.value("--matrix", s.matrix, {16, 4096}, "pixels along each side");
  options.value("--slice-thickness-mm", s.scan.slice.fwhm_mm, {0.05, 50}, "full width at half maximum");
  options.value("--increment-mm", s.increment_mm, {0.05, 100},
                "from slice to slice; the thickness if not given");
  options.choice(
      "--slice-profile", s.slice_profile,
      {{"rectangle", "as one turn of a detector row sees it"}, {"gaussian", "as a spiral scan does"}},
      "sensitivity along z");
  options.values("--range-mm", s.range_mm, "FROM TO", {-2000, 2000},
                 "z of the object that slices are centered on; all that lie wholly inside if not given");
  options.value("--f50", s.scan.f50_per_mm, {0.05, 5}, "frequency in 1/mm at which the MTF is 0.5");
  options.value("--edge-enhancement", s.scan.enhancement, {0, 1},
                "b of the MTF (1 + b) g(f) - b g(2.5 f), g a Gaussian: 0 is a plain one");
  options.value("--noise-hu", s.scan.noise.sigma_hu, {0, 1000}, "standard deviation of the noise");
  options.value("--noise-growth", s.noise_growth_per_cm, {-2, 2},
                "noise is that of the largest diameter, and changes with it by exp(growth) per cm (Mercury)");
  options.choice("--noise-texture", s.noise_texture,
                 {{"projection", "f MTF^2 with a raised cosine, as filtered back-projection"},
                  {"white", "the same power at all frequencies"}},
                 "shape of its power spectrum");
  options.value("--noise-cutoff", s.scan.noise.cutoff_per_mm, {0, 20},
                "frequency in 1/mm where the raised cosine ends; 0: half the sampling frequency");
  options.value("--noise-z-mm", s.scan.noise.z_fwhm_mm, {0, 50},
                "width along z of the Gaussian that smooths it; 0: slices are independent");
  options.value("--seed", s.seed, {0, 9e15}, "of the noise");
  options.value("--kvp", s.scan.tube_voltage_kv, {60, 160}, "tube voltage that materials' values belong to");
  options.value("--scale", s.scan.hu_scale, {0.1, 10}, "factor of HU + 1000: a scanner out of calibration");
  options.value("--shift-hu", s.scan.hu_offset, {-1000, 1000}, "added to all values");
  options.value("--cupping-hu", s.scan.cupping_hu, {-1000, 1000}, "by which the axis is lower than the rim");
  options.value("--lowest-hu", s.scan.lowest_hu, {-32768, 0}, "lower values are clipped");
  options.value("--padding-hu", s.scan.padding_hu, {-32768, 3071},
                "value outside the circle of the field of view");
  options.section("Position");
  options.values("--offset-mm", s.offset_mm, "X Y", {-500, 500}, "of the object, to the right and down");
  options.values("--center-mm", s.center_mm, "X Y", {-500, 500}, "of the field of view");
  options.value("--roll-deg", s.scan.pose.roll_deg, {-360, 360}, "turn about its axis, with the clock");
  options.value("--tilt-deg", s.scan.pose.tilt_deg, {0, 20}, "of its axis");
  options.value("--tilt-direction-deg", s.scan.pose.tilt_direction_deg, {-360, 360},
                "where the axis leans towards the head: 0 right, 90 down");
  options.flag("--turned", s.turned, "the object lies with its later modules towards the head");
  options.flag("--mirrored", s.mirrored, "the images are mirrored left to right");
  options.flag("--descending", s.scan.descending, "slices run from head to feet");
  options.flag("--table", s.scan.has_table, "with a table under the object");
  options.example(
      "snitt-phantom-ct --model catphan-600 --range-mm -12 12 --slice-thickness-mm 2.5 --noise-hu 5 "
      "--roll-deg 2 "
      "--matrix 256 --truth catphan-truth.h5 -o catphan.h5",
      "the first module of a CatPhan 600, turned by 2 degrees");
  options.example(
      "snitt-phantom-ct --model body --lateral-mm 340 --ap-mm 240 --arms --table --fov-mm 550 --matrix 128 "
      "--slice-thickness-mm 10 -o body.h5",
      "a body with arms on a table, for the measurement of its size");
}

phantom::CtScanSettings scan_settings(const Settings& s) {
  phantom::CtScanSettings scan = s.scan;
  scan.matrix = static_cast<std::size_t>(s.matrix);
  scan.increment_mm = s.increment_mm.value_or(scan.slice.fwhm_mm);
  scan.slice.shape =
      s.slice_profile == "gaussian" ? phantom::SliceShape::gaussian : phantom::SliceShape::rectangle;
  if (s.range_mm) {
    scan.from_mm = s.range_mm->at(0);
    scan.to_mm = s.range_mm->at(1);
  }
  scan.noise.texture =
      s.noise_texture == "white" ? phantom::NoiseTexture::white : phantom::NoiseTexture::projection;
  scan.noise_growth_per_mm = s.noise_growth_per_cm / 10;
  scan.noise.seed = static_cast<std::uint64_t>(s.seed);
  if (s.offset_mm) {
    scan.pose.offset_x_mm = s.offset_mm->at(0);
    scan.pose.offset_y_mm = s.offset_mm->at(1);
  }
  if (s.center_mm) {
    scan.center_x_mm = s.center_mm->at(0);
    scan.center_y_mm = s.center_mm->at(1);
  }
  scan.pose.is_reversed = !s.turned;
  scan.pose.is_mirrored = s.turned != s.mirrored;
  return scan;
}

phantom::SimulatedScan simulated(const Settings& s) {
  const phantom::CtScanSettings scan = scan_settings(s);
  if (s.model == "body") {
    phantom::CtBodySettings body = s.body;
    body.length_mm = s.length_mm.value_or(body.length_mm);
    return phantom::simulate_ct_body(body, scan);
  }
  if (s.model == "water")
    return phantom::simulate_ct_phantom(
        water_cylinder(s.diameter_mm.value_or(200), s.length_mm.value_or(100)), scan);
  if (s.diameter_mm || s.length_mm)
    throw UsageError(
        "--diameter-mm and --length-mm are of the water cylinder and the body; expected --model "
        "water or body, but it is {}",
        s.model);
  return phantom::simulate_ct_phantom(ct_phantom_model(s.model), scan);
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (!s.truth.empty()) store::refuse_foreign_name(s.truth);
  const phantom::SimulatedScan made = simulated(s);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.truth.empty())
    store::write_table(s.truth, made.objects, session.provenance(), if_exists, &made.record);
  store::write_volume(s.output, made.ct, session.provenance(), if_exists);
  const auto& size = made.ct.geometry.size;
  session.result(fmt::format("{}: {} slices of {} x {} pixels of {:.4g} mm\n", s.model, size[2], size[0],
                             size[1], made.ct.geometry.spacing_mm.x),
                 {{"model", s.model}, {"size", size}});
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
