#include <nlohmann/json.hpp>

#include "activity/code_columns.hpp"
#include "activity/utilization.hpp"
#include "data/activity_columns.hpp"
#include "shell/calibration_text.hpp"
#include "shell/records_input.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-utilization", "activity", "how far scanners are used",
    "Reads records of examinations (a table of snitt-activity-extract, or any table or CSV with columns "
    "device, "
    "examined and exam_end, and better also patient, status, arrived, modality, site) and lays each device's "
    "examinations on its time line. Examinations that overlap, or of one patient with no more than "
    "--same-patient-gap-minutes between, are one session; busy is from its first start to its last end and "
    "--setup-minutes "
    "before, as far as the device was free.\n\n"
    "For each device it gives busy hours, use (busy over last end less first start; busy within opening "
    "hours over "
    "opening hours, with a 95 % interval from day to day), examinations per hour, the gap from patient to "
    "patient, "
    "longer idle gaps, examinations out of hours, and working days without any. Opening hours are local, on "
    "working "
    "days; nights in which clocks change are as long as they were.\n\n"
    "Table clock compares the time from arrival to examination between devices of one kind: a scanner whose "
    "clock is "
    "wrong examines patients before they come. Rows that are left out are in the table accounting. The table "
    "days "
    "has one row per device and day."};

struct Settings {
  std::string input;
  std::string output;
  std::vector<std::string> exclude;
  std::string code_list;
  std::string opening_hours = "08:00-16:00";
  std::string country = "none";
  std::string time_zone = "Europe/Oslo";
  activity::UtilizationOptions options;
};

void declare(Options& options, Settings& s) {
  options.input("RECORDS", s.input, "table of examinations: Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.texts("--exclude", s.exclude, "NAME=VALUE", "leave rows with this value out");
  options.file("--code-list", s.code_list,
               "CSV with columns code, modality, region, for modality and --exclude of it, region and kind "
               "where the records have codes alone; codes it lacks follow the rule of NCRP");
  options.section("Sessions");
  options.value("--setup-minutes", s.options.setup_min, {0, 600}, "minutes of set-up before each session");
  options.value("--same-patient-gap-minutes", s.options.same_patient_gap_min, {0, 600},
                "examinations of one patient this close are one session");
  options.value("--idle-minutes", s.options.idle_min, {1, 1440},
                "a longer gap is idle, not a change of patients");
  options.value("--longest-hours", s.options.longest_h, {0.1, 48},
                "leave longer examinations out: an end that was set by nobody");
  options.section("Hours");
  options.text("--opening-hours", s.opening_hours, "FROM-TO", "local hours on working days");
  options.choice("--country", s.country,
                 {{"none", "weekends alone"},
                  {"norway", "those of Norway"},
                  {"england", "those of England"},
                  {"denmark", "those of Denmark"},
                  {"sweden", "those of Sweden"}},
                 "whose public holidays are no working days");
  options.text("--time-zone", s.time_zone, "ZONE", "local time: Europe/Oslo, UTC, +01:00");
  options.example(
      "snitt-activity-utilization sample_data/activity/records.csv --setup-minutes 2 --country norway -o "
      "use.h5",
      "Four scanners over eight weeks");
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  activity::UtilizationOptions options = s.options;
  options.exclude = shell::columns_and_values("--exclude", s.exclude);
  options.opening_s = shell::hours_of_day("--opening-hours", s.opening_hours);
  options.calendar = activity::WorkCalendar(s.country);
  options.zone = TimeZone::load(s.time_zone);
  Table records = shell::read_records(s.input);
  const activity::CodeList codes =
      s.code_list.empty() ? activity::CodeList() : activity::read_code_list(s.code_list);
  if (store::is_snitt_file(s.input))
    if (const auto record = store::read_calibration(s.input)) options.basis = activity::basis_of(*record);
  // What the machine says it is goes before what its examinations' codes are.
  std::vector<std::string> wanted;
  if (!records.find(activity_columns::source_modality)) wanted.emplace_back("modality");
  for (const auto& [name, value] : options.exclude) wanted.push_back(name);
  if (const auto basis = activity::add_code_columns(records, wanted, codes))
    options.basis.push_back(*basis);
  const activity::UtilizationResult result =
      activity::utilization(records, s.input, options, session.monitor());
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.devices, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &result.record);
  nlohmann::json json = shell::calibration_json(result.record);
  json["devices"] = shell::table_json(result.devices);
  for (const auto& [name, rows] : result.record.tables) json[name] = shell::table_json(rows);
  session.result(shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
