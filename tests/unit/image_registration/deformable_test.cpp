#include "image_registration/deformable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "deformable_phantom.hpp"

namespace snitt::image_registration {
namespace {

using testing::HasSubstr;

/// A fixed image that is the texture, and a moving one that holds it displaced: fixed p is at moving
/// start(p + wave(p)). `look` turns intensities into those of another modality.
template <typename Look>
ImagePair displaced_pair(double size_mm, const Look& look) {
  const VolumeGeometry geometry = cube(44, 1.5);
  return {volume_of(geometry, [=](Vec3 p) { return texture(p + wave(p, size_mm)); }),
          volume_of(geometry, [=](Vec3 p) { return look(texture(p)); }),
          {},
          {}};
}
double as_is(double value) { return value; }

/// Greatest and mean distance between the result and p + expected(p), 9 mm and more inside the image.
template <typename Expected>
std::pair<double, double> errors_of(const std::vector<TransformStep>& steps, const Expected& expected) {
  double most = 0;
  double sum = 0;
  int points = 0;
  for (double x = -11; x <= 36; x += 4)
    for (double y = 16; y <= 66; y += 5)
      for (double z = 12; z <= 55; z += 4, ++points) {
        const Vec3 p{x, y, z};
        const double error = norm(map_through(steps, p) - (p + expected(p)));
        most = std::max(most, error);
        sum += error;
      }
  return {sum / points, most};
}

/// The bending energy holds waves of 60 mm back a little: the rest is what it costs.
constexpr double fifth_of_a_voxel = 0.3;

DeformableSettings quick(DeformableMetric metric) {
  DeformableSettings settings;
  settings.metric = metric;
  return settings;
}

TEST(Deformable, RegistersAnImageToItselfByTheIdentity) {
  const ImagePair pair = displaced_pair(0, as_is);
  Monitor silent;
  const auto result = register_deformable(pair, {}, quick(DeformableMetric::automatic), silent);
  // The gradient is 0 at the identity but for rounding of single precision.
  const auto [mean, most] = errors_of(result.steps, [](Vec3) { return Vec3{}; });
  EXPECT_LT(most, 0.01);
  EXPECT_EQ(result.record.verdict, "good");
}

class DeformableMetrics : public testing::TestWithParam<DeformableMetric> {};

TEST_P(DeformableMetrics, RecoversAKnownDisplacement) {
  const ImagePair pair = displaced_pair(3, as_is);
  Monitor silent;
  const auto result = register_deformable(pair, {}, quick(GetParam()), silent);
  const auto [mean, most] = errors_of(result.steps, [](Vec3 p) { return wave(p, 3); });
  EXPECT_LT(mean, fifth_of_a_voxel);
  EXPECT_LT(most, 0.75);
  ASSERT_TRUE(result.record.find("folded_percent"));
  EXPECT_EQ(result.record.find("folded_percent")->value, 0);
}
INSTANTIATE_TEST_SUITE_P(All, DeformableMetrics,
                         testing::Values(DeformableMetric::squared_difference,
                                         DeformableMetric::local_correlation, DeformableMetric::lc2,
                                         DeformableMetric::gradient_field,
                                         DeformableMetric::mutual_information));

TEST(Deformable, RecoversTheSameFromAnInvertedImage) {
  const ImagePair pair = displaced_pair(3, [](double value) { return 7 - 2 * value; });
  Monitor silent;
  const auto result = register_deformable(pair, {}, quick(DeformableMetric::automatic), silent);
  const auto [mean, most] = errors_of(result.steps, [](Vec3 p) { return wave(p, 3); });
  EXPECT_LT(mean, fifth_of_a_voxel);
  EXPECT_LT(most, 0.75);
}

TEST(Deformable, FollowsDisplacementsLongerThanTheTexturesWaves) {
  // 21 mm, where waves are 6 to 18 mm long: the gradient alone leads to the wrong wave, the search does not.
  const auto far = [](Vec3 p) { return Vec3{9, -7.5, 6} + wave(p, 2); };
  const VolumeGeometry geometry = cube(50, 1.5);
  const ImagePair pair{
      volume_of(geometry, [&](Vec3 p) { return texture(p + far(p)); }), volume_of(geometry, texture), {}, {}};
  Monitor silent;
  DeformableSettings settings = quick(DeformableMetric::local_correlation);
  std::array<double, 2> errors{};
  for (const bool searches : {false, true}) {
    settings.searches = searches;
    const auto result = register_deformable(pair, {}, settings, silent);
    for (double x = -8; x <= 24; x += 8)
      for (double y = 32; y <= 64; y += 8) {
        const Vec3 p{x, y, 30};
        errors[searches ? 1 : 0] += norm(map_through(result.steps, p) - (p + far(p))) / 25;
      }
  }
  EXPECT_GT(errors[0], 3);
  EXPECT_LT(errors[1], fifth_of_a_voxel);
}

TEST(Deformable, TakesAStartOfTheLinearStage) {
  // The moving image's header lies: it says the image is 40 mm away and turned by 90 degrees about z.
  ImagePair pair = displaced_pair(3, as_is);
  Matrix4 start;
  start.m = {0, -1, 0, 40, 1, 0, 0, -5, 0, 0, 1, 2, 0, 0, 0, 1};
  auto& geometry = pair.moving.geometry;
  geometry.origin_mm = transform_point(start, geometry.origin_mm);
  for (Vec3& axis : geometry.axis_directions) axis = transform_vector(start, axis);
  Monitor silent;
  const auto result = register_deformable(pair, start, quick(DeformableMetric::local_correlation), silent);
  double most = 0;
  for (double x = -11; x <= 36; x += 6) {
    const Vec3 p{x, 40, 30};
    most = std::max(most, norm(map_through(result.steps, p) - transform_point(start, p + wave(p, 3))));
  }
  EXPECT_LT(most, 0.6);
}

TEST(Deformable, MovesWithAnImageThatMoves) {
  // Both images' origins shifted: the same voxels, so the same displacements but for rounding.
  ImagePair pair = displaced_pair(3, as_is);
  Monitor silent;
  const auto here = register_deformable(pair, {}, quick(DeformableMetric::local_correlation), silent);
  const Vec3 shift{100, -64, 32};
  pair.fixed.geometry.origin_mm = pair.fixed.geometry.origin_mm + shift;
  pair.moving.geometry.origin_mm = pair.moving.geometry.origin_mm + shift;
  const auto there = register_deformable(pair, {}, quick(DeformableMetric::local_correlation), silent);
  for (double x = -11; x <= 36; x += 6) {
    const Vec3 p{x, 40, 30};
    EXPECT_LT(norm(map_through(there.steps, p + shift) - shift - map_through(here.steps, p)), 0.01);
  }
}

TEST(Deformable, GivesTheInverseWhenTheImagesAreSwapped) {
  const ImagePair pair = displaced_pair(3, as_is);
  const ImagePair swapped{pair.moving, pair.fixed, {}, {}};
  Monitor silent;
  const auto there = register_deformable(pair, {}, quick(DeformableMetric::local_correlation), silent);
  const auto back = register_deformable(swapped, {}, quick(DeformableMetric::local_correlation), silent);
  double sum = 0;
  int points = 0;
  for (double x = -8; x <= 30; x += 6)
    for (double y = 20; y <= 60; y += 6, ++points) {
      const Vec3 p{x, y, 33};
      sum += norm(map_through(back.steps, map_through(there.steps, p)) - p);
    }
  EXPECT_LT(sum / points, 0.3);  // a fifth of a voxel: twice the error of each
}

TEST(Deformable, GivesTheSameBytesForAnyNumberOfThreads) {
  const ImagePair pair = displaced_pair(2, as_is);
  Monitor silent;
  DeformableSettings settings = quick(DeformableMetric::automatic);
  settings.preset = DeformablePreset::fast;
  std::vector<std::vector<TransformStep>> results;
  for (const int threads : {1, 2, 7}) {
    ThreadLimit limit(threads);
    limit.run([&] { results.push_back(register_deformable(pair, {}, settings, silent).steps); });
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(Deformable, KeepsToItsMasks) {
  // Rubbish in one half of the fixed image, masked away, must not matter in the other.
  ImagePair pair = displaced_pair(3, as_is);
  pair.fixed_mask = image::VoxelMask{pair.fixed.geometry, {}};
  const std::size_t columns = pair.fixed.geometry.size[0];
  Numbers numbers(2);
  for (std::size_t i = 0; i < pair.fixed.values.size(); ++i) {
    const bool is_good = i % columns < 28;
    pair.fixed_mask->inside.push_back(is_good);
    if (!is_good) pair.fixed.values[i] = static_cast<float>(5 * numbers.next());
  }
  Monitor silent;
  const auto result = register_deformable(pair, {}, quick(DeformableMetric::local_correlation), silent);
  for (double x = -11; x <= 15; x += 5) {
    const Vec3 p{x, 40, 30};
    EXPECT_LT(norm(map_through(result.steps, p) - (p + wave(p, 3))), 0.6);
  }
}

TEST(Deformable, UnfoldsWhatTooLittleBendingFolds) {
  // Noise pulls control points two voxels apart every way when nothing holds them.
  ImagePair pair = displaced_pair(3, as_is);
  Numbers numbers(8);
  for (auto* volume : {&pair.fixed, &pair.moving})
    for (float& value : volume->values) value += static_cast<float>(4 * numbers.next());
  Monitor silent;
  DeformableSettings settings = quick(DeformableMetric::squared_difference);
  settings.control_spacing_mm = 3;
  settings.bending_mm2 = 0.01;
  const auto result = register_deformable(pair, {}, settings, silent);
  EXPECT_GT(result.record.find("bending_weight_mm2")->value, 0.01);  // it had to be raised
  EXPECT_EQ(result.record.find("folded_percent")->value, 0);
}

TEST(Deformable, IsProvedOneToOneWhereThatIsWanted) {
  ImagePair pair = displaced_pair(3, as_is);
  Numbers numbers(8);
  for (auto* volume : {&pair.fixed, &pair.moving})
    for (float& value : volume->values) value += static_cast<float>(numbers.next());
  Monitor silent;
  DeformableSettings settings = quick(DeformableMetric::squared_difference);
  settings.bending_mm2 = 0.01;
  settings.control_spacing_mm = 4.5;
  settings.is_diffeomorphic = true;
  const auto result = register_deformable(pair, {}, settings, silent);
  EXPECT_LT(result.record.find("strain_bound")->value, 1);
  EXPECT_GT(result.record.find("jacobian_min")->value, 0);
}

TEST(Deformable, RefusesImagesApartNamingBothBoxes) {
  ImagePair pair = displaced_pair(0, as_is);
  pair.moving.geometry.origin_mm.x += 500;
  Monitor silent;
  try {
    register_deformable(pair, {}, {}, silent);
    FAIL() << "not refused";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("do not overlap"));
    EXPECT_THAT(error.what(), HasSubstr("(-20.0, 7.0, 3.0) to (44.5, 74.5, 63.0) mm"));
  }
}

TEST(Deformable, RefusesAnImageWithoutStructure) {
  ImagePair pair = displaced_pair(0, as_is);
  for (float& value : pair.moving.values) value = 4;
  Monitor silent;
  EXPECT_THROW(register_deformable(pair, {}, {}, silent), ComputationError);
}

}  // namespace
}  // namespace snitt::image_registration
