#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "registration-error/measures.hpp"
#include "shell/transform_input.hpp"
#include "store/layouts.hpp"

namespace snitt::registration_error {
namespace {

const shell::ToolInfo info{
    "registration-error", "registration", "say how well a registration fits, with limits it has to keep",
    "Measures what it is given files for:\n\n"
    "Landmarks in both spaces: the distance between where the transform puts each fixed landmark and its "
    "moving "
    "partner: the target registration error (TRE), or, for landmarks that the transform was fitted to, the "
    "fiducial registration error (FRE), which says little about targets.\n\n"
    "Label images: the moving labels are brought onto the fixed grid by the nearest voxel; Dice, Jaccard, "
    "Hausdorff distance, its 95 % form and the mean surface distance of every label.\n\n"
    "The transform: the logarithm of its Jacobian determinant and the percentage of voxels where it folds "
    "space, "
    "on its own grid or that of --grid, in --mask; with --inverse how far there and back leads from the "
    "start.\n\n"
    "Images: pictures to look at.\n\n"
    "Transforms are put together by the names of their frames, in any order. Without transforms, landmarks "
    "and "
    "labels are compared as they lie. A limit that does not hold gives status 1."};

void declare_limits(Options& options, Settings& s) {
  options.section("Limits");
  options.value("--max-mean-tre-mm", s.max_mean_tre_mm, {0, 1e6}, "largest mean landmark error");
  options.value("--max-tre-mm", s.max_tre_mm, {0, 1e6}, "largest error of any landmark");
  options.value("--min-dice", s.min_dice, {0, 1}, "smallest Dice of any label");
  options.value("--max-hausdorff95-mm", s.max_hausdorff95_mm, {0, 1e6},
                "largest 95 % Hausdorff distance of any label");
  options.value("--max-folding-percent", s.max_folding_percent, {0, 100},
                "largest share of voxels that fold");
  options.value("--max-inverse-error-mm", s.max_inverse_error_mm, {0, 1e6},
                "largest mean distance there and back");
}

void declare(Options& options, Settings& s) {
  options.files("--transforms", s.transforms, "Snitt transform files from the fixed to the moving space");
  options.extra_output("--table", s.table, "table file to write with all measures");
  options.section("Coordinate frames");
  options.text("--fixed-frame", s.fixed_frame, "FRAME",
               "fixed space; by default where the one transform starts");
  options.text("--moving-frame", s.moving_frame, "FRAME",
               "moving space; by default where the one transform ends");
  options.section("Landmarks");
  options.file("--fixed-landmarks", s.fixed_landmarks, "landmarks in the fixed space");
  options.file("--moving-landmarks", s.moving_landmarks, "the same landmarks in the moving space");
  options.file("--landmark-pairs", s.pairs,
               "table or CSV of pairs instead: columns fx, fy, fz, mx, my, mz in LPS mm");
  options.choice("--match", s.match,
                 {{"label", "landmarks of equal label belong together"},
                  {"order", "the first belongs to the first, and so on"}},
                 "which landmarks belong together");
  options.choice("--fixed-coordinates", s.fixed_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of --fixed-landmarks are");
  options.choice("--moving-coordinates", s.moving_input.coordinates, shell::coordinate_choices(),
                 "what the coordinates of --moving-landmarks are");
  options.extra_output("--landmark-table", s.landmark_table,
                       "table file to write with every landmark's error");
  options.section("Labels");
  options.file("--fixed-labels", s.fixed_labels, "label image in the fixed space");
  options.file("--moving-labels", s.moving_labels, "label image in the moving space");
  options.section("Deformation");
  options.file("--grid", s.grid, "image in the fixed space whose voxels the transform is looked at");
  options.file("--mask", s.mask, "image in the fixed space: look only where it is not 0");
  options.file("--inverse", s.inverse, "transform back from the moving to the fixed space");
  options.section("Pictures");
  options.file("--fixed-image", s.fixed_image, "image in the fixed space");
  options.file("--moving-image", s.moving_image, "image in the moving space");
  options.extra_output("--checkerboard", s.checkerboard, "PNG file to write: squares of both by turns");
  options.extra_output("--contours", s.contours,
                       "PNG file to write: outlines of the moving over the fixed image");
  declare_limits(options, s);
  options.example(
      "snitt-registration-error --transforms sample_data/transforms/MrToTracker.h5 --fixed-landmarks "
      "sample_data/landmarks/mr.fcsv --moving-landmarks sample_data/landmarks/tracker.csv "
      "--moving-coordinates "
      "as-they-are --max-tre-mm 3",
      "Errors at landmarks, with a limit");
}

void refuse_halves(const Settings& s) {
  for (const auto& [a, b, names] :
       {std::tuple{&s.fixed_landmarks, &s.moving_landmarks, "--fixed-landmarks and --moving-landmarks"},
        std::tuple{&s.fixed_labels, &s.moving_labels, "--fixed-labels and --moving-labels"},
        std::tuple{&s.fixed_image, &s.moving_image, "--fixed-image and --moving-image"}})
    if (a->empty() != b->empty())
      throw UsageError("{} are given one without the other; expected both", names);
  if (!s.pairs.empty() && !s.fixed_landmarks.empty())
    throw UsageError("--landmark-pairs and --fixed-landmarks are both given; expected one");
  const bool landmarks = !s.pairs.empty() || !s.fixed_landmarks.empty();
  const bool pictures = !s.checkerboard.empty() || !s.contours.empty();
  if (pictures && s.fixed_image.empty())
    throw UsageError("a picture is asked for without images; expected --fixed-image and --moving-image");
  if (!pictures && !s.fixed_image.empty())
    throw UsageError("images are given without a picture to write; expected --checkerboard or --contours");
  if ((s.max_tre_mm || s.max_mean_tre_mm || !s.landmark_table.empty()) && !landmarks)
    throw UsageError(
        "a limit or table of landmarks is asked for without landmarks; expected --fixed-landmarks and "
        "--moving-landmarks, or --landmark-pairs");
  if ((s.min_dice || s.max_hausdorff95_mm) && s.fixed_labels.empty())
    throw UsageError(
        "a limit for labels is given without labels; expected --fixed-labels and --moving-labels");
  if (s.max_inverse_error_mm && s.inverse.empty())
    throw UsageError("--max-inverse-error-mm is given without --inverse");
  if ((!s.inverse.empty() || !s.grid.empty() || !s.mask.empty() || s.max_folding_percent) &&
      s.transforms.empty())
    throw UsageError("the deformation is asked for without a transform; expected --transforms");
  if (s.transforms.empty() && !landmarks && s.fixed_labels.empty() && !pictures)
    throw UsageError("nothing is given to measure; expected --transforms, landmarks, labels or images");
}

void run(const Settings& s, shell::Session& session) {
  refuse_halves(s);
  shell::refuse_other_files(s.transforms);
  for (const std::string& path : {s.table, s.landmark_table})
    if (!path.empty()) store::refuse_foreign_name(path);
  const Way way = way_of(s, session.monitor());
  Measures measures;
  if (!way.transforms.empty())
    measures.json["chain"] = chain_text(
        [&] {
          std::vector<TransformName> names;
          for (const SpatialTransform& transform : way.transforms) names.push_back(transform.name);
          return names;
        }(),
        way.chain, way.name.from);
  if (!s.pairs.empty() || !s.fixed_landmarks.empty()) measure_landmarks(s, way, session, measures);
  if (!s.fixed_labels.empty()) measure_labels(s, way, session, measures);
  if (!s.transforms.empty()) measure_deformation(s, way, session, measures);
  if (!s.fixed_image.empty()) draw_pictures(s, way, session, measures);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.table.empty()) store::write_table(s.table, measures.table(), session.provenance(), if_exists);
  measures.json["failed"] = measures.failed;
  session.result(measures.text, measures.json);
  if (!measures.failed.empty()) throw CheckFailed("{}", fmt::join(measures.failed, "; "));
}

}  // namespace
}  // namespace snitt::registration_error

int main(int argc, char** argv) {
  using namespace snitt;
  return shell::run_tool<registration_error::Settings>(registration_error::info, registration_error::declare,
                                                       registration_error::run, argc, argv);
}
