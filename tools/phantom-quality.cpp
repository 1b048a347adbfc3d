#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "formats/png_file.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_overlay.hpp"
#include "quality/phantom_quality.hpp"
#include "shell/calibration_text.hpp"
#include "shell/ct_input.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace fs = std::filesystem;

namespace snitt {
namespace {

const shell::ToolInfo info{
    "phantom-quality", "dose and quality",
    "find a CT test object in a scan and measure the image quality with it",
    "CT is a scan of a test object: a folder of DICOM files, a zip or tar archive of them, or a volume. The "
    "object may be turned, tilted, off-center, on a table, mirrored, scanned in either direction, cut by the "
    "field of view, and only in part. Its axis is found by circles fitted to the edge of the body in every "
    "slice, its turn and its modules by what the slices hold; the distances between modules only confirm "
    "that.\n\n"
    "A scan that is not the named object is refused with what was found instead; --phantom auto tells the "
    "known ones apart, and refuses where the scan does not.\n\n"
    "The output is a table with a row per measure: module, measure, object, value, nominal value, "
    "difference, "
    "tolerance and verdict. Measured are HU and linearity of the inserts, slice thickness, distances, "
    "uniformity, noise and its power spectrum, the transfer function (TTF) of each insert, the MTF of wires "
    "and beads, the modulation of bars, low contrast targets, and d' of the tasks asked for. Further tables "
    "(modules, localization, objects, inserts, nps_radial, ttf, mtf, line_pairs, low_contrast, and of a "
    "Mercury phantom diameters and diameter_fits) are in the "
    "same "
    "file: snitt-info lists them, snitt-export --calibration-table writes them as CSV.\n\n"
    "HU of inserts depend on the tube voltage and the filter: nominal values are for 120 kV. --nominal FILE "
    "replaces them and every other nominal value and tolerance; an exported result table is such a file."};

struct Settings {
  shell::CtInput input;
  std::string output;
  std::string phantom = "auto";
  std::string nominal;
  std::vector<std::string> tasks;
  std::string observer = "npw";
  std::optional<double> slice_thickness_mm;
  bool nps_2d = false;
  std::string overlay;
};

void declare(Options& options, Settings& s) {
  options.input("CT", s.input.path, "CT in HU: DICOM folder, file or archive, or a volume");
  options.output(s.output, "table to write, one row per measure");
  std::vector<Choice> choices{{"auto", "the one that fits best, if only one does"}};
  for (const CtPhantomModel& model : ct_phantom_models()) choices.push_back({model.name, model.title});
  options.choice("--phantom", s.phantom, choices, "what was scanned");
  options.section("Measures");
  options.file(
      "--nominal", s.nominal,
      "CSV with columns measure, object, nominal, tolerance (and module) instead of the model's values");
  options.value("--slice-thickness-mm", s.slice_thickness_mm, {0.05, 50},
                "nominal slice thickness; the DICOM header's if not given");
  options.texts("--task", s.tasks, "SHAPE:DIAMETER:CONTRAST",
                "d' of an object: disk, gaussian or designer, its diameter in mm and contrast in HU");
  options.choice("--observer", s.observer,
                 {{"npw", "non-prewhitening matched filter"}, {"npwe", "with the eye's filter"}},
                 "who looks for the object");
  options.flag("--nps-2d", s.nps_2d, "keep the two-dimensional noise power spectrum as table nps_2d");
  options.extra_output_folder("--overlay", s.overlay,
                              "folder for a PNG per module with what was measured drawn in");
  shell::declare_ct_series(options, s.input);
  options.example("snitt-phantom-quality sample_data/phantom-quality/catphan-504.h5 -o catphan.h5",
                  "which CatPhan it is, and all that can be measured with it");
  options.example(
      "snitt-phantom-quality sample_data/phantom-quality/catphan-504.h5 --phantom catphan-504 --task "
      "disk:5:10 "
      "--overlay catphan-pictures -o catphan-task.h5",
      "the model named, d' of a disk of 5 mm and 10 HU, and pictures to check by eye");
}

double stated_thickness(const Settings& s, const Volume& ct) {
  if (s.slice_thickness_mm) return *s.slice_thickness_mm;
  for (const auto& [name, value] : ct.metadata)
    if (name == "SliceThickness") try {
        return std::stod(value);
      } catch (const std::exception&) {
        return quality::not_found;
      }
  return quality::not_found;
}

std::vector<CtPhantomModel> models_with(const std::vector<quality::NominalValue>& values, const Settings& s) {
  std::vector<CtPhantomModel> models = ct_phantom_models();
  if (s.phantom == "auto") return models;
  for (CtPhantomModel& model : models)
    if (model.name == s.phantom) model = quality::with_nominal_values(std::move(model), values);
  return models;
}

quality::PhantomScan find_phantom(const Settings& s, const Volume& ct,
                                  const std::vector<quality::NominalValue>& nominal, Monitor& monitor) {
  const std::vector<CtPhantomModel> models = models_with(nominal, s);
  if (s.phantom == "auto") {
    quality::PhantomScan scan = quality::recognize_phantom(ct, s.input.path, models, monitor);
    scan.model = quality::with_nominal_values(std::move(scan.model), nominal);
    return scan;
  }
  for (const CtPhantomModel& model : models)
    if (model.name == s.phantom) return quality::locate_phantom(ct, s.input.path, model, models, monitor);
  throw UsageError("--phantom {}: unknown", s.phantom);
}

void write_overlays(const std::string& path, const quality::PhantomScan& scan,
                    const quality::PhantomFindings& findings, IfExists if_exists) {
  AtomicFolder folder(path, if_exists, [](const std::string& name) { return name.ends_with(".png"); });
  for (std::size_t i = 0; i < scan.modules.size(); ++i)
    formats::write_png((fs::path(folder.temporary()) / quality::overlay_name(scan, i)).string(),
                       quality::module_overlay(scan, scan.modules[i], findings), IfExists::overwrite);
  folder.commit();
}

nlohmann::json json_of(const CalibrationRecord& record, const Table& measures) {
  nlohmann::json json = shell::calibration_json(record);
  json["measures"] = shell::table_json(measures);
  for (const char* name : {"modules", "inserts", "low_contrast", "line_pairs", "diameters", "diameter_fits"})
    if (const Table* table = record.table(name)) json[name] = shell::table_json(*table);
  return json;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  quality::PhantomAnalysisOptions options;
  for (const std::string& task : s.tasks) options.tasks.push_back(quality::parse_task(task));
  options.observer.observer = s.observer == "npwe" ? quality::Observer::npwe : quality::Observer::npw;
  options.keep_nps_2d = s.nps_2d;
  std::vector<quality::NominalValue> nominal;
  if (!s.nominal.empty()) nominal = quality::read_nominal_values(s.nominal);

  const shell::CtSeries series = shell::read_ct(s.input, s.output, session.monitor());
  options.stated_slice_thickness_mm = stated_thickness(s, series.ct);
  const quality::PhantomScan scan = find_phantom(s, series.ct, nominal, session.monitor());
  options.observer.eye.image_pixel_mm = scan.column_spacing_mm;
  quality::PhantomFindings findings = quality::analyze_phantom(scan, options);
  quality::apply_nominal_values(nominal, findings.measures);
  const CalibrationRecord record = quality::phantom_record(scan, findings);
  const Table table = quality::measure_table(findings.measures);

  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::write_table(s.output, table, session.provenance(), if_exists, &record);
  if (!s.overlay.empty()) write_overlays(s.overlay, scan, findings, if_exists);
  session.result(shell::calibration_text(record) + "\n" + shell::table_text(table), json_of(record, table));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
