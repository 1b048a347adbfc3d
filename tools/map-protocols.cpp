#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/words.hpp"
#include "dose/protocol_map.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "map-protocols", "dose and quality", "name standard examinations from protocol names",
    "Every site names its protocols its own way. PATTERNS, a CSV table that anybody can edit, says which "
    "names "
    "mean which examination: columns pattern and exam, and, where wanted, site and field. The table comes "
    "out "
    "with two more columns: exam, and the line of the rule that decided.\n\n"
    "A pattern has to fit the whole name; * stands for any letters, ? for one, | separates alternatives. "
    "Case "
    "does not matter, and blanks, _, -, ^, /, commas, points and parentheses are alike. Rules with a site (a "
    "pattern of institution, station or scanner) go first, then the others, each in the order of the table; "
    "the "
    "first that fits decides. Without a field, a rule looks at protocol, study_description and procedure. "
    "The "
    "exam '-' marks what is no examination.\n\n"
    "What no rule fits is listed by frequency, the most frequent first: --unmapped writes all of it. "
    "Localizers "
    "and bolus tracking in a table of events are not missed."};

struct Settings {
  std::string table;
  std::string patterns;
  std::string output;
  std::string unmapped;
};

void declare(Options& options, Settings& s) {
  options.input("TABLE", s.table, "table of events or studies, from snitt-dose");
  options.input("PATTERNS", s.patterns, "CSV table of patterns");
  options.output(s.output, "table to write");
  options.extra_output("--unmapped", s.unmapped, "table to write of the names that no rule fits");
  options.example(
      "snitt-map-protocols all-studies.h5 sample_data/dose-reports/protocols.csv -o exams.h5 --unmapped "
      "unmapped.h5",
      "Examinations of studies");
  options.example("snitt-benchmark exams.h5 -o scanners.h5",
                  "Then: the scanners of these studies compared, exam by exam");
}

constexpr std::size_t most_shown = 10;

std::string most_frequent(const Table& unmapped) {
  const auto texts = [&](const char* name) {
    return std::get<std::vector<std::string>>(unmapped.find(name)->values);
  };
  const auto rows = std::get<std::vector<std::int64_t>>(unmapped.find("rows")->values);
  const auto protocols = texts("protocol");
  const auto studies = texts("study_description");
  std::string text;
  for (std::size_t i = 0; i < std::min(most_shown, rows.size()); ++i)
    text += fmt::format("  {:6} protocol '{}', study '{}'\n", rows[i], protocols[i], studies[i]);
  if (rows.size() > most_shown) text += fmt::format("  and {} more names\n", rows.size() - most_shown);
  return text;
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const std::vector<dose::ProtocolRule> rules = dose::read_protocol_rules(s.patterns);
  store::require_table_file(s.table, "snitt-dose makes a table of events or studies from dose reports");
  const Table table = store::read_table(s.table);
  dose::ProtocolMapping mapping;
  try {
    mapping = dose::map_protocols(table, rules);
  } catch (const InputError& error) {
    throw InputError("{} and {}: {}", s.table, s.patterns, error.what());
  }
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::write_table(s.output, mapping.table, session.provenance(), if_exists);
  if (!s.unmapped.empty()) store::write_table(s.unmapped, mapping.unmapped, session.provenance(), if_exists);
  if (!mapping.unused_rules.empty())
    session.monitor().inform(
        fmt::format("rules that fit nothing, by line: {}", fmt::join(mapping.unused_rules, ", ")));
  const std::size_t missing = mapping.rows - mapping.mapped_rows;
  std::string text = fmt::format("{} of {} mapped\n", mapping.mapped_rows, counted(mapping.rows, "row"));
  if (missing > 0)
    text +=
        fmt::format("{} of {} {} not:\n{}", counted(missing, "row"), counted(mapping.unmapped.rows(), "name"),
                    missing == 1 ? "is" : "are", most_frequent(mapping.unmapped));
  session.result(text, {{"rows", mapping.rows},
                        {"mapped", mapping.mapped_rows},
                        {"unmapped_names", mapping.unmapped.rows()},
                        {"unused_rules", mapping.unused_rules}});
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
