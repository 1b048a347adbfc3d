#include "statistics/reader_study.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "statistics/random.hpp"

namespace snitt::statistics {
namespace {

TEST(ReaderStudy, AreasCountPairsAndHalfTheTies) {
  EXPECT_NEAR(area_between(std::vector<double>{1, 2, 3}, std::vector<double>{2, 3, 4}), (2 * 0.5 + 6) / 9,
              1e-15);
  EXPECT_EQ(area_between(std::vector<double>{1, 2}, std::vector<double>{1, 2}), 0.5);
}

std::vector<Rating> ratings(double shift) {
  std::vector<Rating> all;
  for (std::uint32_t reader = 0; reader < 3; ++reader)
    for (std::uint32_t c = 0; c < 40; ++c)
      for (const bool test : {false, true}) {
        const double u = uniform(random_bits(9, c * 8 + reader * 2 + (test ? 1 : 0)));
        all.push_back({reader, c, test, std::floor(1 + 5 * u * 0.8 + (test ? shift : 0.0))});
      }
  return all;
}

TEST(ReaderStudy, GradingIsSymmetricalAndSeesTheBetterCondition) {
  const auto better = ratings(1);
  const VisualGrading forth = visual_grading(better, 3, 40, 500, 1);
  EXPECT_GT(forth.fixed_readers.low, 0.5);
  EXPECT_LE(forth.random_readers.low, forth.fixed_readers.low + 0.01);
  auto turned = better;
  for (Rating& r : turned) r.test = !r.test;
  const VisualGrading back = visual_grading(turned, 3, 40, 500, 1);
  EXPECT_NEAR(back.mean_area, 1 - forth.mean_area, 1e-12);
  // the same cases are drawn: the intervals mirror each other
  EXPECT_NEAR(back.fixed_readers.low, 1 - forth.fixed_readers.high, 1e-12);
}

/// Two modalities, readers whose scores are the same: only cases vary.
ReaderStudy study(double gain) {
  ReaderStudy s{2, 3, {}, {}};
  for (std::size_t c = 0; c < 60; ++c) s.diseased.push_back(c < 30 ? 1 : 0);
  for (std::size_t m = 0; m < 2; ++m)
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 60; ++c)
        s.score.push_back(uniform(random_bits(4, c, m)) + (c < 30 ? 0.2 + (m == 1 ? gain : 0.0) : 0.0));
  return s;
}

TEST(ReaderStudy, ReadersThatAgreeLeaveDeLongsTestOfOneReader) {
  const ReaderStudyResult result = compare_readers(study(0.3));
  // Var(A1 - A2) = 2 (variance - covariance between modalities) for one reader, and no more for copies of him
  const double delong = 2 * (result.variance - result.same_reader);
  EXPECT_NEAR(result.differences[0].estimate.error, std::sqrt(delong), 1e-12);
  EXPECT_GT(result.mean_area[1].value, result.mean_area[0].value);
  EXPECT_NEAR(result.f, std::pow(result.differences[0].estimate.value, 2) / delong, 1e-9);
}

TEST(ReaderStudy, DeLongsVarianceByHand) {
  // Diseased 2, 4; healthy 1, 3: shares below 1/2, 1; above 1, 1/2; each with variance 1/8 over 2
  ReaderStudy s{1, 2, {1, 1, 0, 0}, {2, 4, 1, 3, 2, 4, 1, 3}};
  const ReaderStudyResult result = compare_readers(s);
  EXPECT_NEAR(result.area[0], 0.75, 1e-15);
  EXPECT_NEAR(result.area_error[0], std::sqrt(0.125 / 2 + 0.125 / 2), 1e-15);
}

TEST(ReaderStudy, WantsReadersAndBothKindsOfCases) {
  EXPECT_THROW(compare_readers({1, 1, {1, 1, 0, 0}, {2, 4, 1, 3}}), ComputationError);
  EXPECT_THROW(compare_readers({1, 2, {1, 1, 1, 1}, {2, 4, 1, 3, 2, 4, 1, 3}}), ComputationError);
}

}  // namespace
}  // namespace snitt::statistics
