#include "registration/landmarks.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <random>

#include "base/error.hpp"
#include "formats/point_file.hpp"
#include "geometry/rotation.hpp"

namespace snitt::registration {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

std::string shared(const std::string& name) {
  const char* folder = std::getenv("SNITT_SHARED_DATA");
  return (folder != nullptr ? std::string(folder) : std::string(SNITT_SOURCE_DIR) + "/../shared/data") +
         "/registration/" + name;
}

Matrix4 some_rigid() {
  Matrix4 m = rotation_from_vector({0.3, -0.5, 0.7});
  m(0, 3) = 20;
  m(1, 3) = -30;
  m(2, 3) = 15;
  return m;
}

const std::vector<Vec3> head{{0, -98, 12},   {72, 8, -14}, {-71, 9, -15}, {46, -70, 14},
                             {-45, -60, 33}, {2, 5, 118},  {1, 96, -20}};

LandmarkPairs pairs_of(const std::vector<Vec3>& fixed, const Matrix4& map, double noise_mm, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  LandmarkPairs pairs;
  for (const Vec3 p : fixed) {
    pairs.labels.push_back(std::string(1, static_cast<char>('a' + pairs.labels.size())));
    pairs.fixed_mm.push_back(p);
    pairs.moving_mm.push_back(transform_point(map, p) +
                              noise_mm * Vec3{normal(random), normal(random), normal(random)});
  }
  return pairs;
}

PointSet set_of(const std::vector<std::string>& labels, double shift = 0) {
  PointSet set;
  set.labels = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    set.points_mm.push_back({static_cast<double>(i) + shift, static_cast<double>(i * i), 0});
  return set;
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Landmarks, BelongTogetherByTheirLabelsInAnyOrder) {
  const LandmarkPairs pairs = pair_landmarks(set_of({"a", "b", "", "c", "d"}),
                                             set_of({"d", "x", "b", "a"}, 100), LandmarkMatching::by_label);
  EXPECT_THAT(pairs.labels, ElementsAre("a", "b", "d"));
  EXPECT_EQ(pairs.moving_mm[0].x, 103);
  EXPECT_EQ(pairs.moving_mm[2].x, 100);
  EXPECT_THAT(pairs.only_fixed, ElementsAre("c"));
  EXPECT_THAT(pairs.only_moving, ElementsAre("x"));
  EXPECT_THAT(pairs.weights, IsEmpty());
}

TEST(Landmarks, ThatCannotBeMatchedAreRefused) {
  const auto refusal = [](const PointSet& a, const PointSet& b, LandmarkMatching m) {
    return message_of([&] { pair_landmarks(a, b, m); });
  };
  const auto label = LandmarkMatching::by_label;
  const auto order = LandmarkMatching::by_order;
  EXPECT_THAT(refusal(set_of({"a", "b", "a"}), set_of({"a"}), label),
              HasSubstr("1 and 3 are both labelled 'a'"));
  EXPECT_THAT(refusal(set_of({"a", "b", "c"}), set_of({"", "", ""}), label),
              HasSubstr("moving landmarks have no"));
  EXPECT_THAT(
      refusal(set_of({"a", "b", "c"}), set_of({"a", "b", "d"}), label),
      HasSubstr("2 labels are in both sets; expected at least three (only fixed: c; only moving: d)"));
  EXPECT_THAT(refusal(set_of({"a", "b"}), set_of({"a", "b"}), label), EndsWith("expected at least three"));
  EXPECT_THAT(refusal(set_of({"a", "b", "c"}), set_of({"a", "b"}), label), EndsWith("three (only fixed: c)"));
  EXPECT_THAT(refusal(set_of({"", "", ""}), set_of({"", ""}), order), HasSubstr("3 fixed and 2 moving"));
  EXPECT_THAT(refusal(set_of({"a", "b", "c"}), set_of({"b", "a", "c"}), order),
              HasSubstr("there is a moving 'a'"));
  EXPECT_EQ(pair_landmarks(set_of({"a", "b", "c"}), set_of({"1", "2", "3"}), order).labels.size(), 3U);
}

TEST(Landmarks, WeighByBothTheirVariancesElseByTheirWeights) {
  PointSet a = set_of({"a", "b", "c"});
  PointSet b = a;
  a.standard_deviations_mm = {1, 2, 3};
  b.standard_deviations_mm = {2, 2, 4};
  EXPECT_THAT(pair_landmarks(a, b, LandmarkMatching::by_label).weights,
              ElementsAre(1.0 / 5, 1.0 / 8, 1.0 / 25));
  b.standard_deviations_mm.clear();
  b.weights = {1, 0, 1};
  EXPECT_THAT(pair_landmarks(a, b, LandmarkMatching::by_label).weights, ElementsAre(1, 0, 1.0 / 9));
  a.standard_deviations_mm.clear();
  a.weights = {1, 1, 4};
  EXPECT_THAT(pair_landmarks(a, b, LandmarkMatching::by_label).weights, ElementsAre(0.5, 0, 0.8));
}

TEST(Landmarks, ThatFitAreGoodAndSayNothingElse) {
  for (const LandmarkModel model : {LandmarkModel::rigid, LandmarkModel::similarity, LandmarkModel::affine}) {
    const LandmarkRegistration r = register_landmarks(pairs_of(head, some_rigid(), 0.5, 3), model);
    EXPECT_EQ(r.record.verdict, "good");
    EXPECT_THAT(r.record.reasons, IsEmpty());
    EXPECT_EQ(r.record.table("residuals")->rows(), 7U);
  }
}

std::vector<std::string> reasons_of(const LandmarkPairs& pairs, LandmarkModel model = LandmarkModel::rigid) {
  const LandmarkRegistration r = register_landmarks(pairs, model);
  EXPECT_EQ(r.record.verdict, r.record.reasons.empty() ? "good" : "doubtful");
  return r.record.reasons;
}

TEST(Landmarks, ThatMayMisleadAreDoubtfulWithTheReason) {
  const std::vector<Vec3> three(head.begin(), head.begin() + 3);
  EXPECT_THAT(reasons_of(pairs_of(three, some_rigid(), 0.1, 1)),
              Contains(HasSubstr("3 landmarks leave little")));
  const std::vector<Vec3> four(head.begin(), head.begin() + 4);
  EXPECT_THAT(reasons_of(pairs_of(four, some_rigid(), 0.1, 1), LandmarkModel::affine),
              Contains(HasSubstr("4 landmarks leave nothing")));
  EXPECT_THAT(reasons_of(pairs_of({{0, 0, 0}, {50, 1, 0}, {100, 0, 2}, {150, 3, 1}}, some_rigid(), 0.1, 1)),
              Contains(HasSubstr("near a line")));
  EXPECT_THAT(reasons_of(pairs_of({{0, 0, 0}, {90, 0, 1}, {0, 90, 0}, {80, 90, 2}, {40, 40, 0}}, {}, 0.1, 1),
                         LandmarkModel::affine),
              Contains(HasSubstr("near a plane")));
  LandmarkPairs swapped = pairs_of(head, some_rigid(), 0.5, 1);
  std::swap(swapped.moving_mm[1], swapped.moving_mm[4]);
  for (const LandmarkModel model : {LandmarkModel::rigid, LandmarkModel::similarity})
    EXPECT_THAT(reasons_of(swapped, model), Contains(HasSubstr("partners of 'b' and 'e' exchanged")));
  EXPECT_THAT(message_of([&] { register_landmarks(swapped, LandmarkModel::affine); }),
              HasSubstr("some are swapped, or they lie near a plane"));
  std::swap(swapped.moving_mm[1], swapped.moving_mm[4]);
  std::swap(swapped.moving_mm[1], swapped.moving_mm[3]);
  EXPECT_THAT(reasons_of(swapped, LandmarkModel::affine),
              Contains(HasSubstr("partners of 'b' and 'd' exchanged")));
  LandmarkPairs twice = pairs_of(head, some_rigid(), 0.5, 1);
  twice.fixed_mm[3] = twice.fixed_mm[0];
  EXPECT_THAT(reasons_of(twice), Contains(HasSubstr("the fixed landmarks 'a' and 'd' are at one place")));
  LandmarkPairs off = pairs_of(head, some_rigid(), 0.5, 1);
  off.moving_mm[5].x += 25;
  EXPECT_THAT(reasons_of(off), Contains(HasSubstr("landmark 'f' is")));
}

TEST(Landmarks, OfRasTakenForLpsAreDoubtfulAndMirroredOnesRefused) {
  Matrix4 nearly = rotation_from_vector({0.1, 0.1, -0.15});
  LandmarkPairs pairs = pairs_of(head, nearly, 0.5, 1);
  EXPECT_THAT(reasons_of(pairs), IsEmpty());
  for (Vec3& p : pairs.moving_mm) p = {-p.x, -p.y, p.z};
  EXPECT_THAT(reasons_of(pairs), ElementsAre(HasSubstr("about z, as when RAS is taken for LPS")));
  for (Vec3& p : pairs.moving_mm) p.x = -p.x;
  EXPECT_THAT(message_of([&] { register_landmarks(pairs, LandmarkModel::rigid); }),
              HasSubstr("mirror images"));
}

TEST(Landmarks, TellTheErrorTheyWerePlacedWith) {
  // 300 landmarks: FLE from FRE scatters by 1 / sqrt(2 * 894), 2.4 % (one standard deviation); 4 of them.
  std::vector<Vec3> many;
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i)
    many.push_back({double(random() % 200), double(random() % 200), double(random() % 150)});
  for (const LandmarkModel model : {LandmarkModel::rigid, LandmarkModel::similarity, LandmarkModel::affine})
    EXPECT_NEAR(register_landmarks(pairs_of(many, some_rigid(), 0.8, 5), model).fle_mm, 0.8 * std::sqrt(3.0),
                0.13);
}

TEST(Landmarks, ThatHardlyFitAreDoubtful) {
  LandmarkPairs pairs = pairs_of(head, some_rigid(), 0.5, 1);
  std::rotate(pairs.moving_mm.begin(), pairs.moving_mm.begin() + 3, pairs.moving_mm.end());
  EXPECT_THAT(reasons_of(pairs), Contains(HasSubstr("check which belong together")));
}

TEST(Landmarks, RaiseFewDoubtsByChance) {
  for (const LandmarkModel model : {LandmarkModel::rigid, LandmarkModel::similarity, LandmarkModel::affine}) {
    int doubtful = 0;
    for (unsigned seed = 0; seed < 500; ++seed)
      doubtful +=
          register_landmarks(pairs_of(head, some_rigid(), 1, seed), model).record.reasons.empty() ? 0 : 1;
    EXPECT_LE(doubtful, 10);  // 2 %
  }
}

/// What the truth has for a quantity of a rigid or similarity record.
double truth_of(const std::string& name, const Matrix4& m, double scale, double sigma_mm) {
  Matrix4 turn = m;
  Vec3 center;
  for (const Vec3 p : head) center = center + (1.0 / 7) * p;
  for (std::size_t i = 0; i < 11; ++i)
    if (i % 4 != 3) turn.m[i] /= scale;
  for (std::size_t a = 0; a < 3; ++a) {
    const std::string axis(1, "xyz"[a]);
    if (name == "rotation_" + axis + "_deg") return vector_from_rotation(turn)[a] * 180 / M_PI;
    if (name == "translation_" + axis + "_mm") return m(a, 3);
    if (name == "center_" + axis + "_mm") return transform_point(m, center)[a];
    for (std::size_t b = 0; b < 3; ++b)
      if (name == "matrix_" + std::to_string(a) + std::to_string(b)) return m(a, b);
  }
  if (name == "scale") return scale;
  if (name == "volume_ratio") return determinant3(m);
  return name == "fle_rms_mm" ? sigma_mm * std::sqrt(3.0) : std::nan("");
}

TEST(Landmarks, HaveIntervalsThatCoverTheTruthIn95OfHundredRuns) {
  constexpr double sigma_mm = 0.7;
  constexpr int runs = 1000;
  for (const LandmarkModel model : {LandmarkModel::rigid, LandmarkModel::similarity, LandmarkModel::affine}) {
    const double scale = model == LandmarkModel::rigid ? 1 : 1.3;
    Matrix4 truth = some_rigid();
    for (std::size_t i = 0; i < 11; ++i)
      if (i % 4 != 3) truth.m[i] *= scale;
    std::map<std::string, int> covered;
    double tre2 = 0;
    double predicted2 = 0;
    const Vec3 target{25, -10, 45};
    PointSet targets;
    targets.points_mm = {target};
    targets.labels = {"t"};
    for (unsigned seed = 0; seed < runs; ++seed) {
      const LandmarkRegistration r =
          register_landmarks(pairs_of(head, truth, sigma_mm, 100 + seed), model, targets);
      for (const Quantity& q : r.record.summary)
        if (std::isfinite(q.low)) {
          const double expected = truth_of(q.name, truth, scale, sigma_mm);
          EXPECT_TRUE(std::isfinite(expected)) << q.name;
          covered[q.name] += q.low <= expected && expected <= q.high ? 1 : 0;
        }
      const Vec3 away = transform_point(r.fit.matrix, target) - transform_point(truth, target);
      tre2 += dot(away, away);
      predicted2 += r.targets[0].tre_mm * r.targets[0].tre_mm;
    }
    EXPECT_GE(covered.size(), model == LandmarkModel::affine ? 17U : 10U);
    // Binomial: 950 ± 6.9 of 1000; three standard deviations and a little for first order.
    for (const auto& [name, count] : covered) {
      EXPECT_GE(count, 926) << name;
      EXPECT_LE(count, 974) << name;
    }
    // Mean squares over 1000 runs of about three degrees of freedom scatter by 3 %; four of them.
    EXPECT_NEAR(predicted2 / tre2, 1, 0.12);
  }
}

TEST(Landmarks, PlacedWithDifferentErrorsHaveIntervalsThatHoldWhenTheseAreKnown) {
  const std::vector<double> sigma_mm{0.3, 2, 0.5, 1, 0.3, 3, 0.8};
  constexpr int runs = 1000;
  std::map<std::string, int> covered;
  for (unsigned seed = 0; seed < runs; ++seed) {
    LandmarkPairs pairs = pairs_of(head, some_rigid(), 1, 5000 + seed);
    for (std::size_t i = 0; i < head.size(); ++i) {
      const Vec3 exact = transform_point(some_rigid(), head[i]);
      pairs.moving_mm[i] = exact + sigma_mm[i] * (pairs.moving_mm[i] - exact);
      pairs.weights.push_back(1 / (sigma_mm[i] * sigma_mm[i]));
    }
    for (const Quantity& q : register_landmarks(pairs, LandmarkModel::rigid).record.summary)
      if (std::isfinite(q.low) && q.name != "fle_rms_mm") {
        const double expected = truth_of(q.name, some_rigid(), 1, 1);
        covered[q.name] += q.low <= expected && expected <= q.high ? 1 : 0;
      }
  }
  for (const auto& [name, count] : covered) {
    EXPECT_GE(count, 926) << name;  // as above
    EXPECT_LE(count, 974) << name;
  }
}

std::vector<Vec3> ply_points(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && line.find("end_header") == std::string::npos) {
  }
  std::vector<Vec3> points;
  for (Vec3 p; file >> p.x >> p.y >> p.z;) points.push_back(p);
  return points;
}

TEST(Landmarks, OfTheTeaserBenchmarkWithoutOutliersGiveItsMap) {
  const std::string folder = shared("teaser/benchmark_1/");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  LandmarkPairs pairs;
  pairs.fixed_mm = ply_points(folder + "src.ply");
  pairs.moving_mm = ply_points(folder + "dst.ply");
  ASSERT_EQ(pairs.fixed_mm.size(), 10U);
  pairs.labels.resize(10);
  const LandmarkRegistration r = register_landmarks(pairs, LandmarkModel::similarity);
  double scale = 0;
  std::ifstream(folder + "s_ref.csv") >> scale;
  std::ifstream rotation(folder + "R_ref.csv");
  std::ifstream shift(folder + "t_ref.csv");
  // The files' points have 15 decimals.
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      double value = 0;
      rotation >> value;
      rotation.ignore(1);
      EXPECT_NEAR(r.fit.matrix(row, column), scale * value, 1e-12);
    }
    double value = 0;
    shift >> value;
    EXPECT_NEAR(r.fit.matrix(row, 3), value, 1e-12);
  }
  EXPECT_LT(r.fit.rms_mm, 1e-13);
}

TEST(Landmarks, OfTwoLungsLeaveTheAffineResidualThatIsKnown) {
  const std::string folder = shared("lung/");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  Monitor monitor;
  const PointSet baseline =
      formats::read_point_file(folder + "3DCT_lung_baseline_landmarks.txt", {}, monitor);
  const PointSet followup =
      formats::read_point_file(folder + "baseline_3DCT_lung_groundtruth_point.txt", {}, monitor);
  const LandmarkPairs pairs = pair_landmarks(baseline, followup, LandmarkMatching::by_order);
  const LandmarkFit affine = fit_landmarks(LandmarkModel::affine, pairs.fixed_mm, pairs.moving_mm);
  double mean = 0;
  for (const Vec3 v : affine.residual_mm) mean += norm(v) / 100;
  EXPECT_NEAR(mean, 3.15, 0.005);  // mean distance, as measured with another program
}

}  // namespace
}  // namespace snitt::registration
