#include "statistics/ordinal_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "base/error.hpp"

namespace snitt::statistics {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double logistic(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }
double log_logistic(double x) { return x >= 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x)); }

constexpr double smallest_log_deviation = -5;  // e⁻⁵ logits: nothing
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Symmetric positive matrix whose first block is diagonal: no score belongs to two levels of one factor, so
/// that the factor of most levels, usually the cases, costs next to nothing.
class Arrow {
 public:
  Arrow(Index first, Index others)
      : diagonal(VectorXd::Ones(first)),
        cross(MatrixXd::Zero(first, others)),
        rest(MatrixXd::Identity(others, others)) {}

  void factorize() {
    scaled_ = diagonal.cwiseInverse().asDiagonal() * cross;
    const MatrixXd schur = rest - cross.transpose() * scaled_;
    if (schur.size() > 0) solver_.emplace(schur.selfadjointView<Eigen::Lower>());
  }
  VectorXd solve(const VectorXd& right) const {
    VectorXd x(right.size());
    const Index others = rest.rows();
    x.tail(others) = right.tail(others) - scaled_.transpose() * right.head(diagonal.size());
    if (others > 0) x.tail(others) = solver_->solve(x.tail(others)).eval();
    x.head(diagonal.size()) = right.head(diagonal.size()).cwiseQuotient(diagonal) - scaled_ * x.tail(others);
    return x;
  }
  double half_log_determinant() const {
    double sum = 0.5 * diagonal.array().log().sum();
    if (rest.size() > 0) sum += MatrixXd(solver_->matrixL()).diagonal().array().log().sum();
    return sum;
  }

  VectorXd diagonal;
  MatrixXd cross;  ///< [first block, others]
  MatrixXd rest;   ///< lower triangle

 private:
  MatrixXd scaled_;
  std::optional<Eigen::LLT<MatrixXd>> solver_;  ///< of what the diagonal leaves of the rest
};

/// The likelihood as a function of (thresholds, coefficients, logarithms of deviations).
class Likelihood {
 public:
  explicit Likelihood(const OrdinalData& data) : data_(data), offset_(data.level.size()) {
    std::size_t all = 0;
    for (std::size_t f = 0; f < data.level.size(); ++f)
      if (data.levels[f] > data.levels[main_]) main_ = f;
    if (!data.level.empty()) all = data.levels[main_];  // its intercepts come first
    for (std::size_t f = 0; f < data.level.size(); ++f) {
      if (f == main_) continue;
      offset_[f] = all;
      all += data.levels[f];
    }
    mode_ = VectorXd::Zero(static_cast<Index>(all));
  }

  /// Standardised intercepts at the last evaluation.
  const VectorXd& mode() const { return mode_; }
  std::size_t offset(std::size_t factor) const { return offset_[factor]; }

  /// Laplace's approximation of the log likelihood; -infinity where thresholds do not rise.
  double operator()(const VectorXd& p) {
    const std::size_t cuts = data_.categories - 1;
    for (std::size_t k = 1; k < cuts; ++k)
      if (!(p(static_cast<Index>(k)) > p(static_cast<Index>(k - 1)))) return -infinity;
    if (!p.allFinite()) return -infinity;
    fixed_.assign(data_.score.size(), 0);
    for (std::size_t c = 0; c < data_.covariates.size(); ++c)
      for (std::size_t i = 0; i < fixed_.size(); ++i)
        fixed_[i] += p(static_cast<Index>(cuts + c)) * data_.covariates[c][i];
    deviation_.clear();
    for (std::size_t f = 0; f < data_.level.size(); ++f)
      deviation_.push_back(std::exp(p(static_cast<Index>(cuts + data_.covariates.size() + f))));
    if (mode_.size() == 0) return joint(p, mode_, nullptr, nullptr);
    return find_mode(p);
  }

 private:
  double intercept(const VectorXd& u, std::size_t i) const {
    double sum = 0;
    for (std::size_t f = 0; f < deviation_.size(); ++f)
      sum += deviation_[f] * u(static_cast<Index>(offset_[f] + data_.level[f][i]));
    return sum;
  }

  /// Log of the joint density of scores and standardised intercepts, with gradient and negative Hessian by
  /// the latter. The identities of the logistic function: with F at both ends of a category,
  /// d log P / d eta = F_upper + F_lower - 1, and its derivative is -(f_upper + f_lower).
  double joint(const VectorXd& p, const VectorXd& u, VectorXd* gradient, Arrow* curvature) const {
    double sum = -0.5 * u.squaredNorm();
    if (gradient != nullptr) {
      *gradient = -u;
      const auto first = static_cast<Index>(data_.levels[main_]);
      *curvature = Arrow(first, u.size() - first);
    }
    const std::size_t last = data_.categories - 1;
    for (std::size_t i = 0; i < data_.score.size(); ++i) {
      const std::size_t y = data_.score[i];
      const double eta = fixed_[i] + intercept(u, i);
      const double upper = y == last ? infinity : p(static_cast<Index>(y)) - eta;
      const double lower = y == 0 ? -infinity : p(static_cast<Index>(y - 1)) - eta;
      if (y == last)
        sum += log_logistic(-lower);
      else if (y == 0)
        sum += log_logistic(upper);
      else
        sum += log_logistic(upper) + log_logistic(-lower) + std::log(-std::expm1(lower - upper));
      if (gradient == nullptr) continue;
      const double f_upper = y == last ? 1 : logistic(upper);
      const double f_lower = y == 0 ? 0 : logistic(lower);
      const double slope = f_upper + f_lower - 1;
      const double weight = f_upper * (1 - f_upper) + f_lower * (1 - f_lower);
      add_row(i, slope, weight, *gradient, *curvature);
    }
    return sum;
  }

  void add_row(std::size_t i, double slope, double weight, VectorXd& gradient, Arrow& curvature) const {
    const auto first = static_cast<Index>(data_.levels[main_]);
    const auto own = static_cast<Index>(data_.level[main_][i]);
    curvature.diagonal(own) += weight * deviation_[main_] * deviation_[main_];
    gradient(own) += slope * deviation_[main_];
    for (std::size_t f = 0; f < deviation_.size(); ++f) {
      if (f == main_) continue;
      const Index a = static_cast<Index>(offset_[f] + data_.level[f][i]) - first;
      gradient(first + a) += slope * deviation_[f];
      curvature.cross(own, a) += weight * deviation_[f] * deviation_[main_];
      for (std::size_t g = 0; g <= f; ++g) {
        if (g == main_) continue;
        const Index b = static_cast<Index>(offset_[g] + data_.level[g][i]) - first;
        curvature.rest(std::max(a, b), std::min(a, b)) += weight * deviation_[f] * deviation_[g];
      }
    }
  }

  /// Newton's method: the joint density is log-concave. Starts from the last mode, which is near.
  double find_mode(const VectorXd& p) {
    VectorXd gradient;
    Arrow curvature(0, 0);
    VectorXd u = mode_;
    double value = joint(p, u, &gradient, &curvature);
    curvature.factorize();
    for (int iteration = 0; iteration < 100; ++iteration) {
      const VectorXd step = curvature.solve(gradient);
      const double gain = gradient.dot(step);
      if (gain < 1e-20) break;
      double length = 1;
      VectorXd next = u + step;
      VectorXd next_gradient;
      double next_value = joint(p, next, &next_gradient, &curvature);
      while (next_value < value - 1e-9 && length > 1e-6) {
        length /= 2;
        next = u + length * step;
        next_value = joint(p, next, &next_gradient, &curvature);
      }
      u = next;
      value = next_value;
      gradient = next_gradient;
      curvature.factorize();
      if (gain < 1e-13) break;  // quadratic convergence: that step was the last that matters
    }
    mode_ = u;
    return value - curvature.half_log_determinant();
  }

  const OrdinalData& data_;
  std::size_t main_ = 0;  ///< factor of most levels
  std::vector<std::size_t> offset_;
  VectorXd mode_;
  std::vector<double> fixed_;
  std::vector<double> deviation_;
};

struct Curvature {
  double value = 0;
  VectorXd gradient;
  MatrixXd hessian;
};

/// By central differences; the likelihood is known to about 1e-12 of itself.
Curvature curvature_at(Likelihood& likelihood, const VectorXd& p, const std::vector<Index>& free) {
  constexpr double h = 2e-4;
  const auto count = static_cast<Index>(free.size());
  Curvature c{likelihood(p), VectorXd(count), MatrixXd(count, count)};
  VectorXd x = p;
  const auto shifted = [&](Index a, double da, Index b, double db) {
    x = p;
    x(free[static_cast<std::size_t>(a)]) += da;
    x(free[static_cast<std::size_t>(b)]) += db;
    return likelihood(x);
  };
  for (Index a = 0; a < count; ++a) {
    const double up = shifted(a, h, a, 0);
    const double down = shifted(a, -h, a, 0);
    c.gradient(a) = (up - down) / (2 * h);
    c.hessian(a, a) = (up - 2 * c.value + down) / (h * h);
    for (Index b = 0; b < a; ++b)
      c.hessian(a, b) = c.hessian(b, a) =
          (shifted(a, h, b, h) - shifted(a, h, b, -h) - shifted(a, -h, b, h) + shifted(a, -h, b, -h)) /
          (4 * h * h);
  }
  return c;
}

/// Newton's method with damping, uphill. Deviations that shrink to nothing are taken out of `free`.
Curvature climb(Likelihood& likelihood, VectorXd& p, std::vector<Index>& free, Index first_deviation) {
  for (int iteration = 0; iteration < 60; ++iteration) {
    std::erase_if(free, [&](Index k) { return k >= first_deviation && p(k) <= smallest_log_deviation; });
    const Curvature c = curvature_at(likelihood, p, free);
    if (!std::isfinite(c.value) || !c.hessian.allFinite())
      throw ComputationError("the likelihood of the ordinal model cannot be computed");
    double damping = 0;
    const double scale = c.hessian.diagonal().cwiseAbs().maxCoeff();
    const auto count = static_cast<Index>(free.size());
    while (true) {
      const MatrixXd damped = -c.hessian + damping * MatrixXd::Identity(count, count);
      const Eigen::LLT<MatrixXd> solver(damped);
      if (solver.info() == Eigen::Success) {
        VectorXd step = solver.solve(c.gradient);
        const double longest = step.cwiseAbs().maxCoeff();
        if (longest > 2) step *= 2 / longest;
        if (longest < 1e-6) return c;
        VectorXd next = p;
        for (Index k = 0; k < count; ++k) next(free[static_cast<std::size_t>(k)]) += step(k);
        for (Index k = first_deviation; k < p.size(); ++k)
          next(k) = std::max(next(k), smallest_log_deviation);
        if (likelihood(next) > c.value - 1e-9) {
          p = next;
          break;
        }
      }
      damping = damping == 0 ? 1e-4 * scale : damping * 8;
      if (damping > 1e8 * scale) return c;  // no step helps any more
    }
  }
  throw ComputationError(
      "the ordinal model did not converge; expected scores that no covariate separates wholly");
}

void check(const OrdinalData& data) {
  std::vector<std::size_t> count(data.categories, 0);
  for (const std::uint32_t y : data.score) ++count.at(y);
  if (data.categories < 2) throw ComputationError("an ordinal model wants scores in two categories and more");
  if (std::find(count.begin(), count.end(), 0U) != count.end())
    throw ComputationError("an ordinal model wants every category to occur");
}

VectorXd start_of(const OrdinalData& data) {
  const std::size_t cuts = data.categories - 1;
  VectorXd p = VectorXd::Zero(static_cast<Index>(cuts + data.covariates.size() + data.level.size()));
  std::vector<double> count(data.categories, 0);
  for (const std::uint32_t y : data.score) count[y] += 1;
  double below = 0;
  for (std::size_t k = 0; k < cuts; ++k) {
    below += count[k];
    const double share = below / static_cast<double>(data.score.size());
    p(static_cast<Index>(k)) = std::log(share / (1 - share));
  }
  for (std::size_t f = 0; f < data.level.size(); ++f)
    p(static_cast<Index>(cuts + data.covariates.size() + f)) = std::log(0.5);
  return p;
}

}  // namespace

double OrdinalModel::error(std::size_t parameter) const {
  return std::sqrt(covariance[parameter * parameters() + parameter]);
}

OrdinalModel fit_ordinal(const OrdinalData& data) {
  check(data);
  Likelihood likelihood(data);
  VectorXd p = start_of(data);
  std::vector<Index> free;
  for (Index k = 0; k < p.size(); ++k) free.push_back(k);
  const std::size_t cuts = data.categories - 1;
  const auto first_deviation = static_cast<Index>(cuts + data.covariates.size());
  const Curvature top = climb(likelihood, p, free, first_deviation);
  OrdinalModel model;
  model.log_likelihood = likelihood(p);
  for (Index k = 0; k < p.size(); ++k) {
    if (k < static_cast<Index>(cuts))
      model.thresholds.push_back(p(k));
    else if (k < first_deviation)
      model.coefficients.push_back(p(k));
    else
      model.deviations.push_back(p(k) <= smallest_log_deviation ? 0 : std::exp(p(k)));
  }
  const MatrixXd inverse = (-top.hessian).inverse();
  const std::size_t count = model.parameters();
  model.covariance.assign(count * count, 0);
  for (std::size_t a = 0; a < free.size(); ++a)
    for (std::size_t b = 0; b < free.size(); ++b)
      model.covariance[static_cast<std::size_t>(free[a]) * count + static_cast<std::size_t>(free[b])] =
          inverse(static_cast<Index>(a), static_cast<Index>(b));
  for (std::size_t f = 0; f < data.level.size(); ++f) {
    model.intercepts.emplace_back();
    for (std::size_t l = 0; l < data.levels[f]; ++l)
      model.intercepts.back().push_back(model.deviations[f] *
                                        likelihood.mode()(static_cast<Index>(likelihood.offset(f) + l)));
  }
  return model;
}

}  // namespace snitt::statistics
