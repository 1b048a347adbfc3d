#include "geometry/landmark_fit.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "base/error.hpp"
#include "geometry/rigid_fit.hpp"
#include "geometry/rotation.hpp"

namespace snitt {
namespace {

using testing::HasSubstr;

std::vector<Vec3> scattered(std::size_t n, unsigned seed, Vec3 size = {60, 80, 50}) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Vec3> points;
  for (std::size_t i = 0; i < n; ++i)
    points.push_back(
        {30 + size.x * normal(random), -70 + size.y * normal(random), 900 + size.z * normal(random)});
  return points;
}

Matrix4 some_rigid() {
  Matrix4 m = rotation_from_vector({0.4, -1.1, 0.7});
  m(0, 3) = 120;
  m(1, 3) = -30;
  m(2, 3) = 15;
  return m;
}

Matrix4 scaled(Matrix4 m, double scale) {
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) m(r, c) *= scale;
  return m;
}

Matrix4 some_affine() {
  Matrix4 shear;
  shear(0, 1) = 0.2;
  shear(2, 2) = 1.4;
  return some_rigid() * shear;
}

std::vector<Vec3> mapped(const Matrix4& m, const std::vector<Vec3>& points, double noise_mm = 0,
                         unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::vector<Vec3> result;
  for (const Vec3 p : points)
    result.push_back(transform_point(m, p) + noise_mm * Vec3{normal(random), normal(random), normal(random)});
  return result;
}

double largest_difference(const Matrix4& a, const Matrix4& b) {
  double largest = 0;
  for (std::size_t i = 0; i < 16; ++i) largest = std::max(largest, std::abs(a.m[i] - b.m[i]));
  return largest;
}

template <typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const ComputationError& error) {
    return error.what();
  }
  return "no error";
}

const std::vector<LandmarkModel> models{LandmarkModel::rigid, LandmarkModel::similarity,
                                        LandmarkModel::affine};

Matrix4 truth_of(LandmarkModel model) {
  return model == LandmarkModel::rigid        ? some_rigid()
         : model == LandmarkModel::similarity ? scaled(some_rigid(), 0.43)
                                              : some_affine();
}

TEST(LandmarkFit, FindsTheMapThatMadeThePoints) {
  for (const LandmarkModel model : models) {
    const std::vector<Vec3> from = scattered(8, 2);
    const LandmarkFit fit = fit_landmarks(model, from, mapped(truth_of(model), from));
    // Coordinates of 1000 mm carry 1e-13 each; the equations lose three digits at most.
    EXPECT_LT(largest_difference(fit.matrix, truth_of(model)), 1e-9);
    EXPECT_LT(fit.rms_mm, 1e-10);
    for (const double e : fit.leave_one_out_mm) EXPECT_LT(e, 1e-8);
  }
}

TEST(LandmarkFit, OfRigidModelIsThatOfHornToRounding) {
  const std::vector<Vec3> from = scattered(9, 3);
  const std::vector<Vec3> to = mapped(some_rigid(), from, 2);
  const std::vector<double> weights{1, 2, 0.5, 1, 1, 3, 1, 0.1, 1};
  EXPECT_LT(largest_difference(fit_landmarks(LandmarkModel::rigid, from, to, weights).matrix,
                               fit_rigid(from, to, weights).matrix),
            1e-9);
}

TEST(LandmarkFit, OfOnePointLessThanAllIsWhatTheLeaveOneOutErrorSays) {
  for (const LandmarkModel model : models) {
    const std::vector<Vec3> from = scattered(7, 5);
    const std::vector<Vec3> to = mapped(truth_of(model), from, 3);
    const std::vector<double> weights{1, 2, 0.5, 1, 1, 3, 1};
    const LandmarkFit fit = fit_landmarks(model, from, to, weights);
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::vector<Vec3> f = from;
      std::vector<Vec3> t = to;
      std::vector<double> w = weights;
      const auto at = static_cast<std::ptrdiff_t>(i);
      f.erase(f.begin() + at);
      t.erase(t.begin() + at);
      w.erase(w.begin() + at);
      const LandmarkFit others = fit_landmarks(model, f, t, w);
      EXPECT_NEAR(fit.leave_one_out_mm[i], norm(to[i] - transform_point(others.matrix, from[i])), 1e-7);
      EXPECT_NEAR(fit.others_rms_mm[i], others.rms_mm, 1e-7);
    }
  }
}

TEST(LandmarkFit, OfFewestPointsHasNoLeaveOneOutError) {
  const std::vector<Vec3> from{{0, 0, 0}, {10, 0, 0}, {0, 20, 0}, {0, 0, 30}};
  EXPECT_TRUE(std::isnan(fit_landmarks(LandmarkModel::affine, from, from).leave_one_out_mm[0]));
  const std::vector<Vec3> three(from.begin(), from.begin() + 3);
  EXPECT_TRUE(std::isnan(fit_landmarks(LandmarkModel::rigid, three, three).leave_one_out_mm[0]));
}

TEST(LandmarkFit, AWeightOfTwoIsAPointThatIsThereTwiceAndOneOfZeroOneThatIsNot) {
  for (const LandmarkModel model : models) {
    std::vector<Vec3> from = scattered(7, 6);
    std::vector<Vec3> to = mapped(truth_of(model), from, 3);
    const LandmarkFit weighted = fit_landmarks(model, from, to, std::vector<double>{2, 1, 1, 1, 1, 1, 0});
    from.back() = from[0];
    to.back() = to[0];
    EXPECT_LT(largest_difference(weighted.matrix, fit_landmarks(model, from, to).matrix), 1e-8);
    EXPECT_EQ(weighted.points, 6U);
  }
}

TEST(LandmarkFit, FromMovingToFixedIsTheInverse) {
  const std::vector<Vec3> a = scattered(8, 7);
  const std::vector<Vec3> b = mapped(some_rigid(), a, 2);
  const Matrix4 there = fit_landmarks(LandmarkModel::rigid, a, b).matrix;
  EXPECT_LT(largest_difference(there * fit_landmarks(LandmarkModel::rigid, b, a).matrix, Matrix4{}), 1e-9);
  // Umeyama's scales multiply to the squared correlation of the sets, which is 1 - (1/2 FRE²) / extent² or
  // so.
  const LandmarkFit s = fit_landmarks(LandmarkModel::similarity, a, b);
  const LandmarkFit t = fit_landmarks(LandmarkModel::similarity, b, a);
  const double product = std::cbrt(determinant3(s.matrix) * determinant3(t.matrix));
  const Vec3 extent = principal_extents(b);
  EXPECT_NEAR(1 - product, s.rms_mm * s.rms_mm / dot(extent, extent), 1e-9);
}

TEST(LandmarkFit, MovesWithItsPoints) {
  for (const LandmarkModel model : models) {
    const std::vector<Vec3> from = scattered(8, 8);
    std::vector<Vec3> to = mapped(truth_of(model), from, 2);
    Matrix4 expected = fit_landmarks(model, from, to).matrix;
    for (Vec3& p : to) p = p + Vec3{7, -3, 2000};
    expected(0, 3) += 7;
    expected(1, 3) -= 3;
    expected(2, 3) += 2000;
    EXPECT_LT(largest_difference(fit_landmarks(model, from, to).matrix, expected), 1e-8);
  }
}

TEST(LandmarkFit, ThatIsNotDeterminedIsRefusedByName) {
  const std::vector<Vec3> line{{0, 0, 0}, {1, 2, 3}, {2, 4, 6}, {5, 10, 15}};
  const std::vector<Vec3> plane{{0, 0, 5}, {10, 0, 5}, {0, 10, 5}, {7, 9, 5}};
  const std::vector<Vec3> place(4, Vec3{1, 2, 3});
  const auto refusal = [](LandmarkModel model, const std::vector<Vec3>& points) {
    return message_of([&] { fit_landmarks(model, points, points); });
  };
  EXPECT_THAT(refusal(LandmarkModel::rigid, {{0, 0, 0}, {1, 0, 0}}), HasSubstr("expected at least 3"));
  EXPECT_THAT(refusal(LandmarkModel::affine, {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}), HasSubstr("at least 4"));
  for (const LandmarkModel model : models) {
    EXPECT_THAT(refusal(model, line), HasSubstr("lie on one line"));
    EXPECT_THAT(refusal(model, place), HasSubstr("at one place"));
  }
  EXPECT_THAT(refusal(LandmarkModel::affine, plane), HasSubstr("lie on one plane"));
  EXPECT_THAT(refusal(LandmarkModel::rigid, plane), HasSubstr("no error"));
  const std::vector<Vec3> from = scattered(6, 9);
  std::vector<Vec3> mirrored = from;
  for (Vec3& p : mirrored) p.x = -p.x;
  for (const LandmarkModel model : models)
    EXPECT_THAT(message_of([&] { fit_landmarks(model, from, mirrored); }), HasSubstr("right-handed"))
        << int(model);
}

TEST(LandmarkFit, PredictsTheTargetErrorOfFitzpatrick) {
  const std::vector<Vec3> from = scattered(6, 10);
  const LandmarkFit fit = fit_landmarks(LandmarkModel::rigid, from, mapped(some_rigid(), from, 1));
  constexpr double fle2 = 3 * 0.7 * 0.7;
  const LandmarkUncertainty uncertainty(fit, from, {}, 0.7 * 0.7);
  // TRE² = FLE²/N (1 + 1/3 sum d_k²/f_k²): d_k of the target and f_k (RMS) of the landmarks from principal
  // axis k. Axes by their definition here: f_k² d_k are found without them as d x (scatter) products of the
  // inertia tensor: sum over k of d_k²/f_k² with f_k² = (sum of the other two eigenvalues of the scatter) is
  // tr of D (I tr S - S)^-1.
  Vec3 center;
  for (const Vec3 p : from) center = center + (1.0 / 6) * p;
  Matrix4 inertia;
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 3; ++c) {
      inertia(r, c) = 0;
      for (const Vec3 p : from) {
        const Vec3 d = p - center;
        inertia(r, c) += ((r == c ? dot(d, d) : 0) - d[r] * d[c]) / 6;
      }
    }
  const Matrix4 inverted = inverse(inertia);
  for (const Vec3 target : {center, Vec3{100, 0, 880}, Vec3{-30, -200, 1000}}) {
    const Vec3 d = target - center;
    double sum = 0;  // tr((|d|² I - d dᵀ) inertia^-1)
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 3; ++c) sum += ((r == c ? dot(d, d) : 0) - d[r] * d[c]) * inverted(r, c);
    EXPECT_NEAR(uncertainty.squared_error_mm2(target), fle2 / 6 * (1 + sum / 3), 1e-9);
  }
}

TEST(LandmarkFit, FindsTheOnePairThatIsSwapped) {
  for (const LandmarkModel model : {LandmarkModel::rigid, LandmarkModel::similarity}) {
    const std::vector<Vec3> from = scattered(8, 11);
    std::vector<Vec3> to = mapped(truth_of(model), from, 0.5);
    EXPECT_FALSE(find_swapped_pair(fit_landmarks(model, from, to), from, to, {}, 0.5));
    const double right = fit_landmarks(model, from, to).rms_mm;
    std::swap(to[2], to[6]);
    const auto found = find_swapped_pair(fit_landmarks(model, from, to), from, to, {}, 0.5);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->first, 2U);
    EXPECT_EQ(found->second, 6U);
    EXPECT_NEAR(found->rms_mm, right, 1e-6);
  }
}

}  // namespace
}  // namespace snitt
