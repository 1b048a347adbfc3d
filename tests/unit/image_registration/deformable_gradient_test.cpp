#include <gtest/gtest.h>

#include <algorithm>

#include "deformable_phantom.hpp"
#include "image_registration/bending_energy.hpp"
#include "image_registration/features.hpp"
#include "image_registration/field_statistics.hpp"
#include "image_registration/similarity.hpp"

namespace snitt::image_registration {
namespace {

/// Images, a grid and coefficients for which the derivative by any coefficient can be checked.
struct Scene {
  VolumeGeometry fixed_geometry = cube(17, 1.5);
  SplineGrid grid{fixed_geometry, {5, 4, 6}};
  std::vector<float> fixed = volume_of(fixed_geometry, texture).values;
  MovingImages moving;
  Domain domain = whole_domain(fixed_geometry);
  Matrix4 start;
  Coefficients coefficients;

  explicit Scene(std::size_t channels) {
    moving.geometry = cube(30, 1.3);
    moving.geometry.origin_mm = {-27, 1, -3};
    moving.channels.push_back(volume_of(moving.geometry, [](Vec3 p) {
                                return texture(p + Vec3{0.6, -0.4, 0.5});
                              }).values);
    if (channels == 2) moving.channels.push_back(gradient_magnitude({moving.geometry, moving.channels[0]}));
    start(0, 1) = 0.02;  // not a pure translation
    start(2, 3) = 0.3;
    Numbers numbers(3);
    coefficients.resize(3 * grid.points());
    for (double& c : coefficients) c = 0.6 * numbers.next();
    for (std::size_t i = 0; i < domain.weights.size(); i += 7) domain.weights[i] = 0;
  }
};

/// The derivative along a random direction by central differences, against the gradient's product with it.
void expect_gradient_is_that_of_the_loss(Scene& scene, const Similarity& similarity, double tolerance) {
  const SplineWarp warp(scene.grid, scene.domain, scene.moving, scene.start);
  Warped warped;
  warped.resize(scene.moving.channels.size(), scene.fixed.size());
  std::vector<std::vector<float>> derivatives(scene.moving.channels.size(),
                                              std::vector<float>(scene.fixed.size()));
  const auto loss = [&](const Coefficients& c) {
    warp.warp(c, warped);
    return similarity(warped, derivatives);
  };
  loss(scene.coefficients);
  Coefficients gradient;
  warp.pull_back(warped, derivatives, gradient);
  Numbers numbers(11);
  for (int trial = 0; trial < 3; ++trial) {
    Coefficients direction(gradient.size());
    double along = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      direction[i] = numbers.next() + (gradient[i] > 0 ? 0.5 : -0.5);  // not at right angles to the gradient
      along += direction[i] * gradient[i];
    }
    const double step = 1e-3;
    Coefficients ahead = scene.coefficients;
    Coefficients behind = scene.coefficients;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      ahead[i] += step * direction[i];
      behind[i] -= step * direction[i];
    }
    const double difference = (loss(ahead) - loss(behind)) / (2 * step);
    EXPECT_NEAR(difference, along, tolerance * std::abs(along));
  }
}

// Values are single precision, and a step of 1e-3 mm carries some samples over a voxel's border where the
// slope of linear interpolation jumps: 1 % of the derivative.
constexpr double single_precision = 0.01;

TEST(DeformableGradient, OfSquaredDifferencesEqualsFiniteDifferences) {
  Scene scene(1);
  expect_gradient_is_that_of_the_loss(scene, squared_difference(scene.fixed, scene.domain), single_precision);
}

TEST(DeformableGradient, OfLocalCorrelationEqualsFiniteDifferences) {
  Scene scene(1);
  LocalRegressionSettings settings{{1, 1, 1}, 1.5, 0.01, {0.02}, false};
  expect_gradient_is_that_of_the_loss(scene, local_regression(scene.fixed, scene.domain, settings),
                                      single_precision);
}

TEST(DeformableGradient, OfLocalCorrelationOnBlocksEqualsFiniteDifferences) {
  Scene scene(1);
  LocalRegressionSettings settings{{2, 3, 2}, 1, 0.01, {0.02}, true};
  expect_gradient_is_that_of_the_loss(scene, local_regression(scene.fixed, scene.domain, settings),
                                      single_precision);
}

TEST(DeformableGradient, OfLc2EqualsFiniteDifferences) {
  Scene scene(2);
  LocalRegressionSettings settings{{2, 2, 2}, 1, 0.01, {0.02, 0.03}, false};
  expect_gradient_is_that_of_the_loss(scene, local_regression(scene.fixed, scene.domain, settings),
                                      single_precision);
}

TEST(DeformableGradient, OfMutualInformationEqualsFiniteDifferences) {
  Scene scene(1);
  const auto [low, high] =
      std::minmax_element(scene.moving.channels[0].begin(), scene.moving.channels[0].end());
  expect_gradient_is_that_of_the_loss(scene, mutual_information(scene.fixed, scene.domain, {*low, *high}, 24),
                                      single_precision);
}

TEST(DeformableGradient, OfGradientFieldsEqualsFiniteDifferences) {
  Scene scene(1);
  scene.domain = whole_domain(scene.fixed_geometry);
  expect_gradient_is_that_of_the_loss(
      scene, gradient_field(scene.fixed, scene.fixed_geometry, scene.domain, 0.1, 0.15), single_precision);
}

TEST(DeformableGradient, OfBendingEqualsFiniteDifferences) {
  const Scene scene(1);
  const BendingEnergy bending(scene.grid);
  Coefficients gradient(scene.coefficients.size());
  bending.evaluate(scene.coefficients, 1, gradient);
  Coefficients unused(gradient.size());
  for (std::size_t i = 5; i < gradient.size(); i += 97) {
    Coefficients ahead = scene.coefficients;
    Coefficients behind = scene.coefficients;
    ahead[i] += 0.5;  // the energy is quadratic: central differences are exact
    behind[i] -= 0.5;
    EXPECT_NEAR(bending.evaluate(ahead, 0, unused) - bending.evaluate(behind, 0, unused), gradient[i], 1e-12);
  }
}

TEST(BendingEnergy, OfAParabolaIsItsSecondDerivativeSquared) {
  // B-splines hold x^2 exactly: values at the knots c with c'' = 2 follow from c_i = x_i^2 - h^2 / 3.
  const SplineGrid grid{cube(21, 1.5), {5, 5, 6}};
  const VolumeGeometry control = grid.geometry();
  Coefficients c(3 * grid.points());
  const Matrix4 to_space = index_to_space(control);
  for (std::size_t i = 0; i < grid.points(); ++i) {
    const std::size_t column = i % control.size[0];
    const double x = transform_point(to_space, {static_cast<double>(column), 0, 0}).x;
    c[grid.points() + i] = 0.01 * x * x;  // the y component; a constant more changes nothing
  }
  Coefficients unused(c.size());
  EXPECT_NEAR(BendingEnergy(grid).evaluate(c, 0, unused), 0.02 * 0.02, 1e-15);
}

TEST(FieldStatistics, OfALinearFieldAreItsDeterminant) {
  const SplineGrid grid{cube(21, 1.5), {5, 4, 6}};
  const VolumeGeometry control = grid.geometry();
  Coefficients c(3 * grid.points());
  const Matrix4 to_space = index_to_space(control);
  std::size_t point = 0;
  for (std::size_t k = 0; k < control.size[2]; ++k)
    for (std::size_t j = 0; j < control.size[1]; ++j)
      for (std::size_t i = 0; i < control.size[0]; ++i, ++point) {
        const Vec3 p = transform_point(
            to_space, {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        c[point] = 0.1 * p.x + 0.2 * p.y;
        c[grid.points() + point] = -0.05 * p.y;
        c[2 * grid.points() + point] = 0.02 * p.x + 0.04 * p.z;
      }
  const FieldStatistics statistics = field_statistics(grid, c);
  const double determinant = 1.1 * 0.95 * 1.04;
  EXPECT_NEAR(statistics.smallest_jacobian, determinant, 1e-5);  // single precision of positions up to 30 mm
  EXPECT_NEAR(statistics.largest_jacobian, determinant, 1e-5);
  EXPECT_EQ(statistics.folded_share, 0);
  EXPECT_NEAR(statistics.log_jacobian_sd, 0, 1e-5);
}

TEST(StrainBound, IsNeverBelowTheStrainAndMeetsItForALinearField) {
  const SplineGrid grid{cube(21, 1.5), {5, 4, 6}};
  const VolumeGeometry control = grid.geometry();
  Coefficients c(3 * grid.points());
  const Matrix4 to_space = index_to_space(control);
  for (std::size_t i = 0; i < grid.points(); ++i)
    c[i] = 0.3 * transform_point(to_space, {static_cast<double>(i % control.size[0]), 0, 0}).x;
  EXPECT_NEAR(strain_bound(grid, c), 0.3, 1e-12);
  Numbers numbers(6);
  for (double& value : c) value = numbers.next();
  const BSplineStep step = spline_step(grid, c);
  const double bound = strain_bound(grid, c);
  for (int trial = 0; trial < 200; ++trial) {
    const Vec3 p{-5 + 14 * numbers.next(), 23 + 14 * numbers.next(), 16 + 12 * numbers.next()};
    const Vec3 q = p + Vec3{0.1 * numbers.next(), 0.1 * numbers.next(), 0.1 * numbers.next()};
    const Vec3 difference = (map_point(step, q) - q) - (map_point(step, p) - p);
    EXPECT_LE(norm(difference), bound * norm(q - p));
  }
}

TEST(SplineGrid, KeepsItsFunctionOnAFinerGridOfTheSameKnots) {
  const SplineGrid coarse{cube(33, 1.0), {8, 8, 8}};
  const SplineGrid fine{coarse.image, {4, 4, 4}};
  Numbers numbers(5);
  Coefficients c(3 * coarse.points());
  for (double& value : c) value = numbers.next();
  const Coefficients refined = on_spline_grid(coarse, c, fine);
  const BSplineStep a = spline_step(coarse, c);
  const BSplineStep b = spline_step(fine, refined);
  for (int trial = 0; trial < 50; ++trial) {
    // Away from the rim, where both go on straight, but from different control points.
    const Vec3 p{-4 + 9 * numbers.next(), 23 + 9 * numbers.next(), 18 + 8 * numbers.next()};
    EXPECT_LT(norm(map_point(a, p) - map_point(b, p)), 0.02) << p.x << " " << p.y << " " << p.z;
  }
}

}  // namespace
}  // namespace snitt::image_registration
