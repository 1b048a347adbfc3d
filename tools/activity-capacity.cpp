#include <cstdio>
#include <nlohmann/json.hpp>

#include "activity/capacity.hpp"
#include "base/error.hpp"
#include "shell/calibration_text.hpp"
#include "shell/records_input.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-capacity", "activity", "how many machines a number of patients needs",
    "Reads classes of patients, one a row: modality (a separate study for each), class, per_week, and as far "
    "as they "
    "differ from the usual priority (lower is called first; 0), service_min (mean minutes on the machine, "
    "change of "
    "patients included; 20), service_cv (spread over mean; 0: always the same, 1: exponential, else "
    "log-normal; 0.5), no_show (share; "
    "0), any_hour (1: they come day and night) and on_call (1: they are served when it is closed, too).\n\n"
    "For each number of machines patients are sent through them in simulated time: opening hours, "
    "priorities, "
    "patients who do not come, machines that fail and are repaired, overtime at closing, on-call work at "
    "night. "
    "Waits have 95 % intervals from replicates, and the table enough holds the fewest machines at which "
    "every class "
    "waits as wanted.\n\n"
    "Beside it stand the formulas: Erlang's for exponential times, Allen and Cunneen's (for one machine "
    "Pollaczek and "
    "Khinchine's) for others. They know neither priorities nor nights: their waits are in opening hours, and "
    "hold "
    "for a machine that never closes.\n\n"
    "Patients come at random, without appointments. The same seed gives the same patients to any number of "
    "machines, "
    "and the same bytes for any number of threads."};

struct Settings {
  std::string input;
  std::string output;
  std::string machines = "1-4";
  std::string open = "mon-fri 08:00-16:00";
  std::int64_t on_call_machines = 1;
  double limit_h = 24;
  double share = 0.9;
  double no_show_min = 10;
  double failure_h = 0;
  double repair_h = 8;
  double weeks = 52;
  double warm_up_weeks = 8;
  std::int64_t replicates = 20;
  std::int64_t seed = 1;
};

void declare(Options& options, Settings& s) {
  options.input("CLASSES", s.input, "table of classes of patients: Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.text("--machines", s.machines, "FROM-TO", "numbers of machines to try, such as 2-6 or 3");
  options.text("--open", s.open, "HOURS",
               "when they are open: 'mon-fri 08:00-16:00, sat 09:00-13:00', or always");
  options.value("--on-call-machines", s.on_call_machines, {0, 1000},
                "machines that serve on-call patients when closed");
  options.section("What is wanted");
  options.value("--limit-hours", s.limit_h, {0, 10000}, "wait that is to be kept");
  options.value("--share", s.share, {0.01, 0.9999}, "of every class of patients, for whom it is to be kept");
  options.section("What goes wrong");
  options.value("--no-show-minutes", s.no_show_min, {0, 240},
                "minutes that a patient who does not come costs");
  options.value("--failure-hours", s.failure_h, {0, 1e6},
                "mean opening hours between failures of a machine; 0: never");
  options.value("--repair-hours", s.repair_h, {0, 1e5}, "mean hours to repair, day and night");
  options.section("Simulation");
  options.value("--weeks", s.weeks, {1, 10000}, "that are counted");
  options.value("--warm-up-weeks", s.warm_up_weeks, {0, 10000}, "before them");
  options.value("--replicates", s.replicates, {2, 10000}, "of the whole");
  options.value("--seed", s.seed, {0, 1e15}, "the same seed gives the same numbers");
  options.example(
      "snitt-activity-capacity sample_data/activity/patient-classes.csv --machines 2-5 --limit-hours 336 "
      "--failure-hours 400 -o capacity.h5",
      "Two modalities, emergencies first, two weeks to be kept");
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  activity::CapacityOptions options;
  int from = 0, to = 0;
  char end = 0;
  const int read = std::sscanf(s.machines.c_str(), "%5d-%5d%c", &from, &to, &end);
  if (read == 1) to = from;
  constexpr int most = 1000;
  if (read < 1 || read > 2 || from < 1 || to < from || to > most)
    throw UsageError("--machines '{}': expected a number or FROM-TO such as 2-6", s.machines);
  options.fewest_machines = static_cast<std::size_t>(from);
  options.most_machines = static_cast<std::size_t>(to);
  options.model.opening = activity::opening_week(s.open);
  options.model.on_call_machines = static_cast<std::size_t>(s.on_call_machines);
  options.model.no_show_min = s.no_show_min;
  options.model.hours_between_failures = s.failure_h;
  options.model.repair_h = s.repair_h;
  options.model.weeks = s.weeks;
  options.model.warm_up_weeks = s.warm_up_weeks;
  options.limit_h = s.limit_h;
  options.share = s.share;
  options.replicates = static_cast<std::size_t>(s.replicates);
  options.seed = static_cast<std::uint64_t>(s.seed);
  options.basis = {{"opening hours", s.open}};
  const auto classes = activity::patient_classes(shell::read_records(s.input), s.input);
  const activity::CapacityResult result = activity::capacity(classes, options, session.monitor());
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.waits, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &result.record);
  nlohmann::json json = shell::calibration_json(result.record);
  json["waits"] = shell::table_json(result.waits);
  for (const auto& [name, rows] : result.record.tables) json[name] = shell::table_json(rows);
  session.result(shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
