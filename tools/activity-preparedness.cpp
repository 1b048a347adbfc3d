#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "activity/preparedness.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "shell/calibration_text.hpp"
#include "shell/records_input.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-preparedness", "activity", "what is unmet when sites or machines are lost",
    "Reads who goes where today (columns area, site, modality, exams a year, and perhaps travel; pairs with "
    "0 "
    "examinations say that a site could be reached) and the machines (--units: site, modality, units, "
    "perhaps "
    "exams_per_unit), takes away what --lose names, and lets patients go elsewhere.\n\n"
    "What a machine can do in a year is exams_per_unit, or else the --unit-percentile of examinations per "
    "machine "
    "among the sites of the modality. Patients of a lost site go to the sites within reach in proportion to "
    "what their "
    "area has there today, as far as there is room; what is left then is moved by chains of moves as long as "
    "that "
    "helps, so that the unmet need is the smallest that can be.\n\n"
    "The table that is written has demand, moves and unmet need by modality and area. Table sites has each "
    "site's "
    "load, and the overtime that would meet the rest; flows has who goes where."};

struct Settings {
  std::string input;
  std::string output;
  std::string units;
  activity::PreparednessOptions options;
};

void declare(Options& options, Settings& s) {
  options.input("FLOWS", s.input, "who goes where: Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.file("--units", s.units, "machines by site and modality (required)");
  options.texts("--lose", s.options.lost, "SITE[:MODALITY][=UNITS]",
                "what is lost: all of a site, or of one modality, or so many units");
  options.value("--weeks", s.options.weeks, {0.1, 520}, "how long it is lost");
  options.value("--growth-percent", s.options.growth_percent, {-90, 500},
                "of demand, from the table to the time of the loss");
  options.value("--unit-percentile", s.options.unit_percentile, {0, 1},
                "of examinations per machine among sites: what a machine can do");
  options.value("--longest-travel", s.options.longest_travel, {0, 1e5},
                "sites farther than this (as in column travel) are not reached; 0: no limit");
  options.example(
      "snitt-activity-preparedness sample_data/activity/flows.csv --units sample_data/activity/units.csv "
      "--lose 'East "
      "Hospital' --weeks 4 -o loss.h5",
      "A hospital closed for four weeks");
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  if (s.units.empty())
    throw UsageError("--units is not given; expected a table of machines by site and modality");
  activity::PreparednessOptions options = s.options;
  options.lost = split_at_commas(options.lost);
  options.basis = {
      {"lost", options.lost.empty() ? "nothing" : fmt::format("{}", fmt::join(options.lost, ", "))},
      {"weeks", fmt::format("{:g}", options.weeks)}};
  const activity::PreparednessResult result = activity::preparedness(
      shell::read_records(s.input), s.input, shell::read_records(s.units), s.units, options);
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.areas, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &result.record);
  nlohmann::json json = shell::calibration_json(result.record);
  json["areas"] = shell::table_json(result.areas);
  for (const auto& [name, rows] : result.record.tables) json[name] = shell::table_json(rows);
  session.result(shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
