#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "activity/code_columns.hpp"
#include "activity/turnaround.hpp"
#include "base/error.hpp"
#include "base/words.hpp"
#include "formats/number_text.hpp"
#include "shell/calibration_text.hpp"
#include "shell/records_input.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-turnaround", "activity", "waiting and reporting times, and who is waiting",
    "Reads records of examinations (a table of snitt-activity-extract, or any table or CSV with moments in "
    "columns "
    "requested, arrived, examined, exam_end, preliminary, reported) and measures, as far as there are "
    "columns: wait "
    "(requested to examined), arrival (arrived to examined), examination (to its end), first_report (to the "
    "preliminary or final report), report (to the final one) and total (requested to reported).\n\n"
    "Moments are seconds since 1970 UTC, or text; text without an offset is local time of --time-zone. "
    "Intervals are "
    "differences in UTC, so that a night in which clocks are put back is an hour longer. Days of "
    "--limit-days are "
    "between local dates.\n\n"
    "What has begun and not ended is not left out: Kaplan and Meier's curve takes it as going on at the "
    "extract date "
    "(--as-of, by default the latest moment in the table), and so its median is larger than that of the "
    "ended "
    "alone where many wait. Cancelled, no-show and rejected rows are left out and counted. Intervals that "
    "end before "
    "they begin are counted and in no figure.\n\n"
    "--working-hours adds the same by a clock that runs on working days only. --list-at counts the waiting "
    "list at "
    "given moments, with ages, flows and the weeks to clear it.\n\n"
    "The table that is written has one row per measure, clock and group; limits, curves, log_rank, "
    "waiting_list, "
    "waiting_ages, accounting and basis are in the same file."};

struct Settings {
  std::string code_list;
  std::string input;
  std::string output;
  std::vector<std::string> by;
  std::vector<std::string> exclude;
  std::vector<std::string> limit_hours;
  std::vector<std::string> limit_days;
  std::string as_of;
  std::vector<std::string> list_at;
  std::string working_hours;
  std::string country = "none";
  std::string time_zone = "Europe/Oslo";
  std::string report_from = "end";
};

void declare(Options& options, Settings& s) {
  options.input("RECORDS", s.input, "table of examinations: Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.texts("--by", s.by, "NAME,...",
                "a group for each value of this column; of several columns, for each combination of values");
  options.file(
      "--code-list", s.code_list,
      "CSV with columns code, modality, region, for --by and --exclude of modality, region and kind where the records have "
      "codes alone; codes it lacks follow the rule of NCRP");
  options.texts("--exclude", s.exclude, "NAME=VALUE",
                "leave rows with this value out, such as priority=emergency or planned follow-ups");
  options.texts("--limit-hours", s.limit_hours, "HOURS", "report the share within these hours");
  options.texts("--limit-days", s.limit_days, "DAYS",
                "report the share within these days between dates, such as 28; the same day is 0");
  options.text("--as-of", s.as_of, "MOMENT", "when the table was drawn: 2024-12-31 or 2024-12-31T23:59");
  options.texts("--list-at", s.list_at, "MOMENT",
                "count the waiting list at this moment; by default when the table was drawn");
  options.choice("--report-from", s.report_from,
                 {{"end", "the end of the examination, where it is known"}, {"start", "its start"}},
                 "where reporting begins");
  options.section("Clocks");
  options.text("--time-zone", s.time_zone, "ZONE", "local time: Europe/Oslo, UTC, +01:00");
  options.text("--working-hours", s.working_hours, "FROM-TO",
               "measure by a clock of these local hours too, such as 08:00-16:00");
  options.choice("--country", s.country,
                 {{"none", "weekends alone"},
                  {"norway", "those of Norway"},
                  {"england", "those of England"},
                  {"denmark", "those of Denmark"},
                  {"sweden", "those of Sweden"}},
                 "whose public holidays are no working days");
  options.example(
      "snitt-activity-turnaround sample_data/activity/records.csv --by modality --limit-days 28 "
      "--limit-hours 24 "
      "--working-hours 08:00-16:00 --country norway -o turnaround.h5",
      "Times by modality, also in working hours");
  options.example(
      "snitt-activity-turnaround sample_data/activity/records.csv --exclude priority=emergency --list-at "
      "2024-02-01 "
      "--list-at 2024-03-01 -o waiting.h5",
      "The waiting list on two days");
}

std::vector<double> limits_of(const char* option, const std::vector<std::string>& words) {
  std::vector<double> limits;
  for (const std::string& word : split_at_commas(words)) {
    const auto value = formats::parse_number(word);
    if (!value || !(*value >= 0)) throw UsageError("{} '{}': expected a number, 0 or above", option, word);
    limits.push_back(*value);
  }
  return limits;
}

double moment_of(const char* option, const std::string& word, const TimeZone& zone) {
  const auto moment = activity::moment_from(word, zone);
  if (!moment)
    throw UsageError("{} '{}': expected a moment such as 2024-12-31 or 2024-12-31T23:59", option, word);
  return *moment;
}

activity::TurnaroundOptions options_of(const Settings& s) {
  activity::TurnaroundOptions options;
  options.by = split_at_commas(s.by);
  options.exclude = shell::columns_and_values("--exclude", s.exclude);
  options.limit_hours = limits_of("--limit-hours", s.limit_hours);
  options.limit_days = limits_of("--limit-days", s.limit_days);
  options.zone = TimeZone::load(s.time_zone);
  if (!s.as_of.empty()) options.as_of_s = moment_of("--as-of", s.as_of, options.zone);
  for (const std::string& word : split_at_commas(s.list_at))
    options.list_at_s.push_back(moment_of("--list-at", word, options.zone));
  options.calendar = activity::WorkCalendar(s.country);
  if (!s.working_hours.empty()) {
    options.working_hours_s = shell::hours_of_day("--working-hours", s.working_hours);
    options.basis.push_back({"working hours", s.working_hours + ", holidays of " + s.country});
  }
  options.report_from_start = s.report_from == "start";
  return options;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  activity::TurnaroundOptions options = options_of(s);
  Table records = shell::read_records(s.input);
  const activity::CodeList codes =
      s.code_list.empty() ? activity::CodeList() : activity::read_code_list(s.code_list);
  if (store::is_snitt_file(s.input))
    if (const auto record = store::read_calibration(s.input))
      options.basis = activity::joined(activity::basis_of(*record), options.basis);
  std::vector<std::string> wanted = options.by;
  for (const auto& [name, value] : options.exclude) wanted.push_back(name);
  if (const auto basis = activity::add_code_columns(records, wanted, codes))
    options.basis.push_back(*basis);
  const activity::TurnaroundResult result =
      activity::turnaround(records, s.input, options, session.monitor());
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.intervals, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &result.record);
  nlohmann::json json = shell::calibration_json(result.record);
  json["intervals"] = shell::table_json(result.intervals);
  for (const auto& [name, rows] : result.record.tables) json[name] = shell::table_json(rows);
  session.result(result.text + shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
