#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "benchmark/benchmark.hpp"
#include "benchmark/shared_summary.hpp"
#include "formats/csv.hpp"
#include "formats/number_text.hpp"
#include "shell/calibration_text.hpp"
#include "shell/table_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{
    "benchmark", "dose and quality", "compare CT doses and image quality between sites, exam by exam",
    "Reads tables of one row per examination (Snitt tables or CSV) whose columns you name: kind of exam, "
    "group (site, "
    "scanner or provider), CTDIvol, and as far as there are any DLP, size of the patient, noise, another "
    "measure of "
    "quality such as d', CTDI phantom, sector of the group, patient and weight. Several tables are taken "
    "together.\n\n"
    "For each exam it gives the groups' medians and quartiles, the reference level (75th percentile of the "
    "medians, "
    "ICRP 135) and the achievable dose (50th) with bootstrap intervals (patients redrawn inside groups), the "
    "comparison with published levels, tests of difference, doses adjusted for size (mixed model), the share "
    "of the "
    "variation that lies between groups, a funnel of patients above the reference level, and the dose that a "
    "stated "
    "quality needs.\n\n"
    "The table that is written has one row per exam and group. The others (levels, comparison, tests, pairs, "
    "size_adjustment, adjusted, variance, funnel, size_bins, dose_quality, recommended, excluded) are in the "
    "same "
    "file: snitt-info lists them, snitt-export --calibration-table writes them as CSV, --json prints them "
    "all.\n\n"
    "A table of snitt-dose is recognized: its columns scanner, patient, phantom, dlp_mgy_cm and typical are "
    "taken where no other is named. Rows without an exam (or '-', which is none), without a group, or with a "
    "dose that is missing or zero are counted in the table excluded.\n\n"
    "Sites that may not hand out rows run it with --summarize at home, and send what that writes: counts, "
    "quantiles "
    "with three patients and more between any two, means and sums of squares. Such files are inputs like "
    "others; "
    "medians, levels, moments and fits come out the same as from the rows.\n\n"
    "Comparing doses wants equal exams: map protocol names first. A verdict 'doubtful' names small groups, "
    "mixed "
    "phantoms and missing sizes."};

struct Settings {
  std::vector<std::string> inputs;
  std::string output;
  benchmark::ExamColumns columns;
  std::optional<std::vector<double>> weight_range_kg;
  bool summarize = false;
  std::int64_t minimum_n = 12;
  std::int64_t small_n = 20;
  std::string references;
  std::vector<std::string> reference_names;
  std::vector<std::string> levels_mgy;
  std::vector<std::string> target_noise_hu;
  std::vector<std::string> target_quality;
  std::optional<double> exponent;
  std::optional<double> reference_size_cm;
  std::string pairs = "dunn";
  std::string interval = "percentile";
  std::int64_t replicates = 2000;
  std::int64_t seed = 1;
};

void declare(Options& options, Settings& s) {
  options.inputs("INPUT", s.inputs, "table of examinations, or what --summarize wrote");
  options.output(s.output, "table file to write");
  options.section("Columns");
  options.text("--exam-column", s.columns.exam, "NAME", "kind of examination");
  options.text(
      "--group-column", s.columns.group, "NAME",
      "what is compared: site, scanner or provider; by default site, or scanner in a table of snitt-dose");
  options.text("--ctdivol-column", s.columns.ctdivol, "NAME", "CTDIvol in mGy");
  options.text("--dlp-column", s.columns.dlp, "NAME", "dose-length product in mGy cm");
  options.text("--size-column", s.columns.size, "NAME",
               "size of the patient in cm, such as the water-equivalent diameter");
  options.text("--noise-column", s.columns.noise, "NAME", "noise in HU");
  options.text("--quality-column", s.columns.quality, "NAME",
               "a measure of quality that grows with dose, such as d'");
  options.text("--phantom-column", s.columns.phantom, "NAME",
               "CTDI phantom: 16 or 32 (cm), or words such as 'head 16 cm'");
  options.text("--keep-column", s.columns.keep, "NAME",
               "true for rows that count, such as 'typical' of snitt-dose's events; the others are listed as "
               "excluded");
  options.text("--sector-column", s.columns.sector, "NAME",
               "what groups belong to, such as public and private");
  options.text("--patient-column", s.columns.patient, "NAME",
               "who was examined: examinations of one patient are redrawn together");
  options.text("--weight-column", s.columns.weight, "NAME", "weight in kg, for --weight-range-kg");
  options.values("--weight-range-kg", s.weight_range_kg, "LOW HIGH", {0, 500},
                 "take only patients within this range, both ends included");
  options.section("Levels");
  options.file("--references", s.references,
               "published levels to compare with, as sample_data/benchmark/reference-levels.csv has them");
  options.texts("--reference-name", s.reference_names, "EXAM=NAME",
                "what an exam is called among the references");
  options.texts(
      "--level-mgy", s.levels_mgy, "EXAM=MGY",
      "CTDIvol above which patients are counted for the funnel, such as a national level; by default the "
      "reference level found. With --summarize: share the exact count above it");
  options.value("--small-n", s.small_n, {1, 1e6}, "warn of groups with fewer examinations");
  options.choice(
      "--pairs", s.pairs,
      {{"dunn", "by ranks among all groups"}, {"mann-whitney", "by the rank sum of the two groups alone"}},
      "how pairs of groups are tested; p is held against all pairs by Holm's method");
  options.choice(
      "--interval", s.interval,
      {{"percentile", "between quantiles of the replicates"}, {"bca", "bias-corrected and accelerated"}},
      "bootstrap intervals of medians and levels");
  options.value("--replicates", s.replicates, {100, 1e6}, "of the bootstrap");
  options.value("--seed", s.seed, {0, 1e15}, "of the bootstrap; the same seed gives the same numbers");
  options.section("Size and quality");
  options.value("--reference-size-cm", s.reference_size_cm, {5, 60},
                "size that doses are adjusted to; by default the mean of all patients");
  options.texts("--target-noise-hu", s.target_noise_hu, "EXAM=HU",
                "noise that is wanted; by default the median of the groups' medians");
  options.texts("--target-quality", s.target_quality, "EXAM=VALUE", "quality that is wanted, likewise");
  options.value(
      "--exponent", s.exponent, {-5, 5},
      "power of dose that noise (negative) or quality (positive) follows; by default fitted, or that of "
      "filtered back-projection where it cannot be");
  options.section("Sharing");
  options.flag("--summarize", s.summarize, "write what may be shared instead: no patient rows");
  options.value("--minimum-n", s.minimum_n, {5, 1e6},
                "with --summarize: withhold what rests on fewer examinations");
  options.example(
      "snitt-benchmark sample_data/benchmark/sites_exams.csv --dlp-column dlp_mgy_cm --size-column dw_cm "
      "--noise-column "
      "noise_HU --phantom-column phantom_cm --sector-column sector --references "
      "sample_data/benchmark/reference-levels.csv --reference-name HEAD=head --reference-name THORAX=chest "
      "-o "
      "benchmark.h5",
      "Fourteen sites, three exams, and published levels");
  options.example(
      "snitt-benchmark sample_data/benchmark/sites_exams.csv --noise-column noise_HU --target-noise-hu "
      "THORAX=16 "
      "-o "
      "recommended.h5",
      "The dose that a noise of 16 HU needs");
  options.example(
      "snitt-benchmark sample_data/benchmark/sites_exams.csv --size-column dw_cm --noise-column noise_HU "
      "--summarize -o "
      "shared.h5",
      "What a site may share");
}

std::map<std::string, std::string> pairs_of(const std::string& option,
                                            const std::vector<std::string>& words) {
  std::map<std::string, std::string> pairs;
  for (const std::string& word : words) {
    const std::size_t equal = word.rfind('=');
    if (equal == std::string::npos || equal == 0 || equal + 1 == word.size())
      throw UsageError("{} '{}': expected EXAM=VALUE", option, word);
    pairs[word.substr(0, equal)] = word.substr(equal + 1);
  }
  return pairs;
}

std::map<std::string, double> numbers_of(const std::string& option, const std::vector<std::string>& words) {
  std::map<std::string, double> numbers;
  for (const auto& [exam, text] : pairs_of(option, words)) {
    const auto value = formats::parse_number(text);
    if (!value || !(*value > 0))
      throw UsageError("{} '{}={}': expected a number above 0", option, exam, text);
    numbers[exam] = *value;
  }
  return numbers;
}

Table read_any_table(const std::string& path) {
  return store::is_snitt_file(path) ? store::read_table(path) : formats::read_csv(path);
}

benchmark::ExamData read_exams(const Settings& s) {
  std::optional<benchmark::WeightRange> weights;
  if (s.weight_range_kg) {
    weights = {s.weight_range_kg->at(0), s.weight_range_kg->at(1)};
    if (!(weights->low < weights->high)) throw UsageError("--weight-range-kg: expected LOW below HIGH");
    if (s.columns.weight.empty()) throw UsageError("--weight-range-kg wants --weight-column");
  }
  benchmark::ExamData data;
  for (const std::string& path : s.inputs) {
    if (store::is_snitt_file(path)) {
      const auto record = store::read_calibration(path);
      if (record && record->method == benchmark::summary_method) {
        if (weights)
          throw UsageError(
              "{}: is a summary, whose patients' weights are not known; give --weight-range-kg when it is "
              "made",
              path);
        if (s.summarize) throw InputError("{}: is a summary already; merge it without --summarize", path);
        benchmark::merge(data, benchmark::exams_from_summary(store::read_table(path), *record, path), path);
        continue;
      }
    }
    benchmark::merge(data, benchmark::exams_from(read_any_table(path), s.columns, weights, path), path);
  }
  return data;
}

benchmark::BenchmarkOptions options_of(const Settings& s) {
  benchmark::BenchmarkOptions options;
  options.resampling.replicates = static_cast<std::size_t>(s.replicates);
  options.resampling.seed = static_cast<std::uint64_t>(s.seed);
  options.resampling.accelerated = s.interval == "bca";
  options.small_n = static_cast<std::size_t>(s.small_n);
  options.pair_test = s.pairs == "dunn" ? benchmark::PairTest::dunn : benchmark::PairTest::mann_whitney;
  options.funnel_level = numbers_of("--level-mgy", s.levels_mgy);
  options.target_noise_hu = numbers_of("--target-noise-hu", s.target_noise_hu);
  options.target_quality = numbers_of("--target-quality", s.target_quality);
  options.reference_names = pairs_of("--reference-name", s.reference_names);
  options.reference_size_cm = s.reference_size_cm;
  options.exponent = s.exponent;
  if (s.exponent && *s.exponent == 0) throw UsageError("--exponent 0: quality would not depend on dose");
  if (s.exponent && !s.columns.noise.empty() && *s.exponent > 0)
    throw UsageError("--exponent {}: noise falls with dose; expected a negative power", *s.exponent);
  if (!s.references.empty())
    options.references = benchmark::references_from(read_any_table(s.references), s.references);
  return options;
}

nlohmann::json json_of(const CalibrationRecord& record, const Table& main, const char* name) {
  nlohmann::json json = shell::calibration_json(record);
  json[name] = shell::table_json(main);
  for (const auto& [table, rows] : record.tables) json[table] = shell::table_json(rows);
  return json;
}

void summarize(const Settings& s, const benchmark::ExamData& data, shell::Session& session,
               IfExists if_exists) {
  const benchmark::SharedSummary summary = benchmark::summarize(data, static_cast<std::size_t>(s.minimum_n),
                                                                numbers_of("--level-mgy", s.levels_mgy));
  store::write_table(s.output, summary.quantiles, session.provenance(), if_exists, &summary.record);
  session.result(shell::calibration_text(summary.record),
                 json_of(summary.record, summary.quantiles, "quantiles"));
}

void run(const Settings& s, shell::Session& session) {
  store::refuse_foreign_name(s.output);
  const IfExists if_exists = session.overwrite() ? IfExists::overwrite : IfExists::refuse;
  const benchmark::BenchmarkOptions options = options_of(s);
  const benchmark::ExamData data = read_exams(s);
  if (s.summarize) return summarize(s, data, session, if_exists);
  const benchmark::BenchmarkResult result = benchmark::benchmark(data, options, session.monitor());
  for (const std::string& reason : result.record.reasons) session.monitor().warn(reason);
  store::write_table(s.output, result.groups, session.provenance(), if_exists, &result.record);
  session.result(shell::calibration_text(result.record), json_of(result.record, result.groups, "groups"));
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
