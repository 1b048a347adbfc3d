#include "image_registration/linear_metric.hpp"

#include <gtest/gtest.h>

#include "test_head.hpp"

namespace snitt::image_registration {
namespace {

TEST(BSplineImage, PassesThroughTheVoxelsAndGoesOnAsInAMirror) {
  const image::ScalarVolume head = head_image(head_grid({3, 4, 5}));
  const BSplineImage spline(head);
  const auto [nx, ny, nz] = head.geometry.size;
  for (std::size_t k = 0; k < nz; k += 3)
    for (std::size_t j = 0; j < ny; j += 3)
      for (const std::size_t i : {std::size_t{0}, std::size_t{7}, nx - 1})
        EXPECT_NEAR(spline.value_at(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)),
                    head.at(i, j, k), 1e-4);  // floats of up to 200
  EXPECT_NEAR(spline.at(0, 5, 5).along_i, 0, 1e-4);
  EXPECT_TRUE(spline.contains(0, 0, static_cast<double>(nz - 1)));
  EXPECT_FALSE(spline.contains(-0.01, 0, 0));
}

TEST(BSplineImage, SlopesAreThoseOfItsValues) {
  const BSplineImage spline(head_image(head_grid({3, 3, 3})));
  constexpr double h = 0.01;
  for (const Vec3 p : {Vec3{7.3, 11.2, 6.9}, Vec3{15.5, 20.1, 12.4}, Vec3{20.01, 8.99, 14.5}}) {
    const ImageSample at = spline.at(p.x, p.y, p.z);
    const auto slope = [&](Vec3 d) {
      const auto value = [&](double by) {
        return static_cast<double>(spline.value_at(p.x + by * d.x, p.y + by * d.y, p.z + by * d.z));
      };
      return (value(h) - value(-h)) / (2 * h);
    };
    EXPECT_NEAR(at.along_i, slope({1, 0, 0}), 0.01);  // float rounding of values over 2 h: 1e-5 / 0.02
    EXPECT_NEAR(at.along_j, slope({0, 1, 0}), 0.01);
    EXPECT_NEAR(at.along_k, slope({0, 0, 1}), 0.01);
  }
}

TEST(FixedSamples, AreTheSameEachTimeAndStayInTheMask) {
  const image::ScalarVolume head = head_image(head_grid());
  const BSplineImage spline(head);
  image::VoxelMask mask{head.geometry, std::vector<std::uint8_t>(head.values.size())};
  for (std::size_t v = 0; v < mask.inside.size(); ++v) mask.inside[v] = head.values[v] > 50;
  const FixedSamples samples = fixed_samples(spline, mask, 2000, 4);
  EXPECT_NEAR(static_cast<double>(samples.size()), 2000, 300);  // whole cells, cut by the mask's rim
  const Matrix4 to_index = image::space_to_index(head.geometry);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Vec3 at = transform_point(to_index, samples.place(i));
    EXPECT_EQ(
        mask.inside[(std::lround(at.z) * head.geometry.size[1] + std::lround(at.y)) * head.geometry.size[0] +
                    std::lround(at.x)],
        1);
  }
  EXPECT_EQ(samples.value, fixed_samples(spline, mask, 2000, 4).value);
  EXPECT_LE(fixed_samples(spline, {}, 100'000'000, 4).size(), head.geometry.voxels());
}

struct Case {
  Metric metric;
  LinearModel model;
};
class LinearMetricSlope : public testing::TestWithParam<Case> {};

TEST_P(LinearMetricSlope, IsThatOfItsValue) {
  const auto [metric_kind, model] = GetParam();
  const Matrix4 truth = motion({1, 2, -1}, 6, {2, -3, 1.5});
  const BSplineImage fixed(head_image(head_grid()));
  const BSplineImage moving(head_image(head_grid({2.5, 2, 3}), inverse(truth),
                                       [](double v, Vec3) { return 130 - 0.5 * v + 0.002 * v * v; }));
  const FixedSamples samples = fixed_samples(fixed, {}, 20'000, 8);
  LinearMetric metric(metric_kind, samples, moving, {}, {-5, 130}, {60, 135});
  const Matrix4 at = motion({0, 1, 0}, 1.5, {0.7, -1.1, 0.4});
  const MetricValue here = metric.value(at);
  ASSERT_EQ(here.count, samples.size());
  const MetricSlope slope = metric.slope(model);
  const Vec3 center = metric.moving_center();
  double largest = 0;
  for (const double g : slope.gradient) largest = std::max(largest, std::abs(g));
  constexpr double h = 0.02;
  for (std::size_t p = 0; p < parameter_count(model); ++p) {
    std::vector<double> step(parameter_count(model));
    step[p] = h;
    const double above = metric.value(moved(at, model, center, metric.radius_mm(), step)).score;
    step[p] = -h;
    const double below = metric.value(moved(at, model, center, metric.radius_mm(), step)).score;
    // Third derivatives times h^2, and values that leave the histogram's range.
    EXPECT_NEAR(slope.gradient[p], (above - below) / (2 * h), 0.01 * largest) << p;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LinearMetricSlope,
    testing::Values(Case{Metric::mi, LinearModel::rigid}, Case{Metric::mi, LinearModel::affine},
                    Case{Metric::nmi, LinearModel::similarity}, Case{Metric::nmi, LinearModel::affine},
                    Case{Metric::ncc, LinearModel::rigid}, Case{Metric::ncc, LinearModel::affine},
                    Case{Metric::mse, LinearModel::similarity}, Case{Metric::mse, LinearModel::affine}));

TEST(LinearMetric, KnowsItsValuesOfIdenticalAndOfShuffledImages) {
  const BSplineImage head(head_image(head_grid()));
  const FixedSamples samples = fixed_samples(head, {}, 20'000, 4);
  const auto value = [&](Metric kind) {
    LinearMetric metric(kind, samples, head, {}, {0, 100}, {0, 100});
    return metric.value({}).value;
  };
  EXPECT_NEAR(value(Metric::ncc), 1, 1e-9);
  EXPECT_NEAR(value(Metric::mse), 0, 1e-9);
  EXPECT_GT(value(Metric::mi), 1);
  EXPECT_GT(value(Metric::nmi), 1.3);  // 2 without the window's width
}

TEST(LinearModel, NearestKeepsWhatTheModelAllows) {
  const Matrix4 rigid = motion({3, 1, 2}, 25, {4, 5, 6});
  EXPECT_LT(largest_error_mm(nearest(rigid, LinearModel::rigid, {1, 2, 3}), rigid), 1e-12);
  Matrix4 scaled = rigid;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) scaled(r, c) *= 1.2;
  EXPECT_LT(largest_error_mm(nearest(scaled, LinearModel::similarity, {}), scaled), 1e-12);
  EXPECT_LT(rigidity_error(nearest(scaled, LinearModel::rigid, {})), 1e-12);
  const std::array<double, 6> step{1, 2, 3, 4, 5, 6};
  EXPECT_LT(rigidity_error(moved(rigid, LinearModel::rigid, {9, 9, 9}, 50, step)), 1e-12);
}

}  // namespace
}  // namespace snitt::image_registration
