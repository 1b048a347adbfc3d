#include "statistics/mixed_model.hpp"

#include <Eigen/Dense>
#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/roots.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.hpp"
#include "base/words.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Sums of all groups around the origin: everything is quadratic in (1, covariates, response).
struct Sums {
  MatrixXd within;             ///< [variable, variable], pooled over groups; row and column 0 are 0
  std::vector<VectorXd> mean;  ///< [group]: (1, covariates - origin, response)
  std::vector<double> count;   ///< [group]
  double rows = 0;
  Index fixed = 0;  ///< coefficients, the intercept included
};

Sums gather(std::span<const GroupSums> groups, std::span<const double> origin) {
  Sums s;
  for (const GroupSums& g : groups) {
    if (!(g.count > 0)) {
      s.mean.emplace_back();
      s.count.push_back(0);
      continue;
    }
    const auto variables = static_cast<Index>(g.mean.size());
    if (s.fixed == 0) {
      s.fixed = variables;
      s.within = MatrixXd::Zero(variables + 1, variables + 1);
    }
    if (variables != s.fixed) throw ComputationError("groups of a mixed model have different covariates");
    s.within.bottomRightCorner(variables, variables) +=
        Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>>(g.cross.data(), variables,
                                                                         variables);
    VectorXd mean(variables + 1);
    mean(0) = 1;
    for (Index k = 0; k < variables; ++k) {
      const auto at = static_cast<std::size_t>(k);
      mean(k + 1) = g.mean[at] - (at < origin.size() ? origin[at] : 0.0);
    }
    s.mean.push_back(mean);
    s.count.push_back(g.count);
    s.rows += g.count;
  }
  return s;
}

/// Generalised least squares for a known ratio of the variances, in units of the variance inside groups.
struct Weighted {
  MatrixXd normal;  ///< X' V⁻¹ X
  VectorXd coefficients;
  double squares = 0;          ///< residuals' y' V⁻¹ y
  double log_determinant = 0;  ///< of V and of X' V⁻¹ X
};

Weighted weighted(const Sums& s, double ratio) {
  MatrixXd all = s.within;
  double log_v = 0;
  for (std::size_t g = 0; g < s.mean.size(); ++g) {
    if (s.count[g] <= 0) continue;
    all += s.count[g] / (1 + s.count[g] * ratio) * s.mean[g] * s.mean[g].transpose();
    log_v += std::log1p(s.count[g] * ratio);
  }
  Weighted w;
  w.normal = all.topLeftCorner(s.fixed, s.fixed);
  const VectorXd right = all.col(s.fixed).head(s.fixed);
  const Eigen::LDLT<MatrixXd> solver(w.normal);
  w.coefficients = solver.solve(right);
  w.squares = all(s.fixed, s.fixed) - right.dot(w.coefficients);
  w.log_determinant = log_v + solver.vectorD().array().log().sum();
  return w;
}

double deviance(const Sums& s, double ratio) {
  const Weighted w = weighted(s, ratio);
  const double degrees = s.rows - static_cast<double>(s.fixed);
  return w.log_determinant + degrees * (1 + std::log(2 * std::numbers::pi * w.squares / degrees));
}

constexpr double smallest_log_ratio = -23;  // 1e-10: nothing between groups
constexpr double largest_log_ratio = 23;

/// Ratio of the variance between groups to that inside them with the least deviance.
double best_ratio(const Sums& s) {
  const auto at = [&](double log_ratio) { return deviance(s, std::exp(log_ratio)); };
  double best = smallest_log_ratio;
  double least = std::numeric_limits<double>::infinity();
  constexpr double step = 0.5;
  for (double x = smallest_log_ratio; x <= largest_log_ratio; x += step)
    if (const double d = at(x); d < least) {
      least = d;
      best = x;
    }
  const auto found = boost::math::tools::brent_find_minima(at, best - step, best + step, 40);
  return deviance(s, 0) <= found.second ? 0 : std::exp(found.first);
}

/// Where the profile rises by the 95 % quantile of chi² with one degree; `side` -1 below, +1 above.
double profile_limit(const Sums& s, double ratio, double side) {
  const double goal = deviance(s, ratio) + chi_squared_quantile(0.95, 1);
  const auto over = [&](double log_ratio) { return deviance(s, std::exp(log_ratio)) - goal; };
  const double start = ratio > 0 ? std::log(ratio) : smallest_log_ratio;
  const double end = side < 0 ? smallest_log_ratio : largest_log_ratio;
  if (start == end || over(end) <= 0) return side < 0 ? 0 : std::exp(end);
  boost::math::tools::eps_tolerance<double> tolerance(40);
  std::uintmax_t iterations = 200;
  const auto bracket = boost::math::tools::toms748_solve(over, std::min(start, end), std::max(start, end),
                                                         tolerance, iterations);
  return std::exp(0.5 * (bracket.first + bracket.second));
}

/// Restricted deviance of both variances, not profiled.
double full_deviance(const Sums& s, double between, double within) {
  const Weighted w = weighted(s, between / within);
  return w.log_determinant + (s.rows - static_cast<double>(s.fixed)) * std::log(within) + w.squares / within;
}

/// Degrees of freedom of each coefficient: 2 v² / (g' A g), with g the gradient of its variance v by both
/// variances and A their covariance (Satterthwaite 1946; Giesbrecht and Burns 1985), by central differences.
std::vector<double> satterthwaite(const Sums& s, double between, double within) {
  const Eigen::Vector2d at(std::log(between), std::log(within));
  const auto variance = [&](const Eigen::Vector2d& x) -> VectorXd {
    const double sigma = std::exp(x(1));
    return (sigma * weighted(s, std::exp(x(0)) / sigma).normal.inverse()).diagonal();
  };
  const auto value = [&](double a, double b) {
    return full_deviance(s, std::exp(at(0) + a), std::exp(at(1) + b));
  };
  constexpr double h = 1e-3;
  Eigen::Matrix2d hessian;
  const double middle = value(0, 0);
  hessian(0, 0) = (value(h, 0) - 2 * middle + value(-h, 0)) / (h * h);
  hessian(1, 1) = (value(0, h) - 2 * middle + value(0, -h)) / (h * h);
  hessian(0, 1) = hessian(1, 0) = (value(h, h) - value(h, -h) - value(-h, h) + value(-h, -h)) / (4 * h * h);
  const Eigen::Matrix2d covariance = 2 * hessian.inverse();
  const VectorXd v = variance(at);
  std::vector<double> degrees;
  const VectorXd by_between =
      (variance(at + Eigen::Vector2d(h, 0)) - variance(at - Eigen::Vector2d(h, 0))) / (2 * h);
  const VectorXd by_within =
      (variance(at + Eigen::Vector2d(0, h)) - variance(at - Eigen::Vector2d(0, h))) / (2 * h);
  for (Index k = 0; k < s.fixed; ++k) {
    const Eigen::Vector2d g(by_between(k), by_within(k));
    degrees.push_back(2 * v(k) * v(k) / g.dot(covariance * g));
  }
  return degrees;
}

Estimate estimate(double value, double variance, double degrees) {
  Estimate e;
  e.value = value;
  e.error = std::sqrt(variance);
  e.degrees = degrees;
  const double half = student_t_quantile(0.975, degrees) * e.error;
  e.low = value - half;
  e.high = value + half;
  e.p = e.error > 0 ? student_t_two_sided(value / e.error, degrees) : 1;
  return e;
}

void predict_intercepts(MixedModel& model, const Sums& s, const Weighted& w, double ratio, double within) {
  for (std::size_t g = 0; g < s.mean.size(); ++g) {
    const double n = s.count[g];
    const double shrinkage = n * ratio / (1 + n * ratio);
    const double residual = n > 0 ? s.mean[g](s.fixed) - s.mean[g].head(s.fixed).dot(w.coefficients) : 0.0;
    model.intercept.push_back(shrinkage * residual);
    model.intercept_error.push_back(std::sqrt(within * ratio / (1 + n * ratio)));
  }
}

void check(const Sums& s, std::size_t groups) {
  double used = 0;
  for (const double n : s.count) used += n > 0 ? 1 : 0;
  if (used < 2)
    throw ComputationError("a mixed model wants two groups with rows and more; there are {} of {}", used,
                           groups);
  if (s.rows <= static_cast<double>(s.fixed) + 1)
    throw ComputationError("{} too few for a mixed model of {}",
                           counted(static_cast<std::size_t>(s.rows), "row is", "rows are"),
                           counted(static_cast<std::size_t>(s.fixed), "coefficient"));
  const MatrixXd normal = weighted(s, 1).normal;
  const VectorXd scale = normal.diagonal().cwiseSqrt().cwiseInverse();
  if (!scale.allFinite() ||
      Eigen::SelfAdjointEigenSolver<MatrixXd>(scale.asDiagonal() * normal * scale.asDiagonal())
              .eigenvalues()(0) < 1e-10)
    throw ComputationError(
        "the covariates of a mixed model do not tell their effects apart: one is constant or follows others");
}

}  // namespace

GroupSums sums_of(const std::vector<std::span<const double>>& variables) {
  const std::size_t count = variables.size();
  GroupSums sums{0, std::vector<double>(count, 0), std::vector<double>(count * count, 0)};
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < variables.front().size(); ++i) {
    bool whole = true;
    for (const auto& v : variables) whole = whole && !std::isnan(v[i]);
    if (whole) rows.push_back(i);
  }
  sums.count = static_cast<double>(rows.size());
  for (std::size_t a = 0; a < count; ++a) {
    for (const std::size_t i : rows) sums.mean[a] += variables[a][i];
    if (!rows.empty()) sums.mean[a] /= sums.count;
  }
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = 0; b < count; ++b)
      for (const std::size_t i : rows)
        sums.cross[a * count + b] += (variables[a][i] - sums.mean[a]) * (variables[b][i] - sums.mean[b]);
  return sums;
}

GroupSums with_group_covariate(const GroupSums& group, double value) {
  const std::size_t count = group.mean.size();
  if (count == 0) return group;
  GroupSums more{group.count, group.mean, std::vector<double>((count + 1) * (count + 1), 0)};
  more.mean.insert(more.mean.end() - 1, value);
  const auto place = [&](std::size_t k) { return k + 1 == count ? count : k; };
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = 0; b < count; ++b)
      more.cross[place(a) * (count + 1) + place(b)] = group.cross[a * count + b];
  return more;
}

MixedModel fit_random_intercept(std::span<const GroupSums> groups, std::span<const double> origin) {
  const Sums s = gather(groups, origin);
  check(s, groups.size());
  const double ratio = best_ratio(s);
  const Weighted w = weighted(s, ratio);
  const double free_rows = s.rows - static_cast<double>(s.fixed);
  const double within = w.squares / free_rows;
  MixedModel model;
  model.criterion = deviance(s, ratio);
  model.at_zero = ratio == 0;
  model.within_deviation = std::sqrt(within);
  model.between_deviation = std::sqrt(within * ratio);
  model.intraclass = ratio / (1 + ratio);
  const double low = profile_limit(s, ratio, -1);
  const double high = profile_limit(s, ratio, 1);
  model.intraclass_low = low / (1 + low);
  model.intraclass_high = high / (1 + high);
  const MatrixXd covariance = within * w.normal.inverse();
  const std::vector<double> degrees = model.at_zero
                                          ? std::vector<double>(static_cast<std::size_t>(s.fixed), free_rows)
                                          : satterthwaite(s, within * ratio, within);
  for (Index k = 0; k < s.fixed; ++k) {
    model.fixed.push_back(
        estimate(w.coefficients(k), covariance(k, k), degrees[static_cast<std::size_t>(k)]));
    for (Index l = 0; l < s.fixed; ++l) model.covariance.push_back(covariance(k, l));
  }
  predict_intercepts(model, s, w, ratio, within);
  return model;
}

}  // namespace snitt::statistics
