#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "quality/dose_simulation.hpp"
#include "shell/calibration_text.hpp"
#include "shell/ct_input.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "simulate-dose", "dose and quality", "simulate a CT series at a part of its dose",
    "CT is a series of axial slices in HU: a folder of DICOM files, a zip or tar archive of them, or a "
    "volume. The output is a volume on the same grid, with the noise that the same scan would have had at "
    "--fraction of its dose: variance (1 / fraction - 1) times that of the series is added, following the "
    "noise from place to place, with its texture within slices and its correlation from slice to slice.\n\n"
    "Level and texture are measured in uniform patches of the body, wherever there are some. Where there are "
    "none, --noise-spectrum takes the texture of a phantom that was scanned and reconstructed alike; without "
    "it a ramp is assumed, and said so. Padding and air set to one value get no noise; what the scanner cuts "
    "at -1024 HU stays cut.\n\n"
    "The result is measured again: its noise and its spectrum against the wished ones are printed, and kept "
    "by --check-table. Only quantum noise is simulated: at very low doses true images are worse, by "
    "electronic noise and streaks."};

struct Settings {
  std::string output;
  std::string check_table;
  std::string noise_spectrum;
  std::optional<double> fraction;
  std::int64_t seed = 1;
  double ramp_cutoff_per_mm = 0.7;
  shell::CtInput input;
};

void declare(Options& options, Settings& s) {
  options.input("CT", s.input.path, "CT in HU: DICOM folder, file or archive, or a volume");
  options.output(s.output, "volume to write");
  options.value("--fraction", s.fraction, {0, 1},
                "dose of the result over that of the series; must be given");
  options.value("--seed", s.seed, {0, 9e15}, "another one gives another noise of the same kind");
  options.extra_output("--check-table", s.check_table,
                       "also write a table of the noise power wished and found, with all that was measured");
  options.section("Texture of the noise");
  options.file("--noise-spectrum", s.noise_spectrum,
               "table with a radial noise power spectrum, of snitt-phantom-quality or snitt-patient-quality");
  options.value("--ramp-cutoff-per-mm", s.ramp_cutoff_per_mm, {0.1, 5},
                "where the ramp ends that is taken when there is nothing to measure");
  shell::declare_ct_series(options, s.input);
  options.example(
      "snitt-simulate-dose sample_data/patient-quality --fraction 0.5 -o half.h5 --check-table check.h5",
      "a series at half of its dose, and how well it was met");
}

const std::vector<double>* numbers(const Table& table, const std::string& name) {
  const Column* column = table.find(name);
  return column != nullptr ? std::get_if<std::vector<double>>(&column->values) : nullptr;
}

/// Half a bin where bins are named by their left edges, which are evenly spaced from 0; 0 where by the mean
/// frequency of their points, which is not.
double half_of_bins(const std::vector<double>& frequency) {
  if (frequency.size() < 3 || frequency[0] != 0) return 0;
  const double step = frequency[1];
  for (std::size_t k = 0; k < frequency.size(); ++k)
    if (!(std::abs(frequency[k] - static_cast<double>(k) * step) < 1e-6 * frequency.back())) return 0;
  return step / 2;
}

/// From the first table that has both columns: the file's own, then those of the record beside it.
quality::NoiseTexture texture_from(const std::string& path) {
  std::vector<Table> tables;
  if (store::layout_of(path) == "table") tables.push_back(store::read_table(path));
  if (const auto record = store::read_calibration(path))
    for (const auto& [name, table] : record->tables) tables.push_back(table);
  for (const Table& table : tables) {
    const auto* frequency = numbers(table, "frequency_per_mm");
    const auto* power = numbers(table, "power_hu2_mm2");
    if (frequency == nullptr || power == nullptr) continue;
    const double half = half_of_bins(*frequency);
    quality::RadialSpectrum radial;
    for (std::size_t k = 0; k < power->size(); ++k) {
      if (std::isnan(power->at(k)) || std::isnan(frequency->at(k))) continue;
      const double middle = k == 0 ? frequency->at(0) : frequency->at(k) + half;
      if (!radial.power_hu2_mm2.empty() && !(middle > radial.mean_frequency_per_mm.back()))
        throw InputError(
            "{}: its frequency_per_mm does not rise in row {}; expected one spectrum (of one module)", path,
            k + 1);
      radial.mean_frequency_per_mm.push_back(middle);
      radial.power_hu2_mm2.push_back(power->at(k));
    }
    try {
      return quality::texture_of(radial);
    } catch (const InputError& error) {
      throw InputError("{}: {}", path, error.what());
    }
  }
  throw InputError(
      "{}: has no table with columns frequency_per_mm and power_hu2_mm2; expected a noise power spectrum",
      path);
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (!s.check_table.empty()) store::refuse_foreign_name(s.check_table);
  if (!s.fraction) throw UsageError("--fraction is missing; expected the dose wanted, as --fraction 0.5");
  if (*s.fraction <= 0 || *s.fraction >= 1)
    throw UsageError(
        "--fraction is {}; expected more than 0 and less than 1: noise can be added, not removed",
        *s.fraction);
  quality::DoseSimulationOptions options;
  options.fraction = *s.fraction;
  options.seed = static_cast<std::uint64_t>(s.seed);
  options.ramp_cutoff_per_mm = s.ramp_cutoff_per_mm;
  if (!s.noise_spectrum.empty()) options.texture = texture_from(s.noise_spectrum);
  const shell::CtSeries series = shell::read_ct(s.input, s.output, session.monitor());
  const quality::DoseSimulation found =
      quality::simulate_dose(series.ct, s.input.path, options, session.monitor());
  for (const std::string& reason : found.record.reasons) session.monitor().warn(reason);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  if (!s.check_table.empty())
    store::write_table(s.check_table, summary_table(found.record), session.provenance(), if_exists,
                       &found.record);
  store::write_volume(s.output, found.low_dose, session.provenance(), if_exists);
  session.result(shell::calibration_text(found.record), shell::calibration_json(found.record));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
