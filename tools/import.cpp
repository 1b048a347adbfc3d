#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/words.hpp"
#include "formats/constant_transforms.hpp"
#include "formats/csv.hpp"
#include "formats/plus_config.hpp"
#include "formats/point_file.hpp"
#include "formats/recording.hpp"
#include "formats/sequence.hpp"
#include "formats/transform_file.hpp"
#include "formats/tree_file.hpp"
#include "formats/volume_file.hpp"
#include "shell/point_input.hpp"
#include "shell/tool.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

using namespace snitt;

namespace {

const shell::ToolInfo info = {
    "import", "files",
    "bring a recording, volume, transform, points, center lines or a table into Snitt's HDF5 files",
    "Reads INPUT, a file or a folder, and writes the layout that fits it. What INPUT is, is told by its "
    "content:\n\n"
    "A recording of tracked ultrasound becomes a frames file: IGS sequences (.igs.mha, .igs.mhd, .igs.nrrd, "
    ".seq.mha), CustusX "
    "acquisition folders, folders of PNG, JPEG or TIFF images, and DICOM ultrasound. Images are turned to MF "
    "orientation. Images without poses take them from a CSV table whose columns you name; no unit, order or "
    "clock is guessed.\n\n"
    "A volume (MetaImage, NRRD, NIfTI, DICOM CT or MR series) becomes a volume file, a PLUS configuration a "
    "transform file, and any other CSV file a table.\n\n"
    "A transform of a registration program becomes a transform file when --transform names it, as "
    "FixedToMoving: "
    "it then maps points of the fixed image to points of the moving one, in LPS mm, whichever way the "
    "program has it. ITK, 3D Slicer, elastix, ANTs and NiftyReg store that map (ITK's .tfm, .txt, .h5, .mat; "
    "elastix's "
    "TransformParameters with the chain they name; displacement fields as NIfTI, MetaImage, NRRD), while "
    "FLIRT's matrices and DICOM's spatial registration objects lead from moving to fixed and are "
    "inverted.\n\n"
    "Landmarks become a points file in LPS: lists of 3D Slicer (.fcsv of all its versions, .mrk.json), MNI "
    ".tag, "
    "points of elastix and transformix, and CSV whose columns are x_lps, y_lps, z_lps or x_ras, y_ras, "
    "z_ras, or x, y, z with --coordinates; label, weight and standard_deviation if it has them. Surfaces "
    "come from "
    "PLY, STL, OBJ and VTK polydata; "
    "only files of 3D Slicer say whether they are LPS or RAS, the others want --coordinates.\n\n"
    "Center lines of airways and vessels become a tree file: legacy VTK polydata of lines, as VMTK and "
    "CustusX write them, and CSV with the columns parent (row that a node hangs on, -1 for a root), and "
    "radius, branch and label if it has them.\n\n"
    "A recording passes through in blocks: memory does not depend on its length."};

struct Settings {
  std::string input;
  std::string output;
  std::vector<std::string> static_transforms;
  std::string transform;
  std::string image_times;
  std::string image_time_column;
  std::string image_file_column;
  std::string image_time_unit = "s";
  std::optional<double> frame_rate_hz;
  double start_time_s = 0;
  std::string orientation = "MF";
  std::optional<std::vector<double>> pixel_spacing_mm;
  std::string poses;
  std::vector<std::string> pose_columns;
  std::string pose_time_column;
  std::string pose_time_unit = "s";
  std::string pose_status_column;
  std::string pose_name = "ProbeToTracker";
  double pose_position_unit_mm = 1;
  std::string series;
  std::string tilted_gantry = "refuse";
  shell::PointInput points;
  std::string frame = "LPS";
  std::string quantity = "file";
  std::string matrix_of = "unknown";
  std::string fixed_image;
  std::string moving_image;
  std::string frame_of_reference;
};

void declare(Options& options, Settings& s) {
  const std::vector<Choice> time_units{{"s", "seconds"}, {"ms", "milliseconds"}, {"us", "microseconds"}};
  options.input("INPUT", s.input, "file or folder to import");
  options.output(s.output, "HDF5 file to write");
  options.section("Transforms");
  options.files("--static-transforms", s.static_transforms,
                "Snitt transform file, PLUS configuration or ITK transform file whose transforms hold for "
                "the whole recording");
  options.text("--transform", s.transform, "NAME",
               "transform to take from a configuration that has several, or the name of an ITK transform, as "
               "ImageToProbe");
  options.section("Transforms of registration programs");
  options.choice(
      "--matrix-of", s.matrix_of,
      {{"unknown", "refuse a file that is a matrix alone"},
       {"flirt", "FSL's FLIRT: its moving image (-in) to its fixed image (-ref), in scaled voxels"},
       {"niftyreg", "NiftyReg: fixed (-ref) to moving (-flo), in RAS"}},
      "what a matrix in a text file is");
  options.file("--fixed-image", s.fixed_image, "fixed image of a FLIRT matrix (its -ref)");
  options.file("--moving-image", s.moving_image, "moving image of a FLIRT matrix (its -in)");
  options.text("--frame-of-reference", s.frame_of_reference, "UID",
               "frame of reference of the moving image, for a DICOM registration object with several");
  options.section("Images without a clock of their own");
  options.value("--frame-rate-hz", s.frame_rate_hz, {1e-6, 1e6},
                "images per second, where no table says their times");
  options.value("--start-time-s", s.start_time_s, {}, "time of the first image on the clock of the poses");
  options.file("--image-times", s.image_times, "CSV table with the time of every image");
  options.text("--image-time-column", s.image_time_column, "NAME", "its column of times");
  options.choice("--image-time-unit", s.image_time_unit, time_units, "unit of these times");
  options.text("--image-file-column", s.image_file_column, "NAME",
               "its column of file names; without it, rows are in natural order of the names");
  options.choice("--orientation", s.orientation,
                 {{"MF", "x towards the marked side, y away from the probe"},
                  {"MN", "x towards the marked side, y towards the probe"},
                  {"UF", "x towards the unmarked side, y away from the probe"},
                  {"UN", "x towards the unmarked side, y towards the probe"}},
                 "how the images were recorded");
  options.values("--pixel-spacing-mm", s.pixel_spacing_mm, "X Y", {1e-6, 1e3}, "size of a pixel");
  options.section("Poses from a table");
  options.file("--poses", s.poses, "CSV table of poses");
  options.texts(
      "--pose-column", s.pose_columns, "NAME[,NAME...]",
      "columns of the pose, in order, in one word or several: 16 or 12 (matrix, row by row) or 7, as "
      "tx,ty,tz,qw,qx,qy,qz");
  options.text("--pose-time-column", s.pose_time_column, "NAME",
               "column of times; without it, row i is the pose of frame i");
  options.choice("--pose-time-unit", s.pose_time_unit, time_units, "unit of these times");
  options.text("--pose-status-column", s.pose_status_column, "NAME", "column of OK, INVALID, … or 1 and 0");
  options.text("--pose-name", s.pose_name, "NAME", "what the poses map from and to");
  options.value("--pose-position-unit-mm", s.pose_position_unit_mm, {1e-9, 1e6},
                "unit of translations: 1000 for metres");
  options.section("DICOM series");
  options.text("--series", s.series, "UID", "SeriesInstanceUID to take from a folder that holds several");
  options.choice("--tilted-gantry", s.tilted_gantry,
                 {{"refuse", "name the angle and stop: most programs would show the volume sheared"},
                  {"keep", "the third axis runs along the slice positions"}},
                 "what to do with slices that are not at right angles to their row of positions");
  options.section("Points and center lines");
  options.choice("--coordinates", s.points.coordinates, shell::coordinate_choices(),
                 "what the coordinates of points and center lines are");
  options.choice("--center-lines-of", s.quantity,
                 {{"file", "as the file says, vessels if it says nothing"},
                  {"airways", "bronchi with the trachea as root"},
                  {"vessels", "arteries, veins"}},
                 "what center lines are of");
  options.text(
      "--frame", s.frame, "FRAME",
      "name for the coordinate frame of points, of a tree or of a volume: LPS for a patient's image");
  options.value("--tag-volume", s.points.volume, {0, 2},
                "volume to take from an MNI file of two; 0: it has one");
  options.file("--image", s.points.image, "image whose voxel indices the points are");
  options.example(
      "snitt-import sample_data/ultrasound/SpinePhantomFreehand.igs.mha --static-transforms "
      "sample_data/ultrasound/Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml -o sweep.h5",
      "A recorded sweep with its probe calibration");
}

formats::TimeUnit time_unit(const std::string& word) {
  if (word == "ms") return formats::TimeUnit::milliseconds;
  return word == "us" ? formats::TimeUnit::microseconds : formats::TimeUnit::seconds;
}

TransformName transform_name(const std::string& option, const std::string& text) {
  const auto name = transform_name_from_text(text);
  if (!name) throw UsageError("{} is '{}'; expected <From>To<To>, as ImageToProbe", option, text);
  return *name;
}

formats::SequenceOptions sequence_options(const Settings& s) {
  formats::SequenceOptions options;
  options.clock = {s.image_times,       s.image_time_column, time_unit(s.image_time_unit),
                   s.image_file_column, s.frame_rate_hz,     s.start_time_s};
  options.poses = {s.poses,
                   s.pose_time_column,
                   time_unit(s.pose_time_unit),
                   split_at_commas(s.pose_columns),
                   s.pose_position_unit_mm,
                   transform_name("--pose-name", s.pose_name),
                   s.pose_status_column};
  options.orientation = s.orientation;
  if (s.pixel_spacing_mm) options.pixel_spacing_mm = {(*s.pixel_spacing_mm)[0], (*s.pixel_spacing_mm)[1]};
  if (s.poses.empty() && !s.pose_columns.empty()) throw UsageError("--pose-column is given without --poses");
  return options;
}

/// The name is asked for only by files that do not know it.
std::vector<StaticTransform> transforms_in(const std::string& path, const std::string& name) {
  if (name.empty()) return formats::read_constant_transforms(path);
  return formats::read_constant_transforms(path, transform_name("--transform", name));
}

void report_frames(shell::Session& session, const Frames& frames, formats::SequenceKind kind) {
  std::vector<std::string> names;
  for (const TrackedTransform& tracked : frames.tracked) names.push_back(tracked.name.text());
  std::vector<std::string> constants;
  for (const StaticTransform& constant : frames.constant) constants.push_back(constant.name.text());
  const auto range = std::minmax_element(frames.time_s.begin(), frames.time_s.end());
  const double first_s = frames.count > 0 ? *range.first : 0;
  const double last_s = frames.count > 0 ? *range.second : 0;
  const std::string size =
      frames.shape.pixels() == 0
          ? "poses alone"
          : fmt::format("{} x {} {}{}", frames.shape.columns, frames.shape.rows,
                        frames.shape.format.components == 3 ? "RGB " : "", name_of(frames.shape.format.type));
  session.result(
      fmt::format("{}: {} frames, {}, tracked: {}, constant: {}, {:.3f} s", name_of(kind), frames.count, size,
                  names.empty() ? "none" : fmt::format("{}", fmt::join(names, " ")),
                  constants.empty() ? "none" : fmt::format("{}", fmt::join(constants, " ")),
                  last_s - first_s),
      {{"layout", "frames"},
       {"kind", name_of(kind)},
       {"frames", frames.count},
       {"columns", frames.shape.columns},
       {"rows", frames.shape.rows},
       {"components", frames.shape.format.components},
       {"pixel_type", name_of(frames.shape.format.type)},
       {"tracked", names},
       {"constant", constants},
       {"first_time_s", first_s},
       {"last_time_s", last_s}});
}

void import_frames(const Settings& s, formats::SequenceKind kind, shell::Session& session,
                   IfExists if_exists) {
  std::vector<StaticTransform> constants;
  for (const std::string& path : s.static_transforms)
    for (StaticTransform& transform : transforms_in(path, s.transform))
      constants.push_back(std::move(transform));
  const auto source =
      formats::with_constants(formats::open_sequence(s.input, sequence_options(s), session.monitor()),
                              constants, "--static-transforms");
  store::write_frames(s.output, *source, session.provenance(), if_exists, session.monitor());
  report_frames(session, source->frames(), kind);
}

void import_volume(const Settings& s, shell::Session& session, IfExists if_exists) {
  const formats::DicomSeriesOptions series{
      s.series, s.tilted_gantry == "keep" ? formats::TiltedGantry::keep : formats::TiltedGantry::refuse};
  Volume volume = formats::read_volume(s.input, session.monitor(), series);
  if (s.frame != Settings{}.frame) volume.frame = s.frame;
  store::write_volume(s.output, volume, session.provenance(), if_exists);
  const auto& size = volume.geometry.size;
  const Vec3 spacing = volume.geometry.spacing_mm;
  const std::string times = volume.time_points > 1 ? ", " + counted(volume.time_points, "time point") : "";
  session.result(fmt::format("volume: {} x {} x {} {}, {:g} x {:g} x {:g} mm{}", size[0], size[1], size[2],
                             name_of(volume.format.type), spacing.x, spacing.y, spacing.z, times),
                 {{"layout", "volume"},
                  {"size", size},
                  {"spacing_mm", {spacing.x, spacing.y, spacing.z}},
                  {"pixel_type", name_of(volume.format.type)},
                  {"time_points", volume.time_points}});
}

void import_transform(const Settings& s, shell::Session& session, IfExists if_exists) {
  std::vector<StaticTransform> transforms = transforms_in(s.input, s.transform);
  if (transforms.size() > 1) {
    std::vector<std::string> names;
    for (const StaticTransform& transform : transforms) names.push_back(transform.name.text());
    std::erase_if(transforms,
                  [&](const StaticTransform& transform) { return transform.name.text() != s.transform; });
    if (transforms.empty())
      throw UsageError("{}: {}; expected --transform with one of {}{}", s.input,
                       s.transform.empty() ? fmt::format("has {} transforms", names.size())
                                           : fmt::format("has no transform '{}'", s.transform),
                       fmt::join(names, ", "), did_you_mean(s.transform, names));
  }
  store::write_transform(s.output, transforms.front(), session.provenance(), if_exists);
  const std::string name = transforms.front().name.text();
  session.result("transform: " + name,
                 {{"layout", "transform"}, {"name", name}, {"matrix", transforms.front().matrix.m}});
}

/// Transforms of registration programs, which do not say between which frames they map.
void import_spatial_transform(const Settings& s, shell::Session& session, IfExists if_exists) {
  if (s.transform.empty())
    throw UsageError(
        "{}: does not say between which frames it maps; expected --transform <From>To<To>, as FixedToMoving",
        s.input);
  formats::TransformFileOptions options;
  options.name = transform_name("--transform", s.transform);
  if (s.matrix_of != "unknown")
    options.matrix =
        s.matrix_of == "flirt" ? formats::MatrixMeaning::flirt : formats::MatrixMeaning::niftyreg;
  options.coordinates = shell::coordinates_from(s.points.coordinates);
  options.frame_of_reference = s.frame_of_reference;
  if (!s.fixed_image.empty())
    options.fixed_image = shell::read_volume(s.fixed_image, session.monitor()).geometry;
  if (!s.moving_image.empty())
    options.moving_image = shell::read_volume(s.moving_image, session.monitor()).geometry;
  const SpatialTransform transform = formats::read_spatial_transform(s.input, options, session.monitor());
  store::write_spatial_transform(s.output, transform, session.provenance(), if_exists);
  const std::string name = transform.name.text();
  std::vector<std::string> steps;
  for (const TransformStep& step : transform.steps) steps.push_back(name_of(step));
  nlohmann::json json{{"layout", "transform"}, {"name", name}, {"steps", steps}};
  if (is_linear(transform)) json["matrix"] = linear_part(transform).m;
  session.result(is_linear(transform) ? "transform: " + name
                                      : fmt::format("transform: {} ({})", name, fmt::join(steps, ", then ")),
                 json);
}

void import_table(const Settings& s, shell::Session& session, IfExists if_exists) {
  const Table table = formats::read_csv(s.input);
  if (table.rows() == 0) throw InputError("{}: is a heading without rows; expected at least one", s.input);
  store::write_table(s.output, table, session.provenance(), if_exists);
  session.result(
      fmt::format("table: {}, {}", counted(table.rows(), "row"), counted(table.columns.size(), "column")),
      {{"layout", "table"}, {"rows", table.rows()}, {"columns", table.columns.size()}});
}

void import_points(const Settings& s, formats::PointFileKind kind, shell::Session& session,
                   IfExists if_exists) {
  const PointSet set = shell::read_points(s.input, s.points, s.frame, session.monitor());
  store::write_points(s.output, set, session.provenance(), if_exists);
  session.result(
      fmt::format("{}: {} points in {}{}", name_of(kind), set.size(), set.frame,
                  set.has_labels() ? "" : ", without labels"),
      {{"layout", "points"}, {"kind", name_of(kind)}, {"points", set.size()}, {"frame", set.frame}});
}

void import_tree(const Settings& s, formats::TreeFileKind kind, shell::Session& session, IfExists if_exists) {
  formats::TreeFileOptions options;
  options.coordinates = shell::coordinates_from(s.points.coordinates);
  options.frame = s.frame;
  if (s.quantity != "file") options.quantity = s.quantity;
  const Tree tree = formats::read_tree_file(s.input, options, session.monitor());
  store::write_tree(s.output, tree, session.provenance(), if_exists);
  session.result(
      fmt::format("{}: {}, {} nodes in {} branches and {} loops, in {}", name_of(kind), tree.quantity,
                  tree.size(), tree.branch_list.size(), tree.loops.size(), tree.frame),
      {{"layout", "tree"},
       {"kind", name_of(kind)},
       {"quantity", tree.quantity},
       {"nodes", tree.size()},
       {"branches", tree.branch_list.size()},
       {"loops", tree.loops.size()},
       {"frame", tree.frame}});
}

bool is_csv_name(const std::string& path) {
  return path.ends_with(".csv") || path.ends_with(".tsv") || path.ends_with(".CSV") || path.ends_with(".TSV");
}

void refuse_nothing(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_empty(path, error) && !error) throw InputError("{}: is empty", path);
}

/// The name decides only for tables as text, which have no mark in their content.
void run(const Settings& s, shell::Session& session) {
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::refuse_foreign_name(s.output);
  refuse_nothing(s.input);
  if (store::is_snitt_file(s.input)) throw InputError("{}: is one of Snitt's own files already", s.input);
  const formats::SequenceKind kind = formats::sequence_kind(s.input);
  if (kind != formats::SequenceKind::none) return import_frames(s, kind, session, if_exists);
  if (!s.static_transforms.empty() || !s.poses.empty())
    throw UsageError("{}: is no recording; --static-transforms and --poses belong to recordings", s.input);
  // Fields and matrices look like images and tables; only the name that is given tells them apart.
  const bool of_registration = formats::transform_file_kind(s.input) != formats::TransformFileKind::none;
  if (of_registration && (!s.transform.empty() || formats::is_transform(s.input)))
    return import_spatial_transform(s, session, if_exists);
  if (formats::is_volume(s.input)) return import_volume(s, session, if_exists);
  std::error_code error;
  if (std::filesystem::is_directory(s.input, error))
    throw InputError(
        "{}: is a folder of nothing that can be imported; expected images (PNG, JPEG, TIFF), a DICOM series "
        "or a CustusX acquisition (.fts) directly in it",
        s.input);
  if (formats::is_plus_config(s.input)) return import_transform(s, session, if_exists);
  if (const formats::TreeFileKind tree = formats::tree_file_kind(s.input);
      tree != formats::TreeFileKind::none)
    return import_tree(s, tree, session, if_exists);
  const formats::PointFileKind points = formats::point_file_kind(s.input);
  const bool told = s.points.coordinates != "file";
  if (points != formats::PointFileKind::none || (told && (is_csv_name(s.input) || s.input.ends_with(".txt"))))
    return import_points(s, points, session, if_exists);
  if (told) throw UsageError("{}: holds no points; --coordinates belongs to points", s.input);
  if (is_csv_name(s.input)) return import_table(s, session, if_exists);
  throw InputError(
      "{}: is of no kind that can be imported; expected a recording, a volume, a transform, a PLUS "
      "configuration, points, center lines or a table "
      "whose name ends in .csv or .tsv (see snitt-import --help)",
      s.input);
}

}  // namespace

int main(int argc, char** argv) { return shell::run_tool<Settings>(info, declare, run, argc, argv); }
