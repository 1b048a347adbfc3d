#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "benchmark/visual_grades.hpp"
#include "data/row_table.hpp"
#include "data/table_columns.hpp"
#include "statistics/reader_moments.hpp"
#include "statistics/reader_study.hpp"

namespace snitt::benchmark {
namespace {

struct Scores {
  std::vector<double> score;
  Words cases;
  Words readers;
  Words conditions;
};

Scores scores_of(const Table& table, const GradeOptions& options, const std::string& where) {
  if (table.rows() == 0) throw InputError("{}: has no rows; expected one per score", where);
  Scores s;
  s.score = numbers_of(column_of(table, options.columns.score, where), where);
  for (std::size_t i = 0; i < s.score.size(); ++i)
    if (!std::isfinite(s.score[i]))
      throw InputError("{}: row {}: column '{}' is empty; expected a number", where, i + 1,
                       options.columns.score);
  s.cases = words_of(names_of(table, options.columns.case_name, where));
  s.readers = words_of(names_of(table, options.columns.reader, where));
  s.conditions = words_of(names_of(table, options.condition, where));
  return s;
}

std::uint32_t condition_named(const Scores& s, const std::string& name, const GradeOptions& options,
                              const std::string& where) {
  const auto& names = s.conditions.names;
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    throw InputError("{}: column '{}' has no '{}'{}", where, options.condition, name,
                     did_you_mean(name, names));
  return static_cast<std::uint32_t>(at - names.begin());
}

/// Shares of scores of at least each level, of both conditions: the VGC curve.
Table operating_points(const std::vector<statistics::Rating>& ratings) {
  std::map<double, std::pair<double, double>> count;
  double reference = 0;
  double test = 0;
  for (const statistics::Rating& r : ratings) {
    (r.test ? count[r.score].second : count[r.score].first) += 1;
    (r.test ? test : reference) += 1;
  }
  RowTable table({{"score", "1", "and more"},
                  {"reference", "1", "share of the reference's scores, all readers"},
                  {"test", "1", "share of the test's scores"}});
  double a = 0;
  double b = 0;
  for (auto at = count.rbegin(); at != count.rend(); ++at) {
    a += at->second.first;
    b += at->second.second;
    table.add({at->first, a / reference, b / test});
  }
  return table.table();
}

/// Index of the score of each (condition, reader, case); throws when one is missing or there twice.
statistics::ReaderStudy study_of(const Scores& s, const std::vector<double>& truth,
                                 const GradeOptions& options, const std::string& where) {
  statistics::ReaderStudy study;
  study.modalities = s.conditions.names.size();
  study.readers = s.readers.names.size();
  const std::size_t cases = s.cases.names.size();
  study.diseased.assign(cases, 2);
  study.score.assign(study.modalities * study.readers * cases, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < s.score.size(); ++i) {
    const std::uint32_t c = s.cases.code[i];
    if (truth[i] != 0 && truth[i] != 1)
      throw InputError("{}: row {}: column '{}' has {}; expected 0 or 1", where, i + 1, options.truth,
                       truth[i]);
    const auto diseased = static_cast<std::uint8_t>(truth[i]);
    if (study.diseased[c] != 2 && study.diseased[c] != diseased)
      throw InputError("{}: row {}: case '{}' is {} here and {} above", where, i + 1, s.cases.names[c],
                       diseased, study.diseased[c]);
    study.diseased[c] = diseased;
    double& place = study.score[(s.conditions.code[i] * study.readers + s.readers.code[i]) * cases + c];
    if (!std::isnan(place))
      throw InputError("{}: row {}: reader '{}' scored case '{}' under '{}' twice", where, i + 1,
                       s.readers.names[s.readers.code[i]], s.cases.names[c],
                       s.conditions.names[s.conditions.code[i]]);
    place = s.score[i];
  }
  const auto gap =
      std::find_if(study.score.begin(), study.score.end(), [](double v) { return std::isnan(v); });
  if (gap != study.score.end()) {
    const auto at = static_cast<std::size_t>(gap - study.score.begin());
    throw InputError(
        "{}: reader '{}' did not score case '{}' under '{}'; expected every reader to score every case",
        where, s.readers.names[at / cases % study.readers], s.cases.names[at % cases],
        s.conditions.names[at / cases / study.readers]);
  }
  return study;
}

/// `moments` may be negative where the variance is small: then there is no error.
std::vector<RowTable::Cell> cells(std::vector<RowTable::Cell> row, const statistics::AreaEstimate& e,
                                  const statistics::ReaderMoments& moments) {
  const double error =
      moments.variance >= 0 ? std::sqrt(moments.variance) : std::numeric_limits<double>::quiet_NaN();
  row.insert(row.end(), {e.value, e.error, e.degrees, e.low, e.high, e.p, error});
  return row;
}

/// Of a modality, or of its difference to `other`; a negative variance for a study too small to have one.
statistics::ReaderMoments moments_of(const statistics::ReaderStudy& study, std::size_t modality,
                                     std::optional<std::size_t> other) {
  try {
    return other ? statistics::difference_moments(study, modality, *other)
                 : statistics::area_moments(study, modality);
  } catch (const ComputationError&) {
    return {0, -1};
  }
}

std::vector<RowTable::Heading> estimate_headings(std::vector<RowTable::Heading> first, const char* p) {
  first.insert(first.end(), {{"value", "1", "area, or difference of areas"},
                             {"error", "1", "standard error, readers and cases random"},
                             {"degrees", "1", "of freedom (Hillis)"},
                             {"low", "1", "lower end of the 95 % interval"},
                             {"high", "1", "upper end"},
                             {"p", "1", p},
                             {"moment_error", "1",
                              "standard error without a model, by Gallas' moments (as iMRMC); missing where "
                              "its unbiased variance is negative or cases are too few"}});
  return first;
}

}  // namespace

CalibrationRecord compare_grades(const Table& table, const GradeOptions& options, const std::string& where) {
  const Scores s = scores_of(table, options, where);
  const std::uint32_t reference = condition_named(s, options.reference, options, where);
  const std::uint32_t test = condition_named(s, options.test, options, where);
  if (reference == test) throw UsageError("reference and test condition are both '{}'", options.test);
  std::vector<statistics::Rating> ratings;
  for (std::size_t i = 0; i < s.score.size(); ++i)
    if (s.conditions.code[i] == reference || s.conditions.code[i] == test)
      ratings.push_back({s.readers.code[i], s.cases.code[i], s.conditions.code[i] == test, s.score[i]});
  const statistics::VisualGrading grading = statistics::visual_grading(
      ratings, s.readers.names.size(), s.cases.names.size(), options.replicates, options.seed);
  CalibrationRecord record;
  record.method = "visual grading characteristics";
  const std::string name = options.test + " over " + options.reference;
  record.summary.push_back({"area " + name, grading.mean_area, grading.fixed_readers.low,
                            grading.fixed_readers.high, "1",
                            "mean of the readers' AUC_VGC; 0.5: no difference; cases redrawn"});
  record.summary.push_back({"area " + name + ", any readers", grading.mean_area, grading.random_readers.low,
                            grading.random_readers.high, "1", "the same with readers redrawn too"});
  RowTable areas({{"reader", "", "name"},
                  {"area", "1", "AUC_VGC: more than 0.5 where the test scores higher"},
                  {"low", "1", "lower end of the 95 % interval, cases redrawn"},
                  {"high", "1", "upper end"}});
  for (std::size_t r = 0; r < grading.area.size(); ++r)
    areas.add({s.readers.names[r], grading.area[r], grading.interval[r].low, grading.interval[r].high});
  record.tables = {{"areas", areas.table()}, {"operating_points", operating_points(ratings)}};
  if (s.readers.names.size() < 4)
    record.reasons.push_back(fmt::format(
        "{} readers: the interval for any readers is not to be trusted; ask more", s.readers.names.size()));
  record.verdict = record.reasons.empty() ? "good" : "doubtful";
  return record;
}

CalibrationRecord compare_detection(const Table& table, const GradeOptions& options,
                                    const std::string& where) {
  const Scores s = scores_of(table, options, where);
  const std::vector<double> truth = numbers_of(column_of(table, options.truth, where), where);
  const statistics::ReaderStudy study = study_of(s, truth, options, where);
  const statistics::ReaderStudyResult result = statistics::compare_readers(study);
  CalibrationRecord record;
  record.method = "multi-reader multi-case ROC";
  RowTable areas({{"condition", "", "modality"},
                  {"reader", "", "name"},
                  {"area", "1", "under the empirical ROC curve"},
                  {"error", "1", "standard error by DeLong, cases random"}});
  for (std::size_t a = 0; a < result.area.size(); ++a)
    areas.add({s.conditions.names[a / study.readers], s.readers.names[a % study.readers], result.area[a],
               result.area_error[a]});
  RowTable modalities(estimate_headings({{"condition", "", "modality"}}, "of an area of one half"));
  for (std::size_t m = 0; m < result.mean_area.size(); ++m) {
    const statistics::AreaEstimate& e = result.mean_area[m];
    modalities.add(cells({s.conditions.names[m]}, e, moments_of(study, m, std::nullopt)));
    record.summary.push_back(
        {"area " + s.conditions.names[m], e.value, e.low, e.high, "1", "mean of the readers"});
  }
  RowTable differences(
      estimate_headings({{"first", "", "modality"}, {"second", "", "modality"}}, "of no difference"));
  for (const auto& d : result.differences) {
    differences.add(cells({s.conditions.names[d.first], s.conditions.names[d.second]}, d.estimate,
                          moments_of(study, d.first, d.second)));
    record.summary.push_back(
        {"area " + s.conditions.names[d.first] + " minus " + s.conditions.names[d.second], d.estimate.value,
         d.estimate.low, d.estimate.high, "1", "readers and cases random"});
  }
  if (!result.differences.empty())
    record.summary.push_back(
        plain("p", result.p, "1", "of no difference between conditions (Obuchowski-Rockette)"));
  record.tables = {
      {"areas", areas.table()}, {"modalities", modalities.table()}, {"differences", differences.table()}};
  record.verdict = "good";
  return record;
}

}  // namespace snitt::benchmark
