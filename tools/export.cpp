#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/calibration.hpp"
#include "data/frame_table.hpp"
#include "formats/csv.hpp"
#include "formats/igs_sequence.hpp"
#include "formats/png_file.hpp"
#include "formats/point_file.hpp"
#include "formats/transform_file.hpp"
#include "formats/tree_file.hpp"
#include "formats/volume_file.hpp"
#include "formats/xlsx_file.hpp"
#include "image/views.hpp"
#include "shell/tool.hpp"
#include "shell/volume_input.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "export", "files", "write a Snitt file in a format that other programs read",
    "The extension of the output decides, within what the input holds:\n\n"
    "volume: .mha, .mhd, .nrrd, .nhdr, .nii or .nii.gz; .png for one picture of three "
    "orthogonal slices; a name without "
    "extension for a folder of PNG slices.\n\n"
    "frames: .mha, .mhd, .nrrd or .nhdr for an IGS sequence, as PLUS and 3D Slicer "
    "read it; a name without extension for a "
    "folder of PNG frames with their times, statuses and poses in frames.csv.\n\n"
    "transform: .tfm, .txt, .h5 or .mat for ITK, 3D Slicer and ANTs; .nii, .nii.gz, .mha or .nrrd for one "
    "displacement field with vectors in LPS; .dcm for a DICOM (deformable) spatial registration object; "
    "those of "
    "elastix, FLIRT and NiftyReg with --transform-format. A transform AToB maps points of A to points of B, "
    "in "
    "ITK as here; resampling a moving image onto a fixed one takes FixedToMoving. FLIRT's matrix and "
    "DICOM's, "
    "which lead from moving to fixed, are its inverse.\n\n"
    "table: .csv, or .xlsx for a workbook with a sheet for the table and for each of those that its record "
    "has.\n\n"
    "points: .fcsv or .mrk.json for 3D Slicer, .csv, .pts or .txt for elastix, .ply, .stl, .obj or .vtk for "
    "surfaces, all in LPS.\n\n"
    "tree: .vtk for lines with radii, or .csv, all in LPS.\n\n"
    "What a calibration says beside its transform or table: .csv, one table at a time, with "
    "--calibration-table.\n\n"
    "Foreign formats hold less than Snitt files: provenance is left behind, and what "
    "else has no room is said."};

struct Settings {
  std::string input;
  std::string output;
  bool uncompressed = false;
  std::optional<std::vector<double>> window;
  std::string axis = "z";
  bool crosshair = false;
  std::string calibration_table;
  std::string transform_format = "by-extension";
  std::string fixed_image;
  std::string moving_image;
  std::string fixed_dicom;
  std::string moving_dicom;
};

void declare(Options& options, Settings& s) {
  options.input("INPUT", s.input, "Snitt file of any layout");
  options.output_or_folder(s.output, "file or folder to write; its extension chooses the format");
  options.flag("--uncompressed", s.uncompressed, "write the voxels or pixels plain (MetaImage, NRRD)");
  options.text("--calibration-table", s.calibration_table, "NAME",
               "write this table of the calibration that found the transform or table: summary, residuals …");
  options.section("Transforms");
  options.choice(
      "--transform-format", s.transform_format,
      {{"by-extension", "ITK's .tfm, .txt, .h5, .mat, fields in LPS as .nii.gz, .mha, .nrrd, DICOM's .dcm"},
       {"elastix", "TransformParameters of elastix"},
       {"flirt", "matrix of FSL's FLIRT, moving (-in) to fixed (-ref) in scaled voxels"},
       {"niftyreg", "matrix of NiftyReg in RAS, or its displacement field as .nii.gz"}},
      "whose file to write");
  options.file("--fixed-image", s.fixed_image,
               "image in the frame the transform starts from (elastix, FLIRT)");
  options.file("--moving-image", s.moving_image, "image in the frame it ends in (FLIRT)");
  options.file(
      "--fixed-dicom", s.fixed_dicom,
      "DICOM image in the frame the transform starts from, whose patient, study and frame of reference a "
      "registration object gets");
  options.file("--moving-dicom", s.moving_dicom, "DICOM image in the frame it ends in");
  options.section("Pictures");
  options.values("--window", s.window, "LOW HIGH", {},
                 "values shown black and white; by default -160 and 240 for HU, else robust percentiles");
  options.choice("--axis", s.axis,
                 {{"x", "planes of y and z"}, {"y", "planes of x and z"}, {"z", "planes of x and y"}},
                 "voxel axis across the slices of a folder");
  options.flag("--crosshair", s.crosshair,
               "mark in each of the three orthogonal slices where the others cut it");
  options.example("snitt-export volume.h5 -o volume.mha", "Open a reconstruction in any viewer");
  options.example("snitt-export volume.h5 -o views.png", "Three orthogonal slices in one picture");
}

IfExists if_exists(const shell::Session& session) {
  return session.overwrite() ? IfExists::overwrite : IfExists::refuse;
}

/// "" for a name without an extension, which means a folder; ".nii.gz" and ".igs.mha" count by their ends.
std::string extension_of(const std::string& path) {
  std::filesystem::path name(path);
  if (!name.has_filename()) name = name.parent_path();
  return name.extension().string();
}

[[noreturn]] void refuse(const Settings& s, const std::string& layout, const std::string& fits) {
  const std::string extension = extension_of(s.output);
  throw UsageError("{}: holds a {}, which cannot be written as '{}'; expected {}", s.input, layout,
                   extension.empty() ? "a folder" : extension, fits);
}

image::Window window_of(const Settings& s, const Volume& volume) {
  if (!s.window) return image::default_window(volume);
  const image::Window window{s.window->at(0), s.window->at(1)};
  if (!(window.high > window.low))
    throw UsageError("--window {} {}: expected LOW below HIGH", window.low, window.high);
  return window;
}

void export_volume(const Settings& s, shell::Session& session) {
  const std::string extension = extension_of(s.output);
  if (!extension.empty() && extension != ".png" && !formats::is_volume_extension(s.output))
    refuse(s, "volume", ".mha, .mhd, .nrrd, .nhdr, .nii, .nii.gz, .png or a folder");
  const Volume volume = store::read_volume(s.input);
  if (extension == ".png") {
    image::OrthogonalViews views;
    views.crosshair = s.crosshair;
    formats::write_png(s.output, image::orthogonal_views(volume, window_of(s, volume), views),
                       if_exists(session));
  } else if (extension.empty()) {
    const std::size_t axis = s.axis == "x" ? 0 : s.axis == "y" ? 1 : 2;
    const image::Window window = window_of(s, volume);
    const auto slice = [&](std::size_t i) {
      const std::size_t per_time = volume.geometry.size[axis];
      return image::slice_picture(volume, axis, i % per_time, window, i / per_time);
    };
    formats::write_png_folder(s.output, "slice", volume.geometry.size[axis] * volume.time_points, slice,
                              if_exists(session));
  } else {
    formats::write_volume(s.output, volume, if_exists(session), session.monitor(),
                          s.uncompressed ? formats::Compression::off : formats::Compression::on);
  }
}

/// One picture per frame, with everything but the pixels in frames.csv beside them.
void export_pictures(const Settings& s, FrameSource& source, shell::Session& session) {
  const Frames& frames = source.frames();
  if (frames.shape.pixels() == 0)
    throw UsageError("{}: holds poses without pixels; expected .mha or .nrrd as output", s.input);
  const auto picture = [&](std::size_t i) {
    Picture one{frames.shape.rows, frames.shape.columns, frames.shape.format, {}};
    one.pixels.resize(frames.shape.bytes());
    source.read(i, 1, one.pixels);
    session.monitor().progress("writing frames", static_cast<double>(i + 1),
                               static_cast<double>(frames.count));
    return one;
  };
  const auto tables = [&](const std::string& folder) {
    const std::filesystem::path path(folder);
    formats::write_csv((path / "frames.csv").string(),
                       frame_table(frames, formats::png_folder_names("frame", frames.count)),
                       IfExists::refuse);
    for (const auto& [name, table] : own_clock_tables(frames))
      formats::write_csv((path / (name + ".csv")).string(), table, IfExists::refuse);
  };
  formats::write_png_folder(s.output, "frame", frames.count, picture, if_exists(session), tables);
}

void export_frames(const Settings& s, shell::Session& session) {
  const std::string extension = extension_of(s.output);
  const bool sequence =
      extension == ".mha" || extension == ".mhd" || extension == ".nrrd" || extension == ".nhdr";
  if (!sequence && !extension.empty()) refuse(s, "recording", ".mha, .mhd, .nrrd, .nhdr or a folder");
  const auto source = store::open_frames(s.input);
  if (!sequence) return export_pictures(s, *source, session);
  formats::write_igs_sequence(s.output, *source,
                              s.uncompressed ? formats::PixelPacking::raw : formats::PixelPacking::compressed,
                              if_exists(session), session.monitor());
}

formats::TransformExport transform_export(const Settings& s, Monitor& monitor) {
  formats::TransformExport options;
  options.format = s.transform_format == "elastix"    ? formats::TransformFormat::elastix
                   : s.transform_format == "flirt"    ? formats::TransformFormat::flirt
                   : s.transform_format == "niftyreg" ? formats::TransformFormat::niftyreg
                                                      : formats::TransformFormat::by_extension;
  if (!s.fixed_image.empty()) options.fixed_image = shell::read_volume(s.fixed_image, monitor).geometry;
  if (!s.moving_image.empty()) options.moving_image = shell::read_volume(s.moving_image, monitor).geometry;
  options.fixed_dicom = s.fixed_dicom;
  options.moving_dicom = s.moving_dicom;
  return options;
}

void export_transform(const Settings& s, shell::Session& session) {
  const formats::TransformExport options = transform_export(s, session.monitor());
  if (options.format == formats::TransformFormat::by_extension && !formats::is_transform_extension(s.output))
    refuse(s, "transform", ".tfm, .txt, .h5, .mat, .nii.gz, .mha, .nrrd, .dcm, or --transform-format");
  const SpatialTransform transform = store::read_spatial_transform(s.input);
  formats::write_spatial_transform(s.output, transform, options, if_exists(session), session.monitor());
  session.monitor().inform(fmt::format("{} maps points of {} to points of {}", transform.name.text(),
                                       transform.name.from, transform.name.to));
  if (store::read_calibration(s.input))
    session.monitor().inform("what the calibration found besides is left behind; see --calibration-table");
}

void export_workbook(const Settings& s, shell::Session& session) {
  std::vector<formats::Sheet> sheets{{"table", store::read_table(s.input)}};
  if (const auto record = store::read_calibration(s.input)) {
    if (!record->summary.empty()) sheets.push_back({"summary", summary_table(*record)});
    for (const auto& [name, table] : record->tables) sheets.push_back({name, table});
  }
  formats::write_xlsx(s.output, sheets, if_exists(session));
}

void export_table(const Settings& s, shell::Session& session) {
  const std::string extension = extension_of(s.output);
  if (extension == ".xlsx") return export_workbook(s, session);
  if (extension != ".csv") refuse(s, "table", ".csv or .xlsx");
  formats::write_csv(s.output, store::read_table(s.input), if_exists(session));
}

void export_calibration(const Settings& s, shell::Session& session) {
  if (extension_of(s.output) != ".csv") refuse(s, "table", ".csv");
  const auto record = store::read_calibration(s.input);
  if (!record)
    throw InputError("{}: holds no calibration; expected a transform or table that a calibration tool wrote",
                     s.input);
  if (s.calibration_table == "summary")
    return formats::write_csv(s.output, summary_table(*record), if_exists(session));
  std::vector<std::string> names{"summary"};
  for (const auto& [name, table] : record->tables) names.push_back(name);
  const Table* table = record->table(s.calibration_table);
  if (table == nullptr)
    throw InputError("{}: its calibration has no table '{}'; expected one of {}{}", s.input,
                     s.calibration_table, fmt::join(names, ", "), did_you_mean(s.calibration_table, names));
  formats::write_csv(s.output, *table, if_exists(session));
}

void export_points(const Settings& s, shell::Session& session) {
  if (!formats::is_point_extension(s.output))
    refuse(s, "set of points", ".fcsv, .mrk.json, .csv, .pts, .txt, .ply, .stl, .obj or .vtk");
  formats::write_point_file(s.output, store::read_points(s.input), if_exists(session), session.monitor());
}

void export_tree(const Settings& s, shell::Session& session) {
  if (!formats::is_tree_extension(s.output)) refuse(s, "tree", ".vtk or .csv");
  formats::write_tree_file(s.output, store::read_tree(s.input), if_exists(session), session.monitor());
  if (store::read_calibration(s.input))
    session.monitor().inform("what the method found besides is left behind; see --calibration-table");
}

void run(const Settings& s, shell::Session& session) {
  const std::string layout = store::layout_of(s.input);
  if (!s.calibration_table.empty()) return export_calibration(s, session);
  if (layout == "volume")
    export_volume(s, session);
  else if (layout == "frames")
    export_frames(s, session);
  else if (layout == "transform")
    export_transform(s, session);
  else if (layout == "table")
    export_table(s, session);
  else if (layout == "points")
    export_points(s, session);
  else if (layout == "tree")
    export_tree(s, session);
  else
    throw InputError("{}: has the layout '{}'; expected volume, frames, transform, table, points or tree",
                     s.input, layout);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
