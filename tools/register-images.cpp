#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "register-images/settings.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt::register_images {
namespace {

const shell::ToolInfo info{
    "register-images", "registration", "find the map between the spaces of two images",
    "FIXED and MOVING are images of the same object: volume files, or MetaImage, NRRD, NIfTI or DICOM images "
    "of "
    "any spacing and orientation. They are compared from coarse to fine resolution, by a metric that fits "
    "what "
    "they show: mutual information for images of any two modalities, cross-correlation or squared "
    "differences "
    "where the same value means the same tissue.\n\n"
    "The result maps points of the fixed space to points of the moving one, as ITK wants it to resample the "
    "moving image on the fixed grid; both spaces are named in the file. To bring points of the moving space "
    "into "
    "the fixed one, take the inverse.\n\n"
    "The search begins where the files say that the images lie, as a tracked or scanned position is better "
    "than a "
    "guess. Images that do not meet there are refused with both boxes in millimetres, and so are images of "
    "two "
    "frames that have nothing to do with each other, unless --start says how to begin.\n\n"
    "The file also says how well: the metric before and after, the overlap, the samples compared, the random "
    "part "
    "of the error (from registering with each half of the samples alone), and how many starts around the "
    "given "
    "one lead to the same result. A result that may be wrong is called doubtful, with the reason."};

void declare(Options& options, Settings& s) {
  options.input("FIXED", s.fixed, "image in the fixed space");
  options.input("MOVING", s.moving, "image of the same object in the moving space");
  options.output(s.output, "transform file to write, from the fixed to the moving space");
  options.choice("--model", s.model,
                 {{"rigid", "place and turn"},
                  {"similarity", "and one scale"},
                  {"affine", "any linear map: scales and shears too"},
                  {"deformable", "rigid first, and then any smooth bending (B-splines)"}},
                 "what may differ between the spaces");
  options.choice(
      "--metric", s.metric,
      {{"auto", "lc2 where FIXED says that it is ultrasound and MOVING does not, else mi"},
       {"mi", "mutual information of 32 bins (Mattes): any two modalities"},
       {"nmi", "normalised mutual information: where the overlap changes much"},
       {"ncc", "normalised cross-correlation: values that differ by scale and offset"},
       {"mse", "mean squared error: the same values, as in CT"},
       {"lc2", "linear correlation of linear combination: FIXED is ultrasound, MOVING is MR or CT"}},
      "how the images are compared");
  options.choice("--preset", s.preset,
                 {{"fast", "60 000 samples, one start"},
                  {"default", "250 000 samples, and twelve starts around the given one"},
                  {"accurate", "a million samples"}},
                 "effort");
  options.value("--samples", s.samples, {1000, 1e9},
                "places at which the images are compared at the finest resolution, instead of the preset's");
  options.extra_output("--resampled", s.resampled, "also write the moving image on the fixed grid");
  options.value("--outside-value", s.outside, {-1e9, 1e9},
                "value of the resampled image outside the moving one");
  declare_deformable(options, s);
  options.section("Start");
  options.choice("--start", s.start,
                 {{"auto", "as header, but refused when the images lie in two named frames"},
                  {"header", "where the files say"},
                  {"centers", "the centers of the images fall together"},
                  {"moments", "the centers of mass fall together"},
                  {"blocks",
                   "as blocks of the images that look alike lie, sought from the header's position or, "
                   "where the images do not meet there, from the centers of mass"}},
                 "where to begin");
  options.file("--start-transform", s.start_transform,
               "begin with this map from the fixed to the moving space instead (a transform file, which is "
               "inverted if its "
               "frames say so, or an ITK one)");
  options.section("Masks");
  options.file("--fixed-mask", s.fixed_mask,
               "image that is 0 where FIXED is not to be looked at, on any grid");
  options.file("--moving-mask", s.moving_mask, "the same for MOVING");
  shell::declare_frames(options, s.frames);
  options.example("snitt-register-images sample_data/head/fixed.mha sample_data/head/moving.mha -o head.h5",
                  "Two images of a head");
  options.example(
      "snitt-register-images sample_data/head/fixed.mha sample_data/head/moving.mha --model affine --start "
      "moments "
      "--resampled moved.h5 -o head-affine.h5",
      "With scales and shears, from the centers of mass, and the moving image as the fixed one shows it");
  options.example(
      "snitt-register-images sample_data/head/fixed.mha sample_data/head/moving.mha --model deformable "
      "--preset fast -o head-bent.h5",
      "With smooth bending");
}

void hand_over(const Settings& s, shell::Session& session, const StaticTransform& transform,
               const CalibrationRecord& record) {
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  store::write_transform(s.output, transform, session.provenance(),
                         session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  nlohmann::json json = shell::calibration_json(record);
  json["transform"] = transform.name.text();
  json["from"] = transform.name.from;
  json["to"] = transform.name.to;
  json["matrix"] = transform.matrix.m;
  session.result(fmt::format("maps {} (fixed) to {} (moving)\n", transform.name.from, transform.name.to) +
                     shell::calibration_text(record),
                 json);
}

/// The same for a map that bends.
void hand_over(const Settings& s, shell::Session& session, const DeformableStage& stage) {
  const SpatialTransform& transform = stage.fixed_to_moving;
  for (const std::string& reason : stage.record.reasons) session.monitor().warn(reason);
  store::write_spatial_transform(s.output, transform, session.provenance(),
                                 session.overwrite() ? IfExists::overwrite : IfExists::refuse, &stage.record);
  nlohmann::json json = shell::calibration_json(stage.record);
  json["transform"] = transform.name.text();
  json["from"] = transform.name.from;
  json["to"] = transform.name.to;
  for (const TransformStep& step : transform.steps) json["steps"].push_back(name_of(step));
  session.result(fmt::format("maps {} (fixed) to {} (moving)\n", transform.name.from, transform.name.to) +
                     shell::calibration_text(stage.record),
                 json);
}

void run(const Settings& s, shell::Session& session) {
  Monitor& monitor = session.monitor();
  refuse_deformable_options(s);
  store::refuse_foreign_name(s.output);
  if (!s.resampled.empty()) store::refuse_foreign_name(s.resampled);
  const Images images = read_images(s, monitor);
  const TransformName name = shell::registration_name(s.frames, images.fixed_frame, images.moving_frame);
  const Matrix4 start = start_of(s, images, name, monitor);
  LinearStage linear;
  try {
    linear = register_linear_stage(s, images, start, monitor);
  } catch (const ComputationError& error) {
    throw ComputationError("{} and {}: {}", s.fixed, s.moving, error.what());
  }
  if (s.model == "deformable") {
    DeformableStage deformable;
    try {
      deformable = register_deformable_stage(s, images, name, linear, monitor);
    } catch (const ComputationError& error) {
      throw ComputationError("{} and {}: {}", s.fixed, s.moving, error.what());
    }
    hand_over(s, session, deformable);
    write_resampled(s, images, deformable.fixed_to_moving, session);
    return;
  }
  hand_over(s, session, {name, linear.fixed_to_moving}, linear.record);
  write_resampled(s, images, linear.fixed_to_moving, session);
}

}  // namespace
}  // namespace snitt::register_images

int main(int argc, char** argv) {
  namespace tool = snitt::register_images;
  return snitt::shell::run_tool<tool::Settings>(tool::info, tool::declare, tool::run, argc, argv);
}
