#include "statistics/count_regression.hpp"

#include <Eigen/Dense>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double log_likelihood(const VectorXd& y, const VectorXd& mean, double theta) {
  double sum = 0;
  for (Index i = 0; i < y.size(); ++i) {
    const double m = mean[i];
    if (theta >= largest_theta)
      sum += y[i] * std::log(m) - m - std::lgamma(y[i] + 1);
    else
      sum += std::lgamma(theta + y[i]) - std::lgamma(theta) - std::lgamma(y[i] + 1) -
             theta * std::log1p(m / theta) + y[i] * (std::log(m) - std::log(theta + m));
  }
  return sum;
}

/// Root of the score in log theta by Newton inside a bracket; the score falls from + to - at the maximum.
double best_theta(const VectorXd& y, const VectorXd& mean) {
  using boost::math::digamma;
  const auto score = [&](double theta) {
    double sum = 0;
    for (Index i = 0; i < y.size(); ++i) {
      // For large theta the terms cancel to digits that are not there: their expansion instead.
      if (theta > 1e5 * (1 + y[i] + mean[i]))
        sum += ((y[i] - mean[i]) * (y[i] - mean[i]) - y[i]) / (2 * theta * theta) * -1;
      else
        sum += digamma(theta + y[i]) - digamma(theta) - std::log1p(mean[i] / theta) + 1 -
               (theta + y[i]) / (theta + mean[i]);
    }
    return sum;
  };
  double low = std::log(1e-6), high = std::log(largest_theta);
  if (score(std::exp(high)) >= 0) return largest_theta;
  for (int i = 0; i < 200 && high - low > 1e-12; ++i) {
    const double middle = 0.5 * (low + high);
    (score(std::exp(middle)) > 0 ? low : high) = middle;
  }
  return std::exp(0.5 * (low + high));
}

}  // namespace

CountRegression negative_binomial_regression(std::span<const double> counts, std::span<const double> design,
                                             std::size_t columns, std::span<const double> offset) {
  const auto n = static_cast<Index>(counts.size());
  const auto k = static_cast<Index>(columns);
  if (n < k) throw ComputationError("negative binomial regression: {} rows for {} columns", n, k);
  const Eigen::Map<const VectorXd> y(counts.data(), n);
  const Eigen::Map<const VectorXd> shift(offset.data(), n);
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> x(
      design.data(), n, k);
  if ((y.array() < 0).any() || !y.allFinite())
    throw ComputationError("negative binomial regression: counts below 0 or missing");
  if (Eigen::ColPivHouseholderQR<MatrixXd>(x).rank() < k)
    throw ComputationError("negative binomial regression: columns depend on each other");
  double theta = largest_theta;
  VectorXd beta = VectorXd::Zero(k);
  VectorXd mean = y.array().max(0.0) + 0.1 * (y.mean() + 1e-3);  // a start that knows no zeros
  VectorXd linear = mean.array().log();
  MatrixXd information(k, k);
  constexpr int most_rounds = 200;
  constexpr double still = 1e-10;
  bool converged = false;
  double previous = -1e300;
  for (int round = 0; round < most_rounds && !converged; ++round) {
    for (int step = 0; step < 50; ++step) {
      const VectorXd weight = mean.array() / (1 + mean.array() / theta);
      const VectorXd working = linear - shift + ((y - mean).array() / mean.array()).matrix();
      information = x.transpose() * weight.asDiagonal() * x;
      const VectorXd next = information.ldlt().solve(x.transpose() * (weight.asDiagonal() * working));
      const double change = (next - beta).cwiseAbs().maxCoeff();
      beta = next;
      linear = (x * beta + shift).cwiseMax(-30.0).cwiseMin(40.0);
      mean = linear.array().exp();
      if (change < still * (1 + beta.cwiseAbs().maxCoeff())) break;
    }
    theta = best_theta(y, mean);
    const double likelihood = log_likelihood(y, mean, theta);
    converged = std::abs(likelihood - previous) < still * (1 + std::abs(likelihood));
    previous = likelihood;
  }
  if (!converged || !beta.allFinite())
    throw ComputationError("negative binomial regression: no convergence in {} rounds", most_rounds);
  CountRegression fit;
  const VectorXd weight = mean.array() / (1 + mean.array() / theta);
  const MatrixXd covariance = MatrixXd(x.transpose() * weight.asDiagonal() * x).inverse();
  fit.coefficients.assign(beta.begin(), beta.end());
  fit.fitted.assign(mean.begin(), mean.end());
  fit.theta = theta;
  fit.likelihood = previous;
  for (Index i = 0; i < k; ++i) {
    fit.errors.push_back(std::sqrt(covariance(i, i)));
    for (Index j = 0; j < k; ++j) fit.covariance.push_back(covariance(i, j));
  }
  return fit;
}

}  // namespace snitt::statistics
