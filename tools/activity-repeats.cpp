#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "activity/basis.hpp"
#include "activity/repeats.hpp"
#include "base/error.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "activity-repeats", "activity",
    "examinations of a patient that follow one another, and few who refer many",
    "Reads records of examinations (snitt-activity-extract) and counts, for every modality and region or "
    "every code, how many "
    "examinations are followed by another of the same kind and side within 7, 30, 90 and 365 days: by the "
    "same or another "
    "provider, with the same code, of in- and outpatients. The other knee is no repeat; both knees are one "
    "of either. Only "
    "examinations whose window lies wholly inside the data are counted (share), or all, by Kaplan and Meier "
    "(share_censored).\n\n"
    "Examinations of the same kind, side, provider and day are one. Rows that are cancelled, secondary "
    "readings, without "
    "patient or time are left out and listed.\n\n"
    "Tables: all (over kinds), pairs, escalation (plain, then CT or MR of the same region), "
    "persons_by_frequency, "
    "concentration and lorenz (share of examinations by share of referrers), excluded; with --indicators "
    "also shares of "
    "examinations that may be of low value, from an editable table of codes, ages and days.\n\n"
    "A repeat is not a mistake: follow-up is most often wanted. Memory is bounded (--memory-mb). "
    "docs/activity-repeats.md has "
    "the definitions."};

struct Settings {
  std::string input;
  std::string output;
  std::string same = "modality-region";
  std::string index = "every";
  std::vector<std::string> windows;
  std::int64_t clean_days = 365;
  std::string start, end;
  std::string zone;
  std::string code_list;
  std::string indicators;
  std::string provider_column = "provider";
  std::int64_t memory_mb = 1024;
};

void declare(Options& options, Settings& s) {
  options.input("RECORDS", s.input, "records of examinations, Snitt table or CSV with the same columns");
  options.output(s.output, "table file to write");
  options.texts("--window-days", s.windows, "DAYS",
                "window within which another is a repeat; by default 7, 30, 90 and 365");
  options.choice(
      "--same", s.same,
      {{"modality-region", "modality and region of the code are the same"}, {"code", "the code is the same"}},
      "what another of the same kind is");
  options.choice("--index", s.index,
                 {{"every", "every examination may be followed"},
                  {"first", "only those without another in the --clean-days before"}},
                 "which examinations are looked at");
  options.value("--clean-days", s.clean_days, {1, 3650},
                "days without another, before an index of --index first");
  options.section("Records");
  options.file(
      "--code-list", s.code_list,
      "CSV with columns code, modality, region, as sample_data/activity/code-lists/ncrp-2023.csv; codes that "
      "it has not follow the structure of Norwegian codes");
  options.text("--provider-column", s.provider_column, "NAME",
               "what same provider means: provider, site or sector");
  options.text("--start", s.start, "DATE",
               "first local day of the data; by default the first examination's moment");
  options.text("--end", s.end, "DATE",
               "local day after the data's last; by default the last examination's moment");
  options.text("--zone", s.zone, "NAME",
               "time zone of records without utc_offset, and of dates (Europe/Oslo)");
  options.file("--indicators", s.indicators,
               "table of indicators, as sample_data/activity/lowvalue_indicators.csv");
  options.value("--memory-mb", s.memory_mb, {1, 1e6},
                "records held in memory at once; more go through temporary files");
  options.example("snitt-phantom-records sample_data/activity/population.csv --rows 20000 -o records.h5",
                  "Records to try it with");
  options.example(
      "snitt-activity-repeats records.h5 --indicators sample_data/activity/lowvalue_indicators.csv -o "
      "repeats.h5",
      "Repeats, and what may be of low value");
}

std::vector<int> windows_of(const std::vector<std::string>& words) {
  if (words.empty()) return {7, 30, 90, 365};
  std::vector<int> days;
  for (const std::string& word : words) {
    const bool is_number =
        !word.empty() && word.size() < 5 && word.find_first_not_of("0123456789") == std::string::npos;
    const int value = is_number ? std::stoi(word) : 0;
    if (value < 1) throw UsageError("--window-days '{}': expected 1 to 9999", word);
    days.push_back(value);
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

Table read_any_table(const std::string& path) {
  return store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  activity::RepeatOptions options;
  options.rules.windows = windows_of(s.windows);
  options.rules.by_code = s.same == "code";
  options.rules.first_only = s.index == "first";
  options.rules.clean_days = static_cast<int>(s.clean_days);
  if (!s.start.empty()) options.start = s.start;
  if (!s.end.empty()) options.end = s.end;
  options.memory_bytes = static_cast<std::size_t>(s.memory_mb) << 20;
  activity::CodeList list;
  if (!s.code_list.empty()) list = activity::read_code_list(s.code_list);
  std::vector<activity::BasisEntry> basis;
  if (store::is_snitt_file(s.input))
    if (const auto before = store::read_calibration(s.input)) basis = activity::basis_of(*before);
  basis.push_back(list.basis());
  std::vector<activity::Indicator> indicators;
  if (!s.indicators.empty())
    indicators = activity::indicators_from(read_any_table(s.indicators), s.indicators);
  const activity::RepeatSource source{s.input, s.provider_column, s.zone, &list};
  activity::RepeatResult result = activity::repeats(source, indicators, options, session.monitor());
  CalibrationRecord& record = result.record;
  basis.push_back({"counting rule", fmt::format("repeats: same {}, {} index, one per kind, side, {} and day",
                                                s.same, s.index, s.provider_column)});
  record.tables.emplace_back("basis", activity::basis_table(basis));
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.repeats, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  nlohmann::json json = shell::calibration_json(record);
  json["repeats"] = shell::table_json(result.repeats);
  for (const auto& [name, table] : record.tables) json[name] = shell::table_json(table);
  session.result(shell::calibration_text(record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
