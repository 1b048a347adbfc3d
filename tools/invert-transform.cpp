#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "image/inverse_check.hpp"
#include "image_registration/starts.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "shell/transform_input.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "invert-transform", "registration", "write the inverse of a transform, with its error",
    "Reads AToB and writes BToA. Linear transforms are inverted exactly. Of transforms that bend space the "
    "inverse is a displacement field, found voxel by voxel (Newton's method); composites are inverted step "
    "by "
    "step, so that their linear parts stay exact. The error of the result, the distance between a point and "
    "where the inverse and then the transform bring it, is measured at all voxels and between them, printed "
    "and "
    "kept in the file: for the points that stay inside the transform's field, as beyond its rim, which is a "
    "tear, there is no inverse; how many leave it is said apart.\n\n"
    "A field is sampled on its own grid, a B-spline at a quarter of the distance of its control points; "
    "--grid "
    "puts the whole inverse into one field on the grid of an image in frame B. A transform that folds space "
    "has "
    "no inverse and is refused, unless --folding keep asks for what there is: then the result is doubtful "
    "and "
    "its file says why.\n\n"
    "snitt-apply-transform and snitt-compose-transforms invert by themselves where a chain asks for it."};

struct Settings {
  std::string input;
  std::string output;
  std::string grid;
  std::optional<double> spacing_mm;
  std::string folding = "refuse";
};

void declare(Options& options, Settings& s) {
  options.input("TRANSFORM", s.input, "Snitt transform file");
  options.output(s.output, "transform file to write");
  options.file("--grid", s.grid,
               "image in the frame that the inverse starts from, on whose grid it is sampled");
  options.value("--grid-spacing-mm", s.spacing_mm, {1e-3, 1e3}, "spacing of the field, in the same box");
  options.choice("--folding", s.folding,
                 {{"refuse", "stop, and say where it folds and how much"},
                  {"keep", "fill what has no inverse from its neighbours"}},
                 "what to do with a transform that folds space");
  options.example("snitt-invert-transform sample_data/transforms/MrToTracker.h5 -o back.h5",
                  "From the tracker to the patient's image");
}

/// Fields and their numbers, as the inverse is put together.
struct Inverse {
  SpatialTransform transform;
  InverseError found;
  std::size_t folded = 0;
  double folded_percent = 0;
};

void add_folding(Inverse& inverse, const SpatialTransform& transform, const VolumeGeometry& grid) {
  const image::DeformationStatistics s = image::deformation_statistics(transform, grid, nullptr);
  inverse.folded += s.folded;
  inverse.folded_percent = std::max(inverse.folded_percent, s.folded_percent);
}

/// One field for all, on the grid of an image.
Inverse on_image_grid(const Settings& s, const SpatialTransform& transform, const TransformName& name,
                      shell::Session& session) {
  VolumeGeometry grid = shell::read_volume(s.grid, session.monitor()).geometry;
  if (s.spacing_mm) grid = image::respaced(grid, *s.spacing_mm);
  Inverse inverse;
  for (const TransformStep& step : transform.steps)
    if (const auto own = image::own_grid(step)) add_folding(inverse, {name, {step}}, *own);
  inverse.transform = {name, {image::displacement_field(ChainMapper(transform, true), grid, inverse.found)}};
  return inverse;
}

/// Every step by itself, the last first.
Inverse step_by_step(const Settings& s, const SpatialTransform& transform, const TransformName& name) {
  Inverse inverse;
  inverse.transform.name = name;
  for (auto step = transform.steps.rbegin(); step != transform.steps.rend(); ++step) {
    if (const auto* linear = std::get_if<LinearStep>(&*step)) {
      inverse.transform.steps.emplace_back(LinearStep{snitt::inverse(linear->matrix)});
      continue;
    }
    auto grid = image::own_grid(*step);
    if (!grid)
      throw UsageError(
          "{}: has a {}, which has no grid of its own; expected --grid with an image in frame {}", s.input,
          name_of(*step), name.from);
    if (s.spacing_mm) grid = image::respaced(*grid, *s.spacing_mm);
    const SpatialTransform one{name, {*step}};
    add_folding(inverse, one, *grid);
    inverse.transform.steps.emplace_back(
        image::displacement_field(ChainMapper(one, true), *grid, inverse.found));
  }
  return inverse;
}

/// Finer than a tenth of a voxel nobody reads a place off an image.
constexpr double good_error_voxels = 0.1;

CalibrationRecord record_of(const Inverse& inverse, const image::InverseCheck& check,
                            const VolumeGeometry& grid) {
  const image::DistanceSummary& error = check.inside;
  CalibrationRecord record;
  record.method = "numerical inverse";
  record.summary = {
      plain("inverse_error_mean_mm", error.mean, "mm",
            "distance between a point and where inverse and transform bring it, for points that stay inside"),
      plain("inverse_error_p95_mm", error.percentile95, "mm", "95 % of these distances are below"),
      plain("inverse_error_max_mm", error.largest, "mm", "largest of these distances"),
      plain("points_outside_percent", check.outside_percent, "1",
            "percent of the grid's points that the inverse brings out of the transform's field"),
      plain("without_inverse", static_cast<double>(inverse.found.not_found), "1",
            "voxels filled from their neighbours"),
      plain("folded_percent", inverse.folded_percent, "1",
            "percent of voxels where the transform folds space")};
  if (inverse.folded > 0)
    record.reasons.push_back(
        fmt::format("The transform folds space at {:.3g} % of its voxels, where it has no inverse.",
                    inverse.folded_percent));
  const double spacing_mm = std::min({grid.spacing_mm.x, grid.spacing_mm.y, grid.spacing_mm.z});
  if (error.count == 0)
    record.reasons.emplace_back("The inverse brings every point of its grid out of the transform's field.");
  else if (error.percentile95 > good_error_voxels * spacing_mm)
    record.reasons.push_back(fmt::format(
        "The error is above {:.3g} mm at 5 % of the points inside, more than a tenth of the grid's "
        "spacing of {:.3g} mm (see --grid-spacing-mm).",
        error.percentile95, spacing_mm));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return record;
}

/// Beyond the grid of an image the inverse does not move anything.
void tell_small_grid(const SpatialTransform& transform, const VolumeGeometry& grid, const Settings& s,
                     Monitor& monitor) {
  const double covered = image::covered_percent(transform, grid);
  constexpr double whole_percent = 99;
  if (covered < whole_percent)
    monitor.warn(
        fmt::format("{}: holds {:.3g} % of what {} bends ({}); beyond it the inverse moves nothing (without "
                    "--grid it covers all)",
                    s.grid, covered, s.input, image_registration::box_text(grid)));
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const SpatialTransform transform = shell::read_transforms({s.input}).front();
  const TransformName name{transform.name.to, transform.name.from};
  const std::string maps = fmt::format("maps {} to {}\n", name.from, name.to);
  if (is_linear(transform)) {
    const Matrix4 matrix = inverse(linear_part(transform));
    store::write_transform(s.output, {name, matrix}, session.provenance(), if_exists);
    return session.result(maps + "exact: the transform is linear\n",
                          {{"from", name.from}, {"to", name.to}, {"exact", true}, {"matrix", matrix.m}});
  }
  const Inverse inverse =
      s.grid.empty() ? step_by_step(s, transform, name) : on_image_grid(s, transform, name, session);
  if (inverse.folded > 0 && s.folding == "refuse")
    throw ComputationError(
        "{}: folds space at {} voxels ({:.3g} %), where it has no inverse; expected one that does not fold "
        "(--folding keep writes what there is)",
        s.input, inverse.folded, inverse.folded_percent);
  const auto grid = image::own_grid(inverse.transform);
  if (!s.grid.empty()) tell_small_grid(transform, *grid, s, session.monitor());
  const image::InverseCheck check = image::check_inverse(inverse.transform, transform);
  const CalibrationRecord record = record_of(inverse, check, *grid);
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  store::write_spatial_transform(s.output, inverse.transform, session.provenance(), if_exists, &record);
  nlohmann::json json = shell::calibration_json(record);
  json["from"] = name.from;
  json["to"] = name.to;
  json["exact"] = false;
  session.result(maps + shell::calibration_text(record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
