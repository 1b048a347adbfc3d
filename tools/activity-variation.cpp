#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "activity/basis.hpp"
#include "activity/variation.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-variation", "activity", "how much rates differ between areas, beyond chance",
    "Reads rates of areas as snitt-activity-rates writes them, or any table with observed and expected "
    "events (or "
    "person-years) by area. Every combination of the other dimensions is analyzed apart.\n\n"
    "Measures: extremal quotients (highest over lowest rate, second over second last, third over third "
    "last), coefficients of "
    "variation, systematic component of variation (Diehr; McPherson), chi-squared heterogeneity, variance "
    "between areas by "
    "empirical Bayes (gamma by maximum likelihood; Marshall), log-normal Poisson model with median rate "
    "ratio and "
    "intraclass correlation, and over-dispersion. Beside each stands its 95 % interval and the range that "
    "chance alone "
    "gives when all areas are alike.\n\n"
    "Table areas has each area's ratio with its interval, shrunk ratios, and funnel limits (95 and 99.8 %, "
    "exact, and with additive or "
    "multiplicative over-dispersion); scenarios has the events if all areas had the lowest, median or "
    "highest rate; "
    "left_out what was not analyzed. docs/activity-variation.md has the formulas."};

struct Settings {
  std::string input;
  std::string output;
  activity::VariationColumns columns;
  std::vector<std::string> by;
  double least_count = 0;
  double winsorise = 0.1;
  std::string scale = "root";
  std::int64_t replicates = 1000;
  std::int64_t seed = 1;
  std::int64_t quadrature_points = 25;
};

void declare(Options& options, Settings& s) {
  options.input("RATES", s.input, "table of rates by area, Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.texts("--by", s.by, "NAME,...",
               "columns whose combinations are analyzed apart, joined by commas; by default year and all "
               "columns of words but the "
               "area");
  options.value("--least-count", s.least_count, {0, 1e9}, "leave out areas with fewer events");
  options.section("Columns");
  options.text("--area-column", s.columns.area, "NAME", "areas");
  options.text("--observed-column", s.columns.observed, "NAME", "events; by default observed or count");
  options.text("--expected-column", s.columns.expected, "NAME",
               "events that are expected; by default expected");
  options.text("--rate-column", s.columns.rate, "NAME", "rates; by default direct, rate or crude");
  options.text("--persons-column", s.columns.persons, "NAME",
               "person-years; by default person_years or population");
  options.section("Methods");
  options.value("--winsorize", s.winsorise, {0, 0.45},
                "share of areas on each side whose z is drawn in for over-dispersion");
  options.choice("--scale", s.scale,
                 {{"root", "square root of observed over expected"}, {"log", "its logarithm"}},
                 "of the funnel's z and limits with over-dispersion");
  options.value("--replicates", s.replicates, {100, 1e6}, "of the bootstrap");
  options.value("--seed", s.seed, {0, 1e15}, "of the bootstrap; the same seed gives the same numbers");
  options.value("--quadrature-points", s.quadrature_points, {1, 101},
                "of the log-normal model; 1 is Laplace's approximation");
  options.example("snitt-activity-variation sample_data/activity/example_rates.csv -o variation.h5",
                  "Variation of CT and of MR between 21 areas");
}

std::vector<std::string> dimensions_of(const std::vector<std::string>& by) {
  std::vector<std::string> words = split_at_commas(by);
  for (const std::string& word : words)
    if (word.empty()) throw UsageError("--by '{}': expected names joined by commas", fmt::join(by, " "));
  return words;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const bool is_ours = store::is_snitt_file(s.input);
  const Table rates = is_ours ? store::read_table(s.input) : formats::read_csv(s.input);
  activity::VariationColumns columns = s.columns;
  columns.by = dimensions_of(s.by);
  activity::VariationOptions options;
  options.least_count = s.least_count;
  options.winsorise = s.winsorise;
  options.scale = s.scale == "root" ? statistics::RatioScale::square_root : statistics::RatioScale::logarithm;
  options.replicates = static_cast<std::size_t>(s.replicates);
  options.seed = static_cast<std::uint64_t>(s.seed);
  options.quadrature_points = static_cast<int>(s.quadrature_points);
  activity::VariationResult result = activity::variation(rates, columns, options, s.input);
  CalibrationRecord& record = result.record;
  if (const auto before = is_ours ? store::read_calibration(s.input) : std::nullopt)
    record.tables.emplace_back("basis", activity::basis_table(activity::basis_of(*before)));
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.measures, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  nlohmann::json json = shell::calibration_json(record);
  json["measures"] = shell::table_json(result.measures);
  for (const auto& [name, table] : record.tables) json[name] = shell::table_json(table);
  session.result(shell::calibration_text(record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
