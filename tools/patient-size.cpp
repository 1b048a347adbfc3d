#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "quality/patient_size.hpp"
#include "shell/calibration_text.hpp"
#include "shell/ct_input.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "patient-size", "dose and quality",
    "measure the patient in CT slices, and the dose estimate for that size",
    "CT is a series of axial slices in HU: a folder of DICOM files, a zip or tar archive of them, or a "
    "volume. "
    "The output is a table with a row per slice: area and mean HU of the body, water-equivalent diameter "
    "(AAPM "
    "report 220), effective diameter, lateral and AP width, the share of the contour that the field of view "
    "cuts "
    "off with the diameter corrected for it, and, where CTDIvol and its phantom are known, the size-specific "
    "dose estimate SSDE(z).\n\n"
    "The body is the largest connected region of -250 HU and more with all that it encloses; the couch is "
    "left "
    "out, and slices with nothing but the couch are called 'no body'. CTDIvol, its phantom and the tube "
    "current "
    "are taken from the headers of DICOM slices; options go before headers.\n\n"
    "The means over the slices are printed and kept in the file. A diameter outside the range where the "
    "conversion factors were fitted gets no SSDE, and is counted. SSDE is an estimate for a patient of that "
    "size, not a dose of this patient."};

struct Settings {
  shell::CtInput input;
  std::string output;
  std::optional<double> ctdivol_mgy;
  std::string phantom = "header";
  bool follow_current = false;
  std::optional<std::vector<double>> factor_32cm;
  std::optional<std::vector<double>> factor_16cm;
  quality::BodyOptions body;
};

void declare(Options& options, Settings& s) {
  options.input("CT", s.input.path, "CT in HU: DICOM folder, file or archive, or a volume");
  options.output(s.output, "table to write, one row per slice");
  options.section("Dose");
  options.value("--ctdivol-mgy", s.ctdivol_mgy, {1e-4, 1e4}, "mean CTDIvol, for all slices alike");
  options.choice("--phantom", s.phantom,
                 {{"header", "as the DICOM headers say; without that no SSDE"},
                  {"32cm", "body phantom"},
                  {"16cm", "head phantom"}},
                 "phantom that CTDIvol refers to");
  options.flag("--follow-current", s.follow_current,
               "let CTDIvol follow the tube current of the slices, its mean as stated");
  options.values(
      "--factor-32cm", s.factor_32cm, "A B CM CM", {0, 1e3},
      "SSDE is A exp(-B d) CTDIvol for a diameter of d cm between the last two; for the 32 cm phantom "
      "3.704369 0.03671937 8 45 if not given");
  options.values("--factor-16cm", s.factor_16cm, "A B CM CM", {0, 1e3},
                 "the same for the 16 cm phantom, 1.874799 0.03871313 6 55 if not given");
  options.section("Body");
  options.value("--threshold-hu", s.body.threshold_hu, {-900, 0}, "tissue is at least this dense");
  options.value("--smallest-area-mm2", s.body.smallest_area_mm2, {1, 1e6}, "a smaller region is no body");
  options.value("--lightest-hu", s.body.lightest_hu, {-1024, 0},
                "a region with a lower mean is no body but a couch");
  shell::declare_ct_series(options, s.input);
  options.example("snitt-patient-size sample_data/patient-size -o size.h5",
                  "CTDIvol and phantom from the headers");
  options.example(
      "snitt-patient-size sample_data/patient-size --ctdivol-mgy 12 --phantom 32cm --follow-current "
      "-o size-12.h5",
      "CTDIvol stated by hand, modulated as the tube current");
}

quality::SizeFactor factor_from(const char* option, const std::optional<std::vector<double>>& given,
                                const quality::SizeFactor& otherwise) {
  if (!given) return otherwise;
  if (given->at(2) >= given->at(3))
    throw UsageError("{}: its range is {} to {} cm; expected the smaller diameter first", option,
                     given->at(2), given->at(3));
  return {given->at(0), given->at(1), given->at(2), given->at(3)};
}

quality::SizeOptions size_options(const Settings& s) {
  quality::SizeOptions options;
  options.body = s.body;
  options.factor_32cm = factor_from("--factor-32cm", s.factor_32cm, quality::body_factor);
  options.factor_16cm = factor_from("--factor-16cm", s.factor_16cm, quality::head_factor);
  options.follow_current = s.follow_current;
  return options;
}

void warn_of_modulation(const std::vector<CtSliceDose>& dose, const Settings& s, Monitor& monitor) {
  if (s.follow_current) return;
  bool current_varies = false;
  bool ctdi_varies = false;
  for (const CtSliceDose& slice : dose) {
    current_varies = current_varies || std::abs(slice.tube_current_ma - dose.front().tube_current_ma) > 0;
    ctdi_varies = ctdi_varies || std::abs(slice.ctdivol_mgy - dose.front().ctdivol_mgy) > 0;
  }
  if (current_varies && !ctdi_varies && !std::isnan(dose.front().ctdivol_mgy))
    monitor.warn(
        fmt::format("{}: its tube current varies from slice to slice and its CTDIvol does not; SSDE(z) "
                    "follows the size alone "
                    "(--follow-current)",
                    s.input.path));
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  quality::SizeOptions options = size_options(s);
  const shell::CtSeries series = shell::read_ct(s.input, s.output, session.monitor());
  std::vector<CtSliceDose> dose = quality::matched_to_slices(series.ct.geometry, series.exposures.slices);
  if (s.ctdivol_mgy)
    for (CtSliceDose& slice : dose) slice.ctdivol_mgy = *s.ctdivol_mgy;
  options.phantom = s.phantom == "32cm"   ? DosePhantom::body_32cm
                    : s.phantom == "16cm" ? DosePhantom::head_16cm
                                          : series.exposures.phantom;
  if (s.ctdivol_mgy && options.phantom == DosePhantom::unknown)
    throw UsageError(
        "--ctdivol-mgy is given, but {} does not say of which phantom; expected --phantom 32cm or 16cm",
        s.input.path);
  warn_of_modulation(dose, s, session.monitor());
  quality::PatientSize size;
  try {
    size = quality::patient_size(series.ct, s.input.path, dose, options, session.monitor());
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", s.input.path, error.what());
  }
  for (const std::string& reason : size.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, quality::size_table(size), session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &size.record);
  session.result(shell::calibration_text(size.record), shell::calibration_json(size.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
