#include "benchmark/benchmark.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/words.hpp"
#include "benchmark/result_tables.hpp"

namespace snitt::benchmark {
namespace {

bool any(const Exam& exam, Measure measure) {
  return std::any_of(exam.groups.begin(), exam.groups.end(),
                     [&](const auto& g) { return g.count(measure) > 0; });
}

template <typename Value>
std::optional<Value> find(const std::map<std::string, Value>& values, const std::string& name) {
  const auto at = values.find(name);
  return at == values.end() ? std::nullopt : std::optional<Value>(at->second);
}

void check_names(const ExamData& data, const BenchmarkOptions& options) {
  std::vector<std::string> names;
  for (const Exam& exam : data.exams) names.push_back(exam.name);
  const auto check = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw UsageError("there is no exam '{}'; expected one of {}{}", name, fmt::join(names, ", "),
                       did_you_mean(name, names));
  };
  for (const auto& [name, value] : options.funnel_level) check(name);
  for (const auto& [name, value] : options.target_noise_hu) check(name);
  for (const auto& [name, value] : options.target_quality) check(name);
  for (const auto& [name, value] : options.reference_names) check(name);
}

ExamResult examine(const Exam& exam, const BenchmarkOptions& options) {
  ExamResult r;
  r.exam = &exam;
  r.levels.push_back(dose_levels(exam, Measure::ctdivol, options.resampling));
  if (any(exam, Measure::dlp)) r.levels.push_back(dose_levels(exam, Measure::dlp, options.resampling));
  const std::string reference_name = find(options.reference_names, exam.name).value_or(exam.name);
  for (const MeasureLevels& levels : r.levels) {
    const auto some = compare(exam, reference_name, levels, options.references);
    r.comparisons.insert(r.comparisons.end(), some.begin(), some.end());
  }
  r.tests = test_groups(exam, options.pair_test);
  r.adjustment = adjust_for_size(exam, options.reference_size_cm, r.adjustment_complaint);
  r.exceedance =
      exceedance(exam, Measure::ctdivol,
                 find(options.funnel_level, exam.name).value_or(r.levels[0].reference_level.value));
  r.bins = size_bins(exam);
  for (const auto& [measure, targets] : {std::pair{Measure::noise, &options.target_noise_hu},
                                         std::pair{Measure::quality, &options.target_quality}})
    if (any(exam, measure))
      if (auto recommendation =
              recommend(exam, measure, find(*targets, exam.name), options.exponent, options.resampling))
        r.recommendations.push_back(std::move(*recommendation));
  return r;
}

Quantity quantity(const std::string& exam, const std::string& name, const Interval& i,
                  const std::string& units, const std::string& description) {
  return {exam + " " + name, i.value, i.low, i.high, units, description};
}

void add_summary(CalibrationRecord& record, const ExamResult& r) {
  const std::string& exam = r.exam->name;
  record.summary.push_back(
      plain(exam + " examinations", static_cast<double>(r.exam->rows()), "1", "in all groups"));
  record.summary.push_back(
      plain(exam + " groups", static_cast<double>(r.exam->groups.size()), "1", "compared"));
  for (const MeasureLevels& levels : r.levels) {
    const std::string measure = name_of(levels.measure);
    const std::string units = units_of(levels.measure);
    record.summary.push_back(quantity(exam, measure + "_reference_level", levels.reference_level, units,
                                      "75th percentile of the groups' medians"));
    record.summary.push_back(
        quantity(exam, measure + "_achievable", levels.achievable, units, "50th percentile of the medians"));
    record.summary.push_back(quantity(exam, measure + "_pooled_p75", levels.pooled_75, units,
                                      "75th percentile of all patients together"));
  }
  if (r.tests) {
    record.summary.push_back(plain(exam + " kruskal_wallis_p", r.tests->kruskal_wallis.p, "1",
                                   "probability of as much difference if groups did not differ"));
    const statistics::IntraclassCorrelation& icc = r.tests->intraclass;
    record.summary.push_back({exam + " share_between", icc.value, icc.low, icc.high, "1",
                              "share of the variance of log CTDIvol that lies between groups"});
  }
  for (const Recommendation& rec : r.recommendations)
    record.summary.push_back(
        quantity(exam, fmt::format("recommended_ctdivol_for_{}_{:.4g}", name_of(rec.quality), rec.target),
                 rec.middle, "mGy", "median of the doses that the groups need for this quality"));
}

/// Missing sizes count only where a column of sizes was given.
double share_without_size(const Exam& exam) {
  double given = 0;
  double missing = 0;
  for (const ExamGroup& g : exam.groups) {
    const auto& sizes = g.values[static_cast<std::size_t>(Measure::size)];
    given += static_cast<double>(sizes.size());
    missing += static_cast<double>(
        std::count_if(sizes.begin(), sizes.end(), [](double v) { return std::isnan(v); }));
  }
  return given > 0 ? missing / given : 0;
}

void add_reasons(std::vector<std::string>& reasons, const ExamResult& r, std::size_t small_n) {
  const Exam& exam = *r.exam;
  std::vector<std::string> small;
  std::set<double> phantoms;
  for (const ExamGroup& g : exam.groups) {
    if (g.count(Measure::ctdivol) < static_cast<double>(small_n))
      small.push_back(fmt::format("{} ({})", g.name, g.count(Measure::ctdivol)));
    phantoms.insert(g.phantoms.begin(), g.phantoms.end());
  }
  if (!small.empty())
    reasons.push_back(
        fmt::format("{}: fewer than {} examinations of {}; collect more before their medians are acted on",
                    exam.name, small_n, fmt::join(small, ", ")));
  if (phantoms.size() > 1)
    reasons.push_back(
        fmt::format("{}: doses were stated for CTDI phantoms of {} cm, which differ by about two; "
                    "compare one phantom at a time",
                    exam.name, fmt::join(phantoms, " and ")));
  std::vector<std::string> tiny;
  for (const ExamGroup& g : exam.groups)
    if (g.count(Measure::ctdivol) < fewest_redrawn) tiny.push_back(g.name);
  if (!tiny.empty() || exam.groups.size() < fewest_redrawn)
    reasons.push_back(fmt::format(
        "{}: no intervals for {}: redrawing fewer than {} gives none that hold; collect more", exam.name,
        exam.groups.size() < fewest_redrawn
            ? fmt::format("levels of {}", counted(exam.groups.size(), "group"))
            : fmt::format("{}", fmt::join(tiny, ", ")),
        fewest_redrawn));
  if (exam.groups.size() < 4)
    reasons.push_back(
        fmt::format("{}: {}; quartiles of so few medians are hardly levels; ask more to take part", exam.name,
                    counted(exam.groups.size(), "group")));
  if (const double share = share_without_size(exam); share > 0)
    reasons.push_back(fmt::format(
        "{}: {:.1f} % of the examinations have no size and are left out of what is adjusted for size",
        exam.name, 100 * share));
  if (r.adjustment && !r.adjustment->with_size && any(exam, Measure::size))
    reasons.push_back(fmt::format(
        "{}: not adjusted for size: some groups have sizes for fewer than half of their examinations; ask "
        "them for sizes, or leave them out",
        exam.name));
  if (!r.adjustment && exam.groups.size() > 1)
    reasons.push_back(fmt::format("{}: not adjusted for size: {}", exam.name, r.adjustment_complaint));
}

void inform(const ExamResult& r, Monitor& monitor) {
  const std::string& exam = r.exam->name;
  std::size_t shared = 0;
  for (const ExamGroup& g : r.exam->groups) shared += g.from_summary ? 1 : 0;
  if (shared > 0)
    monitor.inform(
        fmt::format("{}: {} groups came as summaries: their medians, quartiles, moments and fits are exact, "
                    "while intervals, ranks, pooled quantiles and counts above a level are estimates "
                    "(above_error bounds the counts)",
                    exam, shared));
  for (const Recommendation& rec : r.recommendations) {
    const double law = physical_exponent(rec.quality);
    if (rec.fit && (rec.fit->low > law || rec.fit->high < law))
      monitor.inform(
          fmt::format("{}: {} goes with dose to the power {:.3f} ({:.3f} to {:.3f}), not {}: "
                      "reconstruction or automatic exposure breaks the law of filtered back-projection",
                      exam, name_of(rec.quality), rec.fit->value, rec.fit->low, rec.fit->high, law));
  }
}

[[noreturn]] void refuse_nothing_left(const ExamData& data) {
  std::map<std::string, std::size_t> reasons;
  for (const Excluded& excluded : data.excluded) reasons[excluded.reason] += excluded.rows;
  std::vector<std::string> texts;
  for (const auto& [reason, rows] : reasons) texts.push_back(fmt::format("{} ({})", reason, rows));
  throw InputError("every examination is left out: {}; expected some that can be compared",
                   fmt::join(texts, ", "));
}

}  // namespace

BenchmarkResult benchmark(const ExamData& data, const BenchmarkOptions& options, Monitor& monitor) {
  if (data.exams.empty()) refuse_nothing_left(data);
  check_names(data, options);
  ResultTables tables;
  BenchmarkResult result;
  result.record.method = "benchmark";
  for (std::size_t e = 0; e < data.exams.size(); ++e) {
    monitor.progress("exams", static_cast<double>(e), static_cast<double>(data.exams.size()));
    const ExamResult r = examine(data.exams[e], options);
    tables.add(r, options.small_n);
    add_summary(result.record, r);
    add_reasons(result.record.reasons, r, options.small_n);
    inform(r, monitor);
  }
  for (const Excluded& excluded : data.excluded) tables.add(excluded);
  if (data.repeated > 0)
    result.record.reasons.push_back(fmt::format(
        "{} rows repeat another one wholly; if an export was joined twice, take them out", data.repeated));
  result.record.verdict = result.record.reasons.empty() ? "good" : "doubtful";
  result.record.tables = tables.tables();
  result.groups = tables.groups();
  return result;
}

}  // namespace snitt::benchmark
