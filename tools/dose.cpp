#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/words.hpp"
#include "dose/effective_dose.hpp"
#include "dose/extraction.hpp"
#include "dose/study_summary.hpp"
#include "dose/tables.hpp"
#include "formats/file_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "dose", "dose and quality", "collect radiation dose from DICOM files into tables",
    "Reads files, folders (with all folders below), lists of paths, and zip or tar archives, and writes a "
    "table "
    "of irradiation events; with --studies also one of studies.\n\n"
    "What a file is, is told by its content: dose reports of CT (X-Ray Radiation Dose SR, Enhanced and "
    "Comprehensive SR alike), of radiography, fluoroscopy and mammography, dose-info captures of Philips, "
    "and "
    "the headers of CT images, conventional and Enhanced. The CTDIvol of a modulated series of images is the "
    "mean over its slices, and is called so; a DLP is never estimated. Where a study has a dose report, its "
    "captures and images add nothing to its total.\n\n"
    "Cumulative, continued and repeated reports are merged by irradiation event. Localizers and bolus "
    "tracking "
    "are part of a study's total but not of its typical dose; head and body phantom are kept apart; sums are "
    "compared with the totals that reports state. What is odd in a report goes into --anomalies with its "
    "place; what became of each file goes into --files.\n\n"
    "Nobody is named. Patients, studies, events, scanners and institutions get pseudonyms: numbers of this "
    "run, or with --key the first 64 bits of an HMAC-SHA256, the same in every run with that key. Texts that "
    "are kept, as protocol names, lose the patient's names and numbers wherever they stand in them, all "
    "dates "
    "and all long numbers."};

struct Settings {
  std::vector<std::string> inputs;
  std::vector<std::string> lists;
  std::string output;
  std::string studies;
  std::string anomalies;
  std::string files;
  std::string csv_mapping;
  std::string k_factors;
  std::string key;
  std::string dates = "keep";
  std::string file_names = "pseudonym";
  std::string scanner_names = "pseudonym";
};

void declare(Options& options, Settings& s) {
  options.inputs("INPUT", s.inputs, "file, folder or archive");
  options.output(s.output, "table of irradiation events to write");
  options.files("--list", s.lists, "text file with one more path a line");
  options.file("--csv-mapping", s.csv_mapping,
               "JSON that says what the columns of .csv files of another dose system are "
               "(schemas/dose-table-mapping-1.json)");
  options.file(
      "--k-factors", s.k_factors,
      "CSV of factors from DLP to effective dose by region, phantom and age; adds effective doses of a "
      "population, not of a patient, to the studies");
  options.section("Further tables");
  options.extra_output("--studies", s.studies, "table of studies to write");
  options.extra_output("--anomalies", s.anomalies, "table to write of what is odd in the documents");
  options.extra_output("--files", s.files, "table to write of what became of each file");
  options.section("De-identification");
  options.secret_file(
      "--key", s.key,
      "file whose bytes, 16 or more, are the key of the pseudonyms; keep it where the patients' "
      "data are");
  options.choice("--dates", s.dates,
                 {{"keep", "as they are"},
                  {"shift", "moved back by whole weeks, one number for each patient; wants --key"},
                  {"year", "the year alone"},
                  {"drop", "none"}},
                 "what becomes of dates");
  options.choice("--file-names", s.file_names,
                 {{"pseudonym", "tables do not tell paths"}, {"keep", "as they are: paths may hold names"}},
                 "how files are named in tables");
  options.choice("--scanner-names", s.scanner_names,
                 {{"pseudonym", "tables do not tell stations and institutions"}, {"keep", "as they are"}},
                 "how scanners and institutions are named");
  options.example("snitt-dose sample_data/dose-reports -o events.h5 --studies studies.h5 --files files.h5",
                  "All dose reports of a folder");
  options.example(
      "snitt-dose sample_data/dose-reports --csv-mapping sample_data/dose-reports/other-system.json "
      "--k-factors "
      "sample_data/dose-reports/k-factors.csv -o all-events.h5 --studies all-studies.h5 --anomalies odd.h5",
      "With a table of another system, and effective doses");
}

std::string read_key(const std::string& path) {
  if (path.empty()) return {};
  constexpr std::uint64_t longest = 1 << 20;
  constexpr std::size_t shortest = 16;
  std::string key = formats::file_text(path, longest);
  if (key.size() < shortest)
    throw InputError("{}: has {} bytes; expected a key of 16 or more (head -c 32 /dev/urandom > FILE)", path,
                     key.size());
  return key;
}

dose::Dates dates_from(const std::string& word) {
  if (word == "shift") return dose::Dates::shift;
  if (word == "year") return dose::Dates::year;
  return word == "drop" ? dose::Dates::drop : dose::Dates::keep;
}

dose::Extraction extraction(const Settings& s) {
  dose::Extraction what;
  what.paths = s.inputs;
  what.lists = s.lists;
  what.deidentification = {read_key(s.key), dates_from(s.dates), s.scanner_names == "keep"};
  what.csv_mapping = s.csv_mapping;
  what.keep_paths = s.file_names == "keep";
  if (s.dates == "shift" && s.key.empty())
    throw UsageError("--dates shift is given without --key; expected a key, or the shift could be guessed");
  return what;
}

/// How many files of each kind were not used.
std::map<std::string, std::size_t> unused(const dose::DoseCollection& found) {
  std::map<std::string, std::size_t> kinds;
  for (const dose::FileFate& file : found.files)
    if (!file.used) ++kinds[file.kind];
  return kinds;
}

struct Counts {
  std::size_t used = 0;
  std::size_t events = 0;
  std::size_t typical = 0;
  std::map<std::string, std::size_t> reasons;
};

Counts counts_of(const dose::DoseCollection& found) {
  Counts counts;
  for (const dose::FileFate& file : found.files) counts.used += file.used ? 1 : 0;
  for (const dose::CollectedStudy& study : found.studies)
    for (const dose::CollectedEvent& event : study.events) {
      ++counts.events;
      counts.typical += event.typical ? 1 : 0;
      if (!event.reason.empty()) ++counts.reasons[event.reason];
    }
  return counts;
}

void report(const dose::DoseCollection& found, shell::Session& session) {
  const Counts counts = counts_of(found);
  const auto kinds = unused(found);
  std::string text = fmt::format("{}: {} used, {} not\n", counted(found.files.size(), "file"), counts.used,
                                 found.files.size() - counts.used);
  for (const auto& [kind, number] : kinds) text += fmt::format("  not used: {:6} {}\n", number, kind);
  text += fmt::format("{}, {}, {} of them typical\n", counted(found.studies.size(), "study", "studies"),
                      counted(counts.events, "irradiation event"), counts.typical);
  for (const auto& [reason, number] : counts.reasons)
    text += fmt::format("  not typical: {:6} {}\n", number, reason);
  text += counted(found.anomalies.size(), "anomaly", "anomalies") + "\n";
  session.result(text, {{"files", found.files.size()},
                        {"files_used", counts.used},
                        {"files_not_used", kinds},
                        {"studies", found.studies.size()},
                        {"events", counts.events},
                        {"events_typical", counts.typical},
                        {"events_not_typical", counts.reasons},
                        {"anomalies", found.anomalies.size()}});
}

/// Nothing at all to read is a slip of the caller's; files that hold no dose, where none is used, are named.
/// Names of members of archives are not told: they may be patients'.
void refuse_nothing(const Settings& s, const dose::DoseCollection& found, const Counts& counts) {
  constexpr std::size_t most_named = 5;
  std::vector<std::string> given = s.inputs;
  given.insert(given.end(), s.lists.begin(), s.lists.end());
  if (found.files.empty())
    throw InputError("{}: holds no files; expected dose reports, CT images or archives of them",
                     fmt::join(given, ", "));
  if (counts.used > 0 || (!s.files.empty() && found.files.size() > 1)) return;
  std::string reasons;
  for (std::size_t i = 0; i < std::min(most_named, found.files.size()); ++i)
    reasons +=
        fmt::format("{}{} {}", i == 0 ? "" : "; ",
                    found.files.size() == 1 ? std::string("it") : found.files[i].name, found.files[i].reason);
  if (found.files.size() > most_named)
    reasons += fmt::format("; and {} more", found.files.size() - most_named);
  throw InputError("{}: no file of {} has a dose: {}{}", fmt::join(given, ", "), found.files.size(), reasons,
                   s.file_names == "keep" ? "" : " (--file-names keep shows their names)");
}

void run(const Settings& s, shell::Session& session) {
  for (const std::string* path : {&s.output, &s.studies, &s.anomalies, &s.files})
    if (!path->empty()) store::refuse_foreign_name(*path);
  std::vector<dose::KFactor> factors;
  if (!s.k_factors.empty()) {
    if (s.studies.empty()) throw UsageError("--k-factors is given without --studies, where its results go");
    factors = dose::read_k_factors(s.k_factors);
    session.monitor().warn(
        "effective doses by k-factors are those of a reference population; say so where you use them, "
        "and do not use them for a patient");
  }
  const dose::DoseCollection found = dose::extract(extraction(s), session.monitor());
  const Counts counts = counts_of(found);
  refuse_nothing(s, found, counts);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  store::write_table(s.output, dose::events_table(found), session.provenance(), if_exists);
  if (!s.studies.empty())
    store::write_table(s.studies, dose::studies_table(found, factors), session.provenance(), if_exists);
  if (!s.anomalies.empty())
    store::write_table(s.anomalies, dose::anomalies_table(found), session.provenance(), if_exists);
  if (!s.files.empty())
    store::write_table(s.files, dose::files_table(found), session.provenance(), if_exists);
  if (counts.events == 0)
    session.monitor().warn("no irradiation event was found (--files says why, file by file)");
  report(found, session);
  const auto kinds = unused(found);
  const auto number_of = [&](const char* kind) { return kinds.contains(kind) ? kinds.at(kind) : 0; };
  if (const std::size_t bad = number_of("damaged") + number_of("unreadable"); bad > 0)
    throw CheckFailed("{} of {} files are damaged or cannot be read (--files names them)", bad,
                      found.files.size());
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
