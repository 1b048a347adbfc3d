#include "image_registration/linear_registration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/threads.hpp"
#include "image_registration/starts.hpp"
#include "test_head.hpp"

namespace snitt::image_registration {
namespace {

Monitor silent;

const Matrix4 truth = motion({1, 2, -1}, 9, {5, -6, 4});

/// A moving image whose points are where `fixed_to_moving` takes those of the fixed one.
ImagePair pair_of(const Matrix4& fixed_to_moving, const Contrast& contrast = same,
                  Vec3 moving_spacing = {2.2, 2, 2.5}) {
  return {head_image(head_grid()),
          head_image(head_grid(moving_spacing), inverse(fixed_to_moving), contrast),
          {},
          {}};
}

LinearOptions options_of(LinearModel model, Metric metric) {
  LinearOptions options;
  options.model = model;
  options.metric = metric;
  options.samples = 30'000;
  return options;
}

double error_of(const ImagePair& pair, const LinearOptions& options, const Matrix4& expected) {
  return largest_error_mm(register_linear(pair, {}, options, silent).fixed_to_moving, expected);
}

TEST(RegisterLinear, FindsAKnownMotionWithEveryMetric) {
  const ImagePair pair = pair_of(truth);
  for (const Metric metric : {Metric::mi, Metric::nmi, Metric::ncc, Metric::mse})
    // A fiftieth of a voxel: the bins' width, in an image without noise; cubic interpolation leaves less.
    EXPECT_LT(error_of(pair, options_of(LinearModel::rigid, metric), truth), 0.04) << name_of(metric);
}

TEST(RegisterLinear, FindsScalesAndShears) {
  Matrix4 similar = truth;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) similar(r, c) *= 1.07;
  EXPECT_LT(error_of(pair_of(similar), options_of(LinearModel::similarity, Metric::mi), similar), 0.08);
  Matrix4 affine = similar;
  affine(0, 1) += 0.05;
  affine(2, 2) *= 0.95;
  EXPECT_LT(error_of(pair_of(affine), options_of(LinearModel::affine, Metric::mi), affine), 0.08);
}

TEST(RegisterLinear, MutualInformationDoesNotMindTheContrast) {
  const LinearOptions options = options_of(LinearModel::rigid, Metric::mi);
  const double same_contrast = error_of(pair_of(truth), options, truth);
  const auto inverted = [](double v, Vec3) { return 200 - v; };
  const auto gamma = [](double v, Vec3) { return 100 * std::pow(std::max(0.0, v) / 100, 0.6); };
  const auto bias = [](double v, Vec3 p) { return v * (1 + 0.001 * p.x + 0.0015 * p.y); };
  // Near the error of one contrast: within a fiftieth of a voxel, a seventh where a field bends the values
  // (flat regions without noise feel it most).
  EXPECT_LT(error_of(pair_of(truth, inverted), options, truth), same_contrast + 0.02);
  EXPECT_LT(error_of(pair_of(truth, gamma), options, truth), same_contrast + 0.04);
  EXPECT_LT(error_of(pair_of(truth, bias), options, truth), same_contrast + 0.3);
}

TEST(RegisterLinear, AnImageToItselfIsTheIdentity) {
  const image::ScalarVolume head = head_image(head_grid());
  for (const LinearModel model : {LinearModel::rigid, LinearModel::similarity, LinearModel::affine})
    for (const Metric metric : {Metric::mi, Metric::ncc, Metric::mse})
      // Steps below the tolerance of 1 um end the search; within its bins mutual information is blind, which
      // in an image without noise costs a twentieth of a voxel.
      EXPECT_LT(error_of({head, head, {}, {}}, options_of(model, metric), {}),
                metric == Metric::mi ? 0.1 : 0.002)
          << name_of(model) << ' ' << name_of(metric);
}

TEST(RegisterLinear, SwappedImagesGiveTheInverse) {
  const ImagePair pair = pair_of(truth);
  const LinearOptions options = options_of(LinearModel::rigid, Metric::mi);
  const Matrix4 there = register_linear(pair, {}, options, silent).fixed_to_moving;
  const Matrix4 back =
      register_linear({pair.moving, pair.fixed, {}, {}}, {}, options, silent).fixed_to_moving;
  // Either is within 0.04 mm of the truth.
  EXPECT_LT(largest_error_mm(back * there, {}), 0.08);
}

TEST(RegisterLinear, ShiftingTheMovingImageShiftsTheResult) {
  const ImagePair pair = pair_of(truth);
  ImagePair shifted = pair;
  Matrix4 shift;
  shift(0, 3) = 3.7;
  shift(1, 3) = -2.9;
  shifted.moving.geometry.origin_mm = transform_point(shift, pair.moving.geometry.origin_mm);
  const LinearOptions options = options_of(LinearModel::rigid, Metric::mi);
  const Matrix4 first = register_linear(pair, {}, options, silent).fixed_to_moving;
  const Matrix4 second = register_linear(shifted, shift, options, silent).fixed_to_moving;
  EXPECT_LT(largest_error_mm(second, shift * first), 1e-4);  // rounding takes other ways to the same optimum
}

TEST(RegisterLinear, SpacingsMayDifferWildly) {
  const ImagePair pair = pair_of(truth, same, {1, 1, 8});
  // An eighth of the thick slices that leave out what lies between them.
  EXPECT_LT(error_of(pair, options_of(LinearModel::rigid, Metric::mi), truth), 1);
}

TEST(RegisterLinear, GivesTheSameBytesForAnyNumberOfThreads) {
  const ImagePair pair = pair_of(truth);
  std::vector<Matrix4> results;
  for (const int threads : {1, 2, 7}) {
    ThreadLimit limit(threads);
    limit.run([&] {
      results.push_back(
          register_linear(pair, {}, options_of(LinearModel::affine, Metric::mi), silent).fixed_to_moving);
    });
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(RegisterLinear, AMaskKeepsOutWhatMovedByItself) {
  // A part of the fixed image shows something else; the mask leaves it out.
  ImagePair pair = pair_of(truth);
  image::VoxelMask mask{pair.fixed.geometry, std::vector<std::uint8_t>(pair.fixed.values.size(), 1)};
  const auto [nx, ny, nz] = pair.fixed.geometry.size;
  for (std::size_t k = 0; k < nz; ++k)
    for (std::size_t j = 0; j < ny; ++j)
      for (std::size_t i = 0; i < nx / 3; ++i) {
        pair.fixed.values[(k * ny + j) * nx + i] = (i + j + k) % 7 < 3 ? 90.0F : 20.0F;
        mask.inside[(k * ny + j) * nx + i] = 0;
      }
  pair.fixed_mask = mask;
  // A third of the image is missing and the rest has little structure: a fortieth of a voxel.
  EXPECT_LT(error_of(pair, options_of(LinearModel::rigid, Metric::ncc), truth), 0.05);
}

TEST(RegisterLinear, RefusesImagesThatDoNotMeet) {
  ImagePair pair = pair_of(truth);
  pair.moving.geometry.origin_mm.x += 300;
  EXPECT_EQ(overlap(pair, {}), 0);
  EXPECT_THROW(register_linear(pair, {}, options_of(LinearModel::rigid, Metric::mi), silent),
               ComputationError);
  EXPECT_NEAR(overlap(pair, start_matrix(pair, Start::centers)), 1, 0.1);
  const Vec3 shift = transform_point(start_matrix(pair, Start::moments), {});
  EXPECT_NEAR(shift.x, 305, 3);  // the head in the middle of either image
}

TEST(RegisterLinear, ThinImagesWillDoAndTinyOnesAreRefused) {
  VolumeGeometry thin = head_grid({1.5, 1.5, 10});
  thin.size[2] = 3;
  thin.origin_mm.z = -10;
  const image::ScalarVolume slab = head_image(thin);
  const LinearOptions options = options_of(LinearModel::rigid, Metric::ncc);
  EXPECT_LT(error_of({slab, slab, {}, {}}, options, {}), 0.01);  // three slices hardly hold turns out of them
  thin.size = {2, 2, 2};
  const image::ScalarVolume tiny = head_image(thin);
  EXPECT_THROW(register_linear({tiny, tiny, {}, {}}, {}, options, silent), ComputationError);
}

TEST(RegisterLinear, SaysGoodAndDoubtful) {
  const LinearOptions options = options_of(LinearModel::rigid, Metric::mi);
  const ImagePair pair = pair_of(truth);
  const CalibrationRecord good = linear_record(pair, {}, options, register_linear(pair, {}, options, silent));
  EXPECT_EQ(good.verdict, "good") << testing::PrintToString(good.reasons);
  EXPECT_GT(good.find("metric_end")->value, good.find("metric_start")->value);
  EXPECT_LT(good.find("repeatability_mm")->value, 0.05);
  std::uint32_t state = 1;
  const auto noise = [&](double, Vec3) {
    state = state * 1664525U + 1013904223U;
    return static_cast<double>(state >> 8U) / (1U << 24U);
  };
  const ImagePair unrelated = pair_of(truth, noise);
  const CalibrationRecord bad =
      linear_record(unrelated, {}, options, register_linear(unrelated, {}, options, silent));
  EXPECT_EQ(bad.verdict, "doubtful");
  EXPECT_THAT(bad.reasons, testing::Contains(testing::HasSubstr("no better than that of unrelated images")));
}

}  // namespace
}  // namespace snitt::image_registration
