#include "registration/robust_alignment.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "base/error.hpp"
#include "geometry/rotation.hpp"
#include "registration/consistency_graph.hpp"
#include "registration/truncated_rotation.hpp"

namespace snitt::registration {
namespace {

std::string shared(const std::string& name) {
  const char* folder = std::getenv("SNITT_SHARED_DATA");
  return (folder != nullptr ? std::string(folder) : std::string(SNITT_SOURCE_DIR) + "/../shared/data") +
         "/registration/" + name;
}

/// Numbers of a file, from the line after `after` on.
std::vector<double> numbers_of(const std::string& path, const std::string& after = "") {
  std::ifstream file(path);
  std::string line;
  while (!after.empty() && std::getline(file, line) && line.rfind(after, 0) != 0) {
  }
  std::stringstream rest;
  rest << file.rdbuf();
  std::string text = rest.str();
  std::replace(text.begin(), text.end(), ',', ' ');
  std::stringstream words(text);
  std::vector<double> numbers;
  for (double x = 0; words >> x;) numbers.push_back(x);
  return numbers;
}

std::vector<Vec3> points_of(const std::vector<double>& numbers) {
  std::vector<Vec3> points;
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3)
    points.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  return points;
}

struct Claimed {
  std::vector<Vec3> from;
  std::vector<Vec3> to;
  Matrix4 truth;
};

/// `n` pairs in a cube of 100 mm; a share of the partners is anywhere in the cube instead.
Claimed claimed(std::size_t n, double outliers, double noise_mm, double scale, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> place(-50, 50);
  std::normal_distribution<double> normal;
  Claimed out;
  out.truth = rotation_from_vector({0.9, -1.4, 1.1});
  for (std::size_t i = 0; i < 12; ++i)
    if (i % 4 != 3) out.truth.m[i] *= scale;
  out.truth(0, 3) = 20;
  out.truth(1, 3) = -35;
  out.truth(2, 3) = 12;
  const auto wrong = static_cast<std::size_t>(std::lround(outliers * static_cast<double>(n)));
  for (std::size_t i = 0; i < n; ++i) {
    const Vec3 p{place(random), place(random), place(random)};
    const Vec3 q{place(random), place(random), place(random)};
    out.from.push_back(p);
    out.to.push_back(transform_point(out.truth, i < wrong ? q : p) +
                     noise_mm * Vec3{normal(random), normal(random), normal(random)});
  }
  return out;
}

double largest_error(const Claimed& claim, const Matrix4& found) {
  double largest = 0;
  for (const Vec3 p : claim.from)
    largest = std::max(largest, norm(transform_point(found, p) - transform_point(claim.truth, p)));
  return largest;
}

TEST(Clique, IsFoundAndProvenAmongRandomEdges) {
  // Planted: 12 of 200 in a graph of density 0.1, whose own largest clique has about 5.
  std::mt19937 random(3);
  ConsistencyGraph graph(200);
  const auto join = [&](std::size_t a, std::size_t b) {
    graph.set(a, b);
    graph.set(b, a);
  };
  for (std::size_t a = 0; a < 200; ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (random() % 10 == 0 || (a % 17 == 3 && b % 17 == 3)) join(a, b);
  const Clique clique = largest_clique(graph, 10'000'000);
  ASSERT_EQ(clique.members.size(), 12U);
  EXPECT_TRUE(clique.is_proven);
  for (const std::size_t m : clique.members) EXPECT_EQ(m % 17, 3U);
}

TEST(Clique, OfAllVerticesAndOfNone) {
  ConsistencyGraph complete(130);
  for (std::size_t a = 0; a < 130; ++a)
    for (std::size_t b = 0; b < 130; ++b)
      if (a != b) complete.set(a, b);
  EXPECT_EQ(largest_clique(complete, 1'000'000).members.size(), 130U);
  EXPECT_EQ(core_numbers(complete)[7], 129U);
  EXPECT_EQ(largest_clique(ConsistencyGraph(5), 1000).members.size(), 1U);
  EXPECT_TRUE(largest_clique(ConsistencyGraph(0), 1000).members.empty());
}

TEST(TruncatedMean, IsTheMeanOfTheMajorityWithinTheBound) {
  EXPECT_DOUBLE_EQ(truncated_mean(std::vector<double>{1.0, 9.0, 1.2, -70.0, 1.1}, 0.3), 1.1);
  EXPECT_DOUBLE_EQ(truncated_mean(std::vector<double>{4.0}, 1), 4.0);
}

TEST(RobustAlignment, RecoversTheTeaserBenchmarksExactly) {
  if (!std::filesystem::exists(shared("teaser/benchmark_1/src.ply"))) GTEST_SKIP() << "no shared data";
  for (const std::string number : {"1", "2", "3"}) {
    const std::string folder = shared("teaser/benchmark_" + number);
    const std::vector<Vec3> from = points_of(numbers_of(folder + "/src.ply", "end_header"));
    const std::vector<Vec3> to = points_of(numbers_of(folder + "/dst.ply", "end_header"));
    ASSERT_EQ(from.size(), 10U);
    const std::vector<double> r = numbers_of(folder + "/R_ref.csv");
    const std::vector<double> t = numbers_of(folder + "/t_ref.csv");
    const double scale = numbers_of(folder + "/s_ref.csv").at(0);
    AlignmentOptions options;
    options.with_scale = true;
    const Alignment found = align_correspondences(from, to, options);
    for (std::size_t row = 0; row < 3; ++row) {
      // The references are written with 15 digits, the points with 15 decimals.
      EXPECT_NEAR(found.matrix(row, 3), t[row], 1e-12) << number;
      for (std::size_t c = 0; c < 3; ++c)
        EXPECT_NEAR(found.matrix(row, c), scale * r[3 * row + c], 1e-12) << number;
    }
    EXPECT_EQ(found.inliers.size(), number == "1" ? 10U : number == "2" ? 9U : 7U);
    EXPECT_LT(found.log10_chance, -6);
  }
}

class Outliers : public testing::TestWithParam<double> {};

TEST_P(Outliers, DoNotMatterWhenTheNoiseIsKnown) {
  const Claimed claim = claimed(1000, GetParam(), 0.5, 1, 11);
  AlignmentOptions options;
  options.noise_mm = 1.7;  // 99 % of distances of 0.5 mm per axis
  const auto start = std::chrono::steady_clock::now();
  const Alignment found = align_correspondences(claim.from, claim.to, options);
  RecordProperty(
      "ms", static_cast<int>(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count()));
  const double inliers = 1000 * (1 - GetParam());
  // At a corner of the cube the turn adds 1.7 times the centre's error: 0.5 sqrt(3) sqrt(1 + 3) / sqrt(n)
  // RMS; three times that.
  EXPECT_LT(largest_error(claim, found.matrix), 3 * 0.5 * std::sqrt(3.0) * 2 / std::sqrt(inliers));
  EXPECT_GT(static_cast<double>(found.inliers.size()), 0.9 * inliers);
  EXPECT_LT(found.log10_chance, -6);
}

TEST_P(Outliers, DoNotMatterWhenTheNoiseIsNotKnown) {
  const Claimed claim = claimed(1000, GetParam(), 0.5, 1, 12);
  const Alignment found = align_correspondences(claim.from, claim.to);
  const double inliers = 1000 * (1 - GetParam());
  EXPECT_LT(largest_error(claim, found.matrix), 3 * 0.5 * std::sqrt(3.0) * 2 / std::sqrt(inliers));
  EXPECT_NEAR(found.noise_mm, 1.7, 0.8);  // the bound that holds most of the pairs
}

INSTANTIATE_TEST_SUITE_P(Shares, Outliers, testing::Values(0.0, 0.5, 0.9, 0.95));

TEST(RobustAlignment, FindsTheScaleAmongNinetyPercentOutliers) {
  const Claimed claim = claimed(500, 0.9, 0.2, 1.7, 5);
  AlignmentOptions options;
  options.with_scale = true;
  const Alignment found = align_correspondences(claim.from, claim.to, options);
  EXPECT_LT(largest_error(claim, found.matrix), 3 * 0.2 * std::sqrt(3.0) * 2 / std::sqrt(50.0));
}

TEST(RobustAlignment, SaysWhenChanceWouldDoAsWell) {
  const Claimed claim = claimed(60, 1.0, 0.5, 1, 7);
  AlignmentOptions options;
  options.noise_mm = 1.7;
  try {
    EXPECT_GT(align_correspondences(claim.from, claim.to, options).log10_chance, -3);
  } catch (const ComputationError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("agree"));
  }
}

}  // namespace
}  // namespace snitt::registration
