#include <nlohmann/json.hpp>

#include "activity/resources.hpp"
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
    "activity-resources", "activity", "machines, staff and what they do, with the tables' sums held against their cells",
    "Reads a table of equipment as it is printed (unit, sector, kind, a column of numbers for each modality; kind is "
    "'unit' for units and anything else for printed sums, of their sector or, of sector 'all', of everything), and, as "
    "far as they are given, examinations (--activity: modality, sector, exams) and staff (--staff: group, year, fte, "
    "and total, 1 for printed sums). --name says what columns are called in the files.\n\n"
    "It gives the sums, examinations per unit and year, and growth of staff, compares every printed sum with that of "
    "its cells, and looks for what a stated growth (--claim-percent) could be the growth of. What does not agree makes "
    "the verdict doubtful and is named.\n\n"
    "The table that is written has examinations per unit by modality and sector; equipment, staff, staff_years, claims "
    "and basis are in the same file."};

struct Settings {
  std::string input;
  std::string output;
  std::vector<std::string> activity;
  std::vector<std::string> staff;
  std::vector<std::string> names;
  std::vector<std::string> modalities;
  std::vector<std::string> claims;
};

void declare(Options& options, Settings& s) {
  options.input("EQUIPMENT", s.input, "table of equipment: Snitt table or CSV");
  options.output(s.output, "table file to write");
  options.files("--activity", s.activity, "table of examinations by modality and sector");
  options.files("--staff", s.staff, "table of full-time equivalents by group and year");
  options.texts("--name", s.names, "NAME=COLUMN", "what a column is called in the files; of several the first that is there");
  options.texts("--modality", s.modalities, "COLUMN", "columns of the equipment that are modalities; by default all numbers");
  options.texts("--claim-percent", s.claims, "PERCENT", "growth of staff that is stated somewhere");
  options.example(
      "snitt-activity-resources sample_data/activity/equipment.csv --activity sample_data/activity/examinations.csv --staff "
      "sample_data/activity/staff.csv --claim-percent 12 -o resources.h5",
      "A small region whose tables do not add up");
}

std::vector<activity::NamedTable> tables_of(const std::vector<std::string>& paths) {
  std::vector<activity::NamedTable> tables;
  for (const std::string& path : paths) tables.push_back({shell::read_records(path), path});
  return tables;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  activity::ResourceOptions options;
  options.names = shell::columns_and_values("--name", s.names);
  options.modalities = split_at_commas(s.modalities);
  for (const std::string& word : s.claims) {
    const auto value = formats::parse_number(word);
    if (!value) throw UsageError("--claim-percent '{}': expected a number", word);
    options.claims_percent.push_back(*value);
    options.claim_words.push_back(word);
  }
  const activity::ResourceResult result =
      activity::resources({shell::read_records(s.input), s.input}, tables_of(s.activity), tables_of(s.staff), options);
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.productivity, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &result.record);
  nlohmann::json json = shell::calibration_json(result.record);
  json["productivity"] = shell::table_json(result.productivity);
  for (const auto& [name, rows] : result.record.tables) json[name] = shell::table_json(rows);
  session.result(shell::calibration_text(result.record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
