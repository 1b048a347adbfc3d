#include "benchmark/benchmark.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "benchmark/dose_quality.hpp"
#include "benchmark/shared_summary.hpp"

namespace snitt::benchmark {
namespace {

using testing::HasSubstr;

/// Groups of 20 with doses d, 2 d, 3 d … and noise by the law, so that every answer is known.
Table exams(const std::vector<std::pair<std::string, double>>& groups) {
  std::vector<std::string> exam;
  std::vector<std::string> site;
  std::vector<double> dose;
  std::vector<double> noise;
  std::vector<double> size;
  for (const auto& [name, unit] : groups)
    for (int i = 0; i < 21; ++i) {
      exam.emplace_back("ABDOMEN");
      site.push_back(name);
      dose.push_back(unit * (90 + i) / 100);  // median: unit
      noise.push_back(20 / std::sqrt(dose.back()));
      size.push_back(30 + (i * 7 % 21 - 10) * 0.3);
    }
  return {{{"exam", "", "", exam},
           {"site", "", "", site},
           {"ctdivol_mgy", "mGy", "", dose},
           {"noise_HU", "HU", "", noise},
           {"dw_cm", "cm", "", size}}};
}

ExamColumns columns() {
  ExamColumns c;
  c.noise = "noise_HU";
  c.size = "dw_cm";
  return c;
}

const std::vector<std::pair<std::string, double>> five{{"A", 8}, {"B", 10}, {"C", 12}, {"D", 16}, {"E", 20}};

TEST(Benchmark, LevelsAreQuantilesOfMedians) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  Resampling resampling;
  resampling.replicates = 200;
  const MeasureLevels levels = dose_levels(data.exams[0], Measure::ctdivol, resampling);
  EXPECT_NEAR(levels.reference_level.value, 16, 1e-12);
  EXPECT_NEAR(levels.achievable.value, 12, 1e-12);
  EXPECT_NEAR(levels.lower_quartile, 10, 1e-12);
  EXPECT_GT(levels.pooled_75.value, 16);  // patients of E pull it up
  EXPECT_LE(levels.reference_level.low, 16);
  EXPECT_GE(levels.reference_level.high, 16);
}

TEST(Benchmark, AGroupDrawsTheSamePatientsWhateverStandsBesideIt) {
  Resampling resampling;
  resampling.replicates = 50;
  const ExamData all = exams_from(exams(five), columns(), std::nullopt, "table");
  const ExamData two = exams_from(exams({five[1], five[3]}), columns(), std::nullopt, "table");
  const auto many = dose_levels(all.exams[0], Measure::ctdivol, resampling).median_replicates;
  const auto few = dose_levels(two.exams[0], Measure::ctdivol, resampling).median_replicates;
  EXPECT_EQ(many[1], few[0]);
  EXPECT_EQ(many[3], few[1]);
}

TEST(Benchmark, NoiseByTheLawGivesTheLawAndOneRecommendedDose) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  Resampling resampling;
  resampling.replicates = 200;
  const auto r = recommend(data.exams[0], Measure::noise, 5.0, std::nullopt, resampling);
  ASSERT_TRUE(r);
  ASSERT_TRUE(r->fit);
  EXPECT_NEAR(r->fit->value, -0.5, 1e-9);
  // noise 20 / sqrt(D) = 5 at 16 mGy, for everybody
  for (const Interval& i : r->by_law) EXPECT_NEAR(i.value, 16, 1e-9);
  EXPECT_NEAR(r->middle.value, 16, 1e-6);
  for (const double merit : r->merit_median) EXPECT_GT(merit, 0);
}

TEST(Benchmark, AToldExponentIsUsed) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  Resampling resampling;
  resampling.replicates = 100;
  const auto r = recommend(data.exams[0], Measure::noise, 5.0, -0.25, resampling);
  EXPECT_NEAR(r->dose[0].value, 8 * std::pow(20 / std::sqrt(8.0) / 5, 4), 1e-9);
  EXPECT_FALSE(r->exponent_is_fitted);
}

TEST(Benchmark, ShareAboveIsExactAndDosesForOneSizeFollowTheGroups) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  const Exceedance e = exceedance(data.exams[0], Measure::ctdivol, 16);
  EXPECT_EQ(e.above, (std::vector<double>{0, 0, 0, 10, 21}));
  std::string complaint;
  const auto adjusted = adjust_for_size(data.exams[0], 30.0, complaint);
  ASSERT_TRUE(adjusted) << complaint;
  for (std::size_t g = 0; g < five.size(); ++g)
    EXPECT_NEAR(adjusted->dose[g], five[g].second, 0.02 * five[g].second);
}

TEST(Benchmark, SummariesGiveTheSameQuantilesMomentsAndSums) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  const SharedSummary shared = summarize(data, 12);
  const ExamData back = exams_from_summary(shared.quantiles, shared.record, "summary");
  ASSERT_EQ(back.exams[0].groups.size(), 5U);
  for (std::size_t g = 0; g < 5; ++g) {
    const ExamGroup& a = data.exams[0].groups[g];
    const ExamGroup& b = back.exams[0].groups[g];
    EXPECT_EQ(a.rows(), b.rows());
    for (const Measure m : {Measure::ctdivol, Measure::noise, Measure::merit_noise})
      for (const double share : {0.25, 0.5, 0.75}) EXPECT_EQ(a.quantile(m, share), b.quantile(m, share));
    EXPECT_EQ(a.mean_of(Measure::ctdivol), b.mean_of(Measure::ctdivol));
    EXPECT_EQ(a.models.noise_size.cross, b.models.noise_size.cross);
    // what is drawn from between the quantiles lies near what was there
    const double gap = a.quantile(Measure::ctdivol, 0.75) - a.quantile(Measure::ctdivol, 0.5);
    EXPECT_EQ(b.known(Measure::ctdivol).size(), 21U);
    EXPECT_NEAR(b.quantile(Measure::ctdivol, 0.625), a.quantile(Measure::ctdivol, 0.625), gap);
  }
}

TEST(Benchmark, SummariesNeverHoldExtremesNorFewerThanThreeBetweenQuantiles) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  const SharedSummary shared = summarize(data, 12);
  std::size_t there = 0;
  for (const Column& c : shared.quantiles.columns)
    if (c.name.starts_with("quantile_")) {
      const auto& values = std::get<std::vector<double>>(c.values);
      there += std::isnan(values[0]) ? 0 : 1;
      const Column& n = *shared.quantiles.find("n");
      EXPECT_EQ(std::get<std::vector<double>>(n.values)[0], 21);
    }
  EXPECT_EQ(there, 3U);  // 21 patients: eighths would leave 2.6 between
  EXPECT_THROW(summarize(data, 22), ComputationError);
}

TEST(Benchmark, ForgedSummariesAreRefused) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  const SharedSummary shared = summarize(data, 12);
  SharedSummary forged = shared;
  for (auto& [name, table] : forged.record.tables)
    if (name == "sums")
      for (Column& c : table.columns)
        if (c.name == "mean_2") std::get<std::vector<double>>(c.values).assign(table.rows(), std::nan(""));
  EXPECT_THROW(exams_from_summary(forged.quantiles, forged.record, "summary"), InputError);
  forged = shared;
  forged.record.tables.erase(forged.record.tables.begin());
  EXPECT_THROW(exams_from_summary(forged.quantiles, forged.record, "summary"), InputError);
  forged = shared;
  for (Column& c : forged.quantiles.columns)
    if (c.name == "n") std::get<std::vector<double>>(c.values).assign(forged.quantiles.rows(), -3);
  EXPECT_THROW(exams_from_summary(forged.quantiles, forged.record, "summary"), InputError);
}

TEST(Benchmark, AGroupWithoutSizesIsNamedWhereOthersHaveThem) {
  ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  ExamColumns without = columns();
  without.size.clear();
  merge(data, exams_from(exams({{"F", 9}}), without, std::nullopt, "more"), "more");
  BenchmarkOptions options;
  options.resampling.replicates = 100;
  Monitor silent;
  const BenchmarkResult result = benchmark(data, options, silent);
  EXPECT_THAT(result.record.reasons,
              testing::Contains(HasSubstr("some groups have sizes for fewer than half")));
  EXPECT_EQ(result.groups.rows(), 6U);
}

TEST(Benchmark, WordsOfOptionsMustBeExams) {
  const ExamData data = exams_from(exams(five), columns(), std::nullopt, "table");
  BenchmarkOptions options;
  options.target_noise_hu["ABDOMNE"] = 5;
  Monitor silent;
  EXPECT_THAT([&] { benchmark(data, options, silent); },
              testing::ThrowsMessage<UsageError>(HasSubstr("did you mean 'ABDOMEN'")));
}

TEST(Benchmark, SizesTurnCtdivolIntoLocalDose) {
  // AAPM report 204: 32 cm phantom, 30 cm: 1.23; 16 cm phantom, 16 cm: 1.01 (two decimals as printed)
  EXPECT_NEAR(size_factor(30, 32), 1.23, 0.01);
  EXPECT_NEAR(size_factor(16, 16), 1.01, 0.01);
}

}  // namespace
}  // namespace snitt::benchmark
