#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "benchmark/visual_grades.hpp"
#include "formats/csv.hpp"
#include "shell/calibration_text.hpp"
#include "shell/modes.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "grade-visual", "dose and quality", "what readers' scores of images say about dose and quality",
    "Reads a table (Snitt table or CSV) of one row per score: case, reader, score, and what was varied.\n\n"
    "regression: visual grading regression. An ordinal logistic model with random intercepts of cases and "
    "readers, by "
    "Laplace's approximation. With the dose as log:COLUMN it also gives the dose reduction that each column "
    "of words "
    "allows at equal scores, and with --wanted-score the dose at which a share of scores reaches it.\n\n"
    "vgc: visual grading characteristics. The probability that an image of the test condition scores higher "
    "than one "
    "of the reference, per reader and on average, with bootstrap intervals for these readers and for any.\n\n"
    "roc: area under the ROC curve of every condition by many readers and cases (Obuchowski and Rockette, "
    "Hillis' "
    "degrees of freedom), with --truth-column; every reader must have scored every case.\n\n"
    "The table that is written holds the coefficients or the areas; further tables are in the same file "
    "(snitt-info, "
    "snitt-export --calibration-table, --json)."};

struct Settings {
  std::string input;
  std::string output;
  std::string method = "regression";
  benchmark::GradeColumns columns;
  std::vector<std::string> covariates;
  std::optional<double> wanted_score;
  double wanted_share = 0.8;
  std::string condition;
  std::string reference;
  std::string test;
  std::string truth;
  std::int64_t replicates = 2000;
  std::int64_t seed = 1;
};

void declare(Options& options, Settings& s) {
  options.input("INPUT", s.input, "table of scores");
  options.output(s.output, "table file to write");
  options.choice("--method", s.method,
                 {{"regression", "ordinal mixed model"},
                  {"vgc", "visual grading characteristics of two conditions"},
                  {"roc", "areas under ROC curves, many readers and cases"}},
                 "what to compute");
  options.section("Columns");
  options.text("--score-column", s.columns.score, "NAME", "the score, more is better (roc: more suspicious)");
  options.text("--case-column", s.columns.case_name, "NAME", "the case");
  options.text("--reader-column", s.columns.reader, "NAME", "who scored");
  options.section("Regression");
  options.texts("--covariate", s.covariates, "COLUMN",
                "what was varied: numbers, log:COLUMN for their logarithm, or words");
  options.value("--wanted-score", s.wanted_score, {}, "give the dose at which scores reach this");
  options.value("--wanted-share-fraction", s.wanted_share, {0.01, 0.99},
                "share of scores that must reach it");
  options.section("Conditions");
  options.text("--condition-column", s.condition, "NAME", "what is compared by vgc and roc");
  options.text("--reference", s.reference, "VALUE", "the condition that vgc compares with");
  options.text("--test", s.test, "VALUE", "the condition that vgc compares");
  options.text("--truth-column", s.truth, "NAME", "1 for diseased cases, 0 for others");
  options.value("--replicates", s.replicates, {100, 1e6}, "of the bootstrap of vgc");
  options.value("--seed", s.seed, {0, 1e15}, "of the bootstrap; the same seed gives the same numbers");
  options.example(
      "snitt-grade-visual sample_data/benchmark/ratings_vgr.csv --covariate log:dose --covariate recon "
      "--wanted-score 4 -o "
      "grades.h5",
      "The dose that a reconstruction saves, and the dose for scores of 4 and more");
  options.example(
      "snitt-grade-visual sample_data/benchmark/ratings_vgr.csv --method vgc --condition-column recon --reference "
      "FBP --test "
      "IR -o vgc.h5",
      "Whether one reconstruction is graded better");
}

void check(const Settings& s) {
  shell::refuse_others("--method", s.method,
                       {{"--covariate", !s.covariates.empty(), {"regression"}},
                        {"--wanted-score", s.wanted_score.has_value(), {"regression"}},
                        {"--wanted-share-fraction", s.wanted_share != 0.8, {"regression"}},
                        {"--condition-column", !s.condition.empty(), {"vgc", "roc"}},
                        {"--reference", !s.reference.empty(), {"vgc"}},
                        {"--test", !s.test.empty(), {"vgc"}},
                        {"--truth-column", !s.truth.empty(), {"roc"}}});
  if (s.method == "vgc" && (s.condition.empty() || s.reference.empty() || s.test.empty()))
    throw UsageError("--method vgc wants --condition-column, --reference and --test");
  if (s.method == "roc" && (s.condition.empty() || s.truth.empty()))
    throw UsageError("--method roc wants --condition-column and --truth-column");
}

CalibrationRecord grade(const Settings& s, const Table& table) {
  benchmark::GradeOptions options;
  options.columns = s.columns;
  for (const std::string& text : s.covariates) options.covariates.push_back(benchmark::covariate_from(text));
  options.wanted_score = s.wanted_score;
  options.wanted_share = s.wanted_share;
  options.condition = s.condition;
  options.reference = s.reference;
  options.test = s.test;
  options.truth = s.truth;
  options.replicates = static_cast<std::size_t>(s.replicates);
  options.seed = static_cast<std::uint64_t>(s.seed);
  if (s.method == "vgc") return benchmark::compare_grades(table, options, s.input);
  if (s.method == "roc") return benchmark::compare_detection(table, options, s.input);
  return benchmark::regress_grades(table, options, s.input);
}

void run(const Settings& s, shell::Session& session) {
  check(s);
  store::refuse_foreign_name(s.output);
  const Table table = store::is_snitt_file(s.input) ? store::read_table(s.input) : formats::read_csv(s.input);
  CalibrationRecord record;
  try {
    record = grade(s, table);
  } catch (const ComputationError& error) {
    throw ComputationError("{}: {}", s.input, error.what());
  }
  for (const std::string& reason : record.reasons) session.monitor().warn(reason);
  nlohmann::json json = shell::calibration_json(record);
  for (const auto& [name, rows] : record.tables) json[name] = shell::table_json(rows);
  store::write_table(s.output, record.tables.front().second, session.provenance(),
                     session.overwrite() ? IfExists::overwrite : IfExists::refuse, &record);
  session.result(shell::calibration_text(record), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
