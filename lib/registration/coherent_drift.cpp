#include "registration/coherent_drift.hpp"

#include <tbb/parallel_for.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "registration/drift_mixture.hpp"

namespace snitt::registration {
namespace {

using Matrix = Eigen::MatrixXd;

Eigen::Vector3d eigen(Vec3 v) { return {v.x, v.y, v.z}; }

/// Root of the mean squared distance to the nearest point, both ways.
double nearest_rms_mm(std::span<const Vec3> moved, const PointCloud& moving) {
  const NearestPoints tree(moved);
  double there = 0;
  double back = 0;
  for (const Vec3 p : moved) there += moving.tree.nearest(p).squared_mm2;
  for (const Vec3 p : moving.points_mm) back += tree.nearest(p).squared_mm2;
  return std::sqrt(0.5 *
                   (there / static_cast<double>(moved.size()) + back / static_cast<double>(moving.size())));
}

/// Low-rank features of the Gaussian kernel matrix: G = F Fᵀ with F = G(y, c) U S^(-1/2) of the eigenpairs of
/// the kernel between Nystroem's points c (Williams and Seeger 2001).
struct Kernel {
  std::vector<Vec3> centers;
  double width = 1;
  Matrix root;      ///< [center, feature]
  Matrix features;  ///< [point, feature]
};

double gaussian(Vec3 a, Vec3 b, double width) {
  const Vec3 d = a - b;
  return std::exp(-dot(d, d) / (2 * width * width));
}

Kernel kernel_of(const std::vector<Vec3>& points, double width, std::size_t rank) {
  Kernel kernel;
  kernel.width = width;
  for (const std::size_t i : even_subset(points, rank)) kernel.centers.push_back(points[i]);
  const auto k = static_cast<Eigen::Index>(kernel.centers.size());
  Matrix between(k, k);
  for (Eigen::Index i = 0; i < k; ++i)
    for (Eigen::Index j = 0; j < k; ++j)
      between(i, j) = gaussian(kernel.centers[static_cast<std::size_t>(i)],
                               kernel.centers[static_cast<std::size_t>(j)], width);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(between);
  // Directions that the kernel hardly has would only carry rounding.
  const double least = 1e-9 * solver.eigenvalues()[k - 1];
  Eigen::Index first = 0;
  while (solver.eigenvalues()[first] < least) ++first;
  const auto used = k - first;
  kernel.root = solver.eigenvectors().rightCols(used) *
                solver.eigenvalues().tail(used).cwiseSqrt().cwiseInverse().asDiagonal();
  Matrix rows(static_cast<Eigen::Index>(points.size()), k);
  tbb::parallel_for(std::size_t{0}, points.size(), [&](std::size_t i) {
    for (Eigen::Index j = 0; j < k; ++j)
      rows(static_cast<Eigen::Index>(i), j) =
          gaussian(points[i], kernel.centers[static_cast<std::size_t>(j)], width);
  });
  kernel.features = rows * kernel.root;
  return kernel;
}

/// The state of a non-rigid drift: y -> scale R (y + v(y)) + t, `similarity` being the latter part.
struct State {
  Matrix coefficients;  ///< [feature, xyz]
  Matrix4 similarity;
  std::vector<double> spread;  ///< [point] variance of the field (Bayesian), mm²
  std::vector<double> shares;  ///< [point] log mixing weights and penalties
  double variance = 1;
};

class NonrigidDrift {
 public:
  NonrigidDrift(std::vector<Vec3> points, const PointCloud& moving, double radius,
                const DriftOptions& options)
      : points_(std::move(points)),
        moving_(moving),
        options_(options),
        kernel_(kernel_of(points_, options.beta * radius, options.rank)),
        volume_(outlier_volume_mm3(moving)) {
    state_.coefficients = Matrix::Zero(kernel_.features.cols(), 3);
    if (options.form == DriftForm::bayesian) {
      state_.spread.assign(points_.size(), 0);
      state_.shares.assign(points_.size(), 0);
    }
    const double start = nearest_rms_mm(points_, moving);
    // Twice the nearest distance lets points see past the wrong neighbour; never to nothing.
    floor_ = 0.02 * std::max(moving.spacing_mm, 1e-6 * radius);
    state_.variance = std::pow(std::max(2 * start, 2 * floor_), 2);
  }

  Drift run() {
    Drift out;
    for (out.iterations = 0; out.iterations < options_.most_iterations; ++out.iterations) {
      const double before = state_.variance;
      step(out);
      if (std::abs(std::sqrt(state_.variance / before) - 1) < options_.tolerance ||
          state_.variance <= floor_ * floor_ * (1 + 1e-12)) {
        out.has_converged = true;
        break;
      }
    }
    out.moved_mm = moved();
    out.sigma_mm = std::sqrt(state_.variance);
    out.after = state_.similarity;
    out.field.centers_mm = kernel_.centers;
    out.field.width_mm = kernel_.width;
    const Matrix weights = kernel_.root * state_.coefficients;
    for (Eigen::Index i = 0; i < weights.rows(); ++i)
      out.field.weights_mm.push_back({weights(i, 0), weights(i, 1), weights(i, 2)});
    return out;
  }

 private:
  Vec3 bent(std::size_t m) const {
    const Eigen::RowVector3d v = kernel_.features.row(static_cast<Eigen::Index>(m)) * state_.coefficients;
    return points_[m] + Vec3{v[0], v[1], v[2]};
  }
  std::vector<Vec3> moved() const {
    std::vector<Vec3> out(points_.size());
    for (std::size_t m = 0; m < out.size(); ++m) out[m] = transform_point(state_.similarity, bent(m));
    return out;
  }

  void step(Drift& out) {
    const bool bayesian = options_.form == DriftForm::bayesian;
    const std::vector<Vec3> at = moved();
    const double scale = std::cbrt(determinant3(state_.similarity));
    MixtureInput input{at, state_.shares, std::sqrt(state_.variance), options_.w, volume_};
    const Explained e = explain(input, moving_);
    out.explained_moving = e.total / e.moving;
    if (e.total < 1e-6 * e.moving)
      throw ComputationError(
          "coherent point drift lost the moving set: no point of it is near a fixed one; expected a start "
          "nearer to it, or a smaller w");
    field_step(e, scale);
    if (bayesian) similarity_step(e);
    variance_step(e);
  }

  /// (Fᵀ diag(P1) F + lambda sigma² / scale² I) a = Fᵀ (P X' - diag(P1) Y), X' in the space of the field.
  void field_step(const Explained& e, double scale) {
    const Matrix4 back = inverse(state_.similarity);
    const auto m = static_cast<Eigen::Index>(points_.size());
    Matrix weighted = kernel_.features;
    Matrix right(m, 3);
    for (Eigen::Index i = 0; i < m; ++i) {
      const auto k = static_cast<std::size_t>(i);
      weighted.row(i) *= e.count[k];
      const Vec3 target = transform_point(back, e.mean_mm[k]);
      right.row(i) = e.count[k] * eigen(target - points_[k]).transpose();
    }
    const double smoothness = options_.lambda * state_.variance / (scale * scale);
    Matrix normal = kernel_.features.transpose() * weighted;
    normal.diagonal().array() += smoothness;
    const Eigen::LLT<Matrix> solver(normal);
    state_.coefficients = solver.solve(kernel_.features.transpose() * right);
    if (options_.form != DriftForm::bayesian) return;
    // Posterior covariance of the field: F (FᵀnuF s²/sigma² + lambda)⁻¹ Fᵀ.
    const Matrix half = solver.matrixL().solve(kernel_.features.transpose());
    for (Eigen::Index i = 0; i < m; ++i)
      state_.spread[static_cast<std::size_t>(i)] =
          state_.variance / (scale * scale) * half.col(i).squaredNorm();
    const double total = std::max(e.total, 1e-12);
    for (std::size_t k = 0; k < points_.size(); ++k) {
      // Mixing weights, with a pseudo-count of 1 so that none dies; and the uncertain ones explain less.
      const double mixing = (1 + e.count[k]) / (static_cast<double>(points_.size()) + total) *
                            static_cast<double>(points_.size());
      state_.shares[k] = std::log(mixing) - 1.5 * scale * scale * state_.spread[k] / state_.variance;
    }
  }

  /// Weighted Procrustes with scale between the bent points and what they explain.
  void similarity_step(const Explained& e) {
    std::vector<Vec3> from;
    std::vector<Vec3> to;
    std::vector<double> weights;
    for (std::size_t m = 0; m < points_.size(); ++m) {
      if (e.count[m] < 1e-9) continue;
      from.push_back(bent(m));
      to.push_back(e.mean_mm[m]);
      weights.push_back(e.count[m]);
    }
    state_.similarity = fit_landmarks(LandmarkModel::similarity, from, to, weights).matrix;
  }

  void variance_step(const Explained& e) {
    double squares = 0;
    double spread = 0;
    const double scale = std::cbrt(determinant3(state_.similarity));
    for (std::size_t m = 0; m < points_.size(); ++m) {
      if (e.count[m] <= 0) continue;
      const Vec3 off = e.mean_mm[m] - transform_point(state_.similarity, bent(m));
      squares += e.count[m] * dot(off, off) + e.scatter_mm2[m];
      if (!state_.spread.empty()) spread += e.count[m] * scale * scale * state_.spread[m];
    }
    state_.variance = std::max((squares / 3 + spread) / std::max(e.total, 1e-12), floor_ * floor_);
  }

  std::vector<Vec3> points_;
  const PointCloud& moving_;
  DriftOptions options_;
  Kernel kernel_;
  double volume_;
  double floor_ = 0;
  State state_;
};

}  // namespace

Vec3 DriftField::displacement_mm(Vec3 point) const {
  Vec3 sum;
  for (std::size_t i = 0; i < centers_mm.size(); ++i)
    sum = sum + gaussian(point, centers_mm[i], width_mm) * weights_mm[i];
  return sum;
}

Drift drift_nonrigid(const PointCloud& fixed, const PointCloud& moving, const Matrix4& start,
                     const DriftOptions& options) {
  std::vector<Vec3> points(fixed.size());
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = transform_point(start, fixed.points_mm[i]);
  const double radius = fixed.radius_mm * std::cbrt(std::abs(determinant3(start)));
  return NonrigidDrift(std::move(points), moving, radius, options).run();
}

LinearDrift drift_linear(const PointCloud& fixed, const PointCloud& moving, const Matrix4& start,
                         LandmarkModel model, double sigma_mm, const DriftOptions& options) {
  LinearDrift out;
  out.matrix = start;
  const double volume = outlier_volume_mm3(moving);
  const double floor = 1e-5 * moving.radius_mm;
  // Myronenko's start: the mean squared distance of all pairs over three.
  const Vec3 apart = transform_point(start, fixed.center_mm) - moving.center_mm;
  double variance =
      sigma_mm > 0
          ? sigma_mm * sigma_mm
          : (fixed.radius_mm * fixed.radius_mm + moving.radius_mm * moving.radius_mm + dot(apart, apart)) / 3;
  for (out.iterations = 0; out.iterations < 3 * options.most_iterations; ++out.iterations) {
    std::vector<Vec3> at(fixed.size());
    for (std::size_t m = 0; m < at.size(); ++m) at[m] = transform_point(out.matrix, fixed.points_mm[m]);
    const Explained e = explain({at, {}, std::sqrt(variance), options.w, volume}, moving);
    out.explained_moving = e.total / e.moving;
    if (e.total < 1e-6 * e.moving)
      throw ComputationError(
          "coherent point drift lost the moving set: no point of it is near a fixed one; expected a start "
          "nearer to it, or a smaller w");
    const LandmarkFit fit = fit_landmarks(model, fixed.points_mm, e.mean_mm, e.count);
    double squares = 0;
    for (std::size_t m = 0; m < at.size(); ++m)
      squares += e.count[m] * dot(fit.residual_mm[m], fit.residual_mm[m]) + e.scatter_mm2[m];
    const double before = variance;
    variance = std::max(squares / (3 * e.total), floor * floor);
    const double motion =
        norm(transform_point(fit.matrix, fixed.center_mm) - transform_point(out.matrix, fixed.center_mm));
    out.matrix = fit.matrix;
    if (variance <= floor * floor * (1 + 1e-12) ||
        (std::abs(std::sqrt(variance / before) - 1) < options.tolerance &&
         motion < 1e-6 * moving.radius_mm)) {
      out.has_converged = true;
      break;
    }
  }
  out.sigma_mm = std::sqrt(variance);
  return out;
}

}  // namespace snitt::registration
