#include "statistics/least_squares.hpp"

#include <ceres/ceres.h>
#include <glog/logging.h>

#include <Eigen/Dense>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

/// One observation as Ceres wants it: residual and central differences.
class Observation : public ceres::CostFunction {
 public:
  Observation(const LeastSquares& problem, std::size_t index) : problem_(problem), index_(index) {
    set_num_residuals(static_cast<int>(problem.dimension));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(problem.start.size()));
  }

  bool Evaluate(double const* const* parameters, double* residuals, double** jacobians) const override {
    const std::size_t count = problem_.start.size();
    const std::size_t dimension = problem_.dimension;
    std::vector<double> place(parameters[0], parameters[0] + count);
    problem_.residual(index_, place, {residuals, dimension});
    for (std::size_t d = 0; d < dimension; ++d)
      if (!std::isfinite(residuals[d])) return false;
    if (jacobians == nullptr || jacobians[0] == nullptr) return true;
    std::vector<double> above(dimension);
    std::vector<double> below(dimension);
    for (std::size_t k = 0; k < count; ++k) {
      if (!problem_.fixed.empty() && problem_.fixed[k] != 0) {
        for (std::size_t d = 0; d < dimension; ++d) jacobians[0][d * count + k] = 0;
        continue;
      }
      const double kept = place[k];
      place[k] = kept + problem_.step[k];
      problem_.residual(index_, place, above);
      place[k] = kept - problem_.step[k];
      problem_.residual(index_, place, below);
      place[k] = kept;
      for (std::size_t d = 0; d < dimension; ++d)
        jacobians[0][d * count + k] = (above[d] - below[d]) / (2 * problem_.step[k]);
    }
    return true;
  }

 private:
  const LeastSquares& problem_;
  std::size_t index_;
};

std::vector<int> free_parameters(const LeastSquares& problem) {
  std::vector<int> free;
  for (std::size_t k = 0; k < problem.start.size(); ++k)
    if (problem.fixed.empty() || problem.fixed[k] == 0) free.push_back(static_cast<int>(k));
  return free;
}

/// Ceres calls Google's logger, which writes to standard error; a library does not print.
void silence_logger() {
  static const bool once = [] {
    FLAGS_minloglevel = google::GLOG_FATAL;
    return true;
  }();
  static_cast<void>(once);
}

struct Linearization {
  Eigen::VectorXd residuals;
  Eigen::MatrixXd jacobian;  ///< [observation * dimension, free parameter]
};

Linearization linearize(const LeastSquares& problem, const std::vector<double>& parameters,
                        const std::vector<int>& free) {
  const auto dimension = static_cast<Eigen::Index>(problem.dimension);
  const auto rows = static_cast<Eigen::Index>(problem.observations) * dimension;
  const std::size_t count = problem.start.size();
  Linearization at{Eigen::VectorXd(rows), Eigen::MatrixXd(rows, static_cast<Eigen::Index>(free.size()))};
  std::vector<double> residual(problem.dimension);
  std::vector<double> jacobian(problem.dimension * count);
  for (std::size_t i = 0; i < problem.observations; ++i) {
    const double* place = parameters.data();
    double* derivative = jacobian.data();
    Observation(problem, i).Evaluate(&place, residual.data(), &derivative);
    for (Eigen::Index d = 0; d < dimension; ++d) {
      const Eigen::Index row = static_cast<Eigen::Index>(i) * dimension + d;
      at.residuals[row] = residual[static_cast<std::size_t>(d)];
      for (std::size_t k = 0; k < free.size(); ++k)
        at.jacobian(row, static_cast<Eigen::Index>(k)) =
            jacobian[static_cast<std::size_t>(d) * count + static_cast<std::size_t>(free[k])];
    }
  }
  return at;
}

/// Row-major, with columns of zeros for fixed parameters.
std::vector<double> spread_out(const Eigen::MatrixXd& jacobian, const std::vector<int>& free,
                               std::size_t count) {
  std::vector<double> all(static_cast<std::size_t>(jacobian.rows()) * count, 0);
  for (Eigen::Index row = 0; row < jacobian.rows(); ++row)
    for (std::size_t k = 0; k < free.size(); ++k)
      all[static_cast<std::size_t>(row) * count + static_cast<std::size_t>(free[k])] =
          jacobian(row, static_cast<Eigen::Index>(k));
  return all;
}

double conditioning_of(const Eigen::MatrixXd& jacobian) {
  Eigen::MatrixXd scaled = jacobian;
  for (Eigen::Index k = 0; k < scaled.cols(); ++k) {
    const double length = scaled.col(k).norm();
    if (!(length > 0)) return 0;
    scaled.col(k) /= length;
  }
  const Eigen::VectorXd values =
      Eigen::JacobiSVD<Eigen::MatrixXd>(scaled.transpose() * scaled).singularValues();
  return std::sqrt(values[values.size() - 1] / values[0]);
}

/// Contribution of one observation to the curvature of the summed loss: Jᵀ (w + 2 w' r rᵀ) J. With w alone
/// the intervals under a robust loss would be too narrow.
Eigen::MatrixXd curvature(const LeastSquares& problem, const Eigen::MatrixXd& jacobian,
                          const Eigen::VectorXd& residual, double weight) {
  Eigen::MatrixXd inner = weight * Eigen::MatrixXd::Identity(residual.size(), residual.size());
  if (problem.cauchy_scale > 0)
    inner -= 2 * std::pow(weight / problem.cauchy_scale, 2) * residual * residual.transpose();
  return jacobian.transpose() * inner * jacobian;
}

void spread(const LeastSquares& problem, const Linearization& at, const std::vector<int>& free,
            LeastSquaresSolution& solution) {
  const auto dimension = static_cast<Eigen::Index>(problem.dimension);
  const auto parameters = static_cast<Eigen::Index>(free.size());
  const bool sandwich = !problem.group.empty() || problem.cauchy_scale > 0;
  Eigen::MatrixXd bread = Eigen::MatrixXd::Zero(parameters, parameters);
  std::map<std::size_t, Eigen::VectorXd> scores;
  double squares = 0;
  for (std::size_t i = 0; i < problem.observations; ++i) {
    const auto first = static_cast<Eigen::Index>(i) * dimension;
    const Eigen::MatrixXd rows = at.jacobian.middleRows(first, dimension);
    const Eigen::VectorXd residual = at.residuals.segment(first, dimension);
    const double weight = solution.weights[i];
    bread += curvature(problem, rows, residual, weight);
    squares += residual.squaredNorm();
    if (!sandwich) continue;
    const std::size_t group = problem.group.empty() ? i : problem.group[i];
    const auto found = scores.try_emplace(group, Eigen::VectorXd::Zero(parameters)).first;
    found->second += weight * rows.transpose() * residual;
  }
  const double residuals = static_cast<double>(at.residuals.size());
  const double surplus = residuals - static_cast<double>(parameters);
  const Eigen::MatrixXd inverse = bread.ldlt().solve(Eigen::MatrixXd::Identity(parameters, parameters));
  Eigen::MatrixXd covariance = squares / std::max(surplus, 1.0) * inverse;
  solution.degrees = surplus;
  if (sandwich) {
    const auto groups = static_cast<double>(scores.size());
    solution.degrees = problem.group.empty() ? surplus : groups - 1;
    Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(parameters, parameters);
    for (const auto& [group, score] : scores) meat += score * score.transpose();
    const double factor = groups / std::max(groups - 1, 1.0) * (residuals - 1) / std::max(surplus, 1.0);
    covariance = factor * inverse * meat * inverse;
  }
  const std::size_t count = problem.start.size();
  solution.covariance.assign(count * count, 0);
  for (Eigen::Index a = 0; a < parameters; ++a)
    for (Eigen::Index b = 0; b < parameters; ++b)
      solution.covariance[static_cast<std::size_t>(free[static_cast<std::size_t>(a)]) * count +
                          static_cast<std::size_t>(free[static_cast<std::size_t>(b)])] = covariance(a, b);
}

}  // namespace

double LeastSquaresSolution::deviation(std::size_t parameter) const {
  if (covariance.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(covariance[parameter * parameters.size() + parameter]);
}

double LeastSquaresSolution::half_width_95(std::size_t parameter) const {
  if (!(degrees > 0)) return std::numeric_limits<double>::quiet_NaN();
  return student_t_quantile(0.975, degrees) * deviation(parameter);
}

LeastSquaresSolution minimize(const LeastSquares& problem) {
  silence_logger();
  const std::vector<int> free = free_parameters(problem);
  if (problem.observations * problem.dimension < free.size())
    throw ComputationError("{} residuals cannot determine {} parameters",
                           problem.observations * problem.dimension, free.size());
  LeastSquaresSolution solution;
  solution.parameters = problem.start;

  ceres::Problem::Options ownership;
  ownership.loss_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
  ceres::Problem search(ownership);
  ceres::CauchyLoss cauchy(problem.cauchy_scale > 0 ? problem.cauchy_scale : 1);
  ceres::LossFunction* loss = problem.cauchy_scale > 0 ? &cauchy : nullptr;
  for (std::size_t i = 0; i < problem.observations; ++i)
    search.AddResidualBlock(new Observation(problem, i), loss, solution.parameters.data());
  const std::size_t fixed = problem.start.size() - free.size();
  if (fixed == problem.start.size()) {
    search.SetParameterBlockConstant(solution.parameters.data());
  } else if (fixed > 0) {
    std::vector<int> constant;
    for (std::size_t k = 0; k < problem.fixed.size(); ++k)
      if (problem.fixed[k] != 0) constant.push_back(static_cast<int>(k));
    search.SetManifold(solution.parameters.data(),
                       new ceres::SubsetManifold(static_cast<int>(problem.start.size()), constant));
  }

  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = problem.maximum_iterations;
  options.function_tolerance = 1e-12;
  options.gradient_tolerance = 1e-14;
  options.parameter_tolerance = 1e-10;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &search, &summary);
  if (summary.termination_type == ceres::FAILURE) throw ComputationError("{}", summary.message);
  solution.converged = summary.IsSolutionUsable() && summary.termination_type != ceres::NO_CONVERGENCE;
  solution.message = solution.converged ? "" : summary.message;

  const Linearization at = linearize(problem, solution.parameters, free);
  solution.residuals.assign(at.residuals.begin(), at.residuals.end());
  solution.jacobian = spread_out(at.jacobian, free, problem.start.size());
  for (std::size_t i = 0; i < problem.observations; ++i) {
    double squares = 0;
    for (std::size_t d = 0; d < problem.dimension; ++d)
      squares += std::pow(solution.residuals[i * problem.dimension + d], 2);
    const double scale = problem.cauchy_scale;
    solution.weights.push_back(scale > 0 ? 1 / (1 + squares / (scale * scale)) : 1.0);
  }
  solution.conditioning = free.empty() ? 1 : conditioning_of(at.jacobian);
  if (!free.empty() && solution.conditioning > 1e-7) spread(problem, at, free, solution);
  return solution;
}

}  // namespace snitt::statistics
