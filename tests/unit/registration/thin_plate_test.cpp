#include "registration/thin_plate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.hpp"

namespace snitt::registration {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Vec3 bent(Vec3 p) {
  return {p.x + 4 * std::sin(p.y / 40), 1.02 * p.y + 3 * std::cos(p.z / 35), p.z + 0.001 * p.x * p.y};
}

/// Landmarks in a head, displaced smoothly, with noise.
LandmarkPairs bent_pairs(std::size_t n, double noise_mm, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> place(-70, 70);
  LandmarkPairs pairs;
  for (std::size_t i = 0; i < n; ++i) {
    Vec3 p;
    Vec3 error;
    for (std::size_t a = 0; a < 3; ++a) {
      p[a] = place(random);
      error[a] = noise_mm * normal(random);
    }
    pairs.labels.push_back("L" + std::to_string(i));
    pairs.fixed_mm.push_back(p);
    pairs.moving_mm.push_back(bent(p) + error);
  }
  return pairs;
}

double value(const CalibrationRecord& record, const std::string& name) { return record.find(name)->value; }

TEST(ThinPlateRegistration, OfCleanLandmarksIsGoodAndMapsWhatLiesBetween) {
  PointSet targets;
  targets.points_mm = {{10, -20, 15}};
  targets.labels = {"tumour"};
  const ThinPlateRegistration r = register_thin_plate(bent_pairs(40, 0), std::nullopt, targets);
  EXPECT_THAT(r.record.reasons, IsEmpty());
  EXPECT_EQ(r.record.verdict, "good");
  const double away = norm(map_point(r.step, {10, -20, 15}) - bent({10, -20, 15}));
  EXPECT_LT(away, 0.5);  // of 5 mm of bending
  EXPECT_LT(away, 3 * r.targets[0].tre_mm);
  EXPECT_EQ(norm(r.targets[0].moving_mm - map_point(r.step, {10, -20, 15})), 0);
  EXPECT_GT(value(r.record, "affine_leave_one_out_rms_mm"), 2 * value(r.record, "leave_one_out_rms_mm"));
  EXPECT_GT(value(r.record, "least_jacobian"), 0.5);
}

TEST(ThinPlateRegistration, ALandmarkOfNoWeightIsOnlyChecked) {
  LandmarkPairs pairs = bent_pairs(30, 0);
  pairs.weights.assign(30, 1.0);
  pairs.weights[4] = 0;
  const Vec3 wrong = pairs.moving_mm[4] + Vec3{25, 0, 0};
  pairs.moving_mm[4] = wrong;
  const ThinPlateRegistration r = register_thin_plate(pairs, 0.0, {});
  EXPECT_EQ(value(r.record, "landmarks"), 29);
  EXPECT_LT(value(r.record, "fre_rms_mm"), 1e-9);
  const auto& residual = std::get<std::vector<double>>(r.record.table("residuals")->columns[1].values);
  EXPECT_NEAR(residual[4], 25, 2);  // the others predict its place within 2 mm
  EXPECT_LT(residual[5], 1e-9);
}

TEST(ThinPlateRegistration, FindsTheLandmarkThatIsWrong) {
  LandmarkPairs pairs = bent_pairs(40, 0.3);
  pairs.moving_mm[17].y += 30;
  EXPECT_THAT(register_thin_plate(pairs, std::nullopt, {}).record.reasons, Contains(HasSubstr("'L17'")));
  pairs = bent_pairs(30, 0.3);
  std::swap(pairs.moving_mm[2], pairs.moving_mm[9]);
  EXPECT_THAT(register_thin_plate(pairs, std::nullopt, {}).record.reasons,
              Contains(HasSubstr("exchanged the landmarks fit by")));
}

TEST(ThinPlateRegistration, SaysWhenItFoldsAndWhenAnAffineMapIsBetter) {
  LandmarkPairs pairs = bent_pairs(30, 0);
  pairs.labels.push_back("near L3");  // 1 mm beside it, and 6 mm to its other side in the moving image
  pairs.fixed_mm.push_back(pairs.fixed_mm[3] + Vec3{1, 0, 0});
  pairs.moving_mm.push_back(pairs.moving_mm[3] - Vec3{6, 0, 0});
  EXPECT_THAT(register_thin_plate(pairs, 0.0, {}).record.reasons, Contains(HasSubstr("folds")));
  LandmarkPairs noise = bent_pairs(80, 0);
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (std::size_t i = 0; i < 80; ++i)
    for (std::size_t a = 0; a < 3; ++a) noise.moving_mm[i][a] = noise.fixed_mm[i][a] + 3 * normal(random);
  EXPECT_THAT(register_thin_plate(noise, 0.0, {}).record.reasons,
              Contains(HasSubstr("an affine map predicts")));
  EXPECT_THAT(register_thin_plate(noise, std::nullopt, {}).record.reasons,
              Not(Contains(HasSubstr("an affine map predicts"))));  // smoothing by leave-one-out
}

TEST(ThinPlateRegistration, RefusesWhatDeterminesNothing) {
  const auto refusal = [](const LandmarkPairs& pairs, std::optional<double> smoothing) -> std::string {
    try {
      register_thin_plate(pairs, smoothing, {});
    } catch (const ComputationError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal(bent_pairs(4, 0), 0.0), HasSubstr("at least five"));
  LandmarkPairs pairs = bent_pairs(12, 0);
  pairs.fixed_mm[5] = pairs.fixed_mm[2];
  EXPECT_THAT(refusal(pairs, 0.0), HasSubstr("'L2' and 'L5' are at one place"));
  EXPECT_EQ(refusal(pairs, 5.0), "accepted");
  EXPECT_EQ(refusal(pairs, std::nullopt), "accepted");
  for (Vec3& p : pairs.moving_mm) p.x = -p.x;
  EXPECT_THAT(refusal(pairs, 5.0), HasSubstr("mirror"));
}

}  // namespace
}  // namespace snitt::registration
