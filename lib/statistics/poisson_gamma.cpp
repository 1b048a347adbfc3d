#include "statistics/poisson_gamma.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

double sum(std::span<const double> v) { return std::accumulate(v.begin(), v.end(), 0.0); }

void check(std::span<const double> observed, std::span<const double> expected) {
  if (observed.size() < 2)
    throw ComputationError("variation wants two areas at least; there are {}", observed.size());
  for (const double e : expected)
    if (!(e > 0)) throw ComputationError("an area expects {} events; expected more than 0", e);
  if (!(sum(observed) > 0)) throw ComputationError("there are no events to vary");
}

/// log (1 + x) - x, whose leading parts cancel.
double log1p_minus(double x) {
  if (std::abs(x) > 0.01) return std::log1p(x) - x;
  double term = x, total = 0;
  for (int k = 2; k < 12; ++k) total += (term *= -x) / k;
  return total;
}

/// log Γ(O + a) / Γ(a) a^O, minus O²/2a-like parts kept: Σ_{j<O} log(1 + j/a), as it stays exact for large a.
double rising(double observed, double a) {
  const bool is_whole = observed == std::floor(observed);
  if (!is_whole || (observed > 200 && a < 1e8)) return std::lgamma(observed + a) - std::lgamma(a) - observed * std::log(a);
  double total = 0;
  for (double j = 1; j < observed; ++j) total += std::log1p(j / a);
  return total;
}

/// Log likelihood but for what does not depend on mean and shape.
double log_likelihood(std::span<const double> o, std::span<const double> e, double mean, double shape) {
  double total = 0;
  for (std::size_t i = 0; i < o.size(); ++i) {
    const double mu = mean * e[i];
    if (std::isinf(shape)) {
      total += o[i] * std::log(mu) - mu;
      continue;
    }
    const double x = mu / shape;  // -(O + a) log(1 + x), written around its limit -mu
    total += rising(o[i], shape) + o[i] * std::log(mu) - mu - o[i] * std::log1p(x) - shape * log1p_minus(x);
  }
  return total;
}

/// The mean that maximises for a given shape: Newton on Σ (O - mE) / (m (1 + mE/a)).
double best_mean(std::span<const double> o, std::span<const double> e, double shape) {
  double m = sum(o) / sum(e);
  if (std::isinf(shape)) return m;
  for (int step = 0; step < 100; ++step) {
    double score = 0, information = 0;
    for (std::size_t i = 0; i < o.size(); ++i) {
      const double weight = 1 / (1 + m * e[i] / shape);
      score += (o[i] - m * e[i]) * weight;
      information += e[i] * weight * weight * (1 + o[i] / shape);
    }
    const double next = std::max(0.1 * m, m + score / information);
    if (std::abs(next - m) < 1e-15 * m) return next;
    m = next;
  }
  return m;
}

}  // namespace

PoissonGamma fit_poisson_gamma(std::span<const double> observed, std::span<const double> expected,
                               double fixed_mean) {
  check(observed, expected);
  const auto mean_at = [&](double shape) {
    return fixed_mean > 0 ? fixed_mean : best_mean(observed, expected, shape);
  };
  // Over u = log(1/shape): from variations of a millionth to those of a hundred times the mean.
  const auto at = [&](double u) {
    return log_likelihood(observed, expected, mean_at(std::exp(-u)), std::exp(-u));
  };
  double best = -28;
  for (double u = -28; u <= 5; u += 0.5)
    if (at(u) > at(best)) best = u;
  constexpr double golden = 0.6180339887498949;
  double low = best - 0.5, high = best + 0.5;
  while (high - low > 1e-9) {
    const double left = high - golden * (high - low), right = low + golden * (high - low);
    if (at(left) > at(right))
      high = right;
    else
      low = left;
  }
  PoissonGamma model;
  model.shape = std::exp(-(low + high) / 2);
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const double chance = log_likelihood(observed, expected, mean_at(infinite), infinite);
  if (best <= -27.5 || at((low + high) / 2) <= chance) model.shape = infinite;
  model.mean = mean_at(model.shape);
  model.rate = model.shape / model.mean;
  model.variance = std::isinf(model.shape) ? 0 : model.shape / (model.rate * model.rate);
  model.log_likelihood = log_likelihood(observed, expected, model.mean, model.shape);
  return model;
}

MarshallMoments marshall_moments(std::span<const double> observed, std::span<const double> expected) {
  check(observed, expected);
  MarshallMoments moments;
  const double total = sum(expected);
  moments.mean = sum(observed) / total;
  double spread = 0;
  for (std::size_t i = 0; i < observed.size(); ++i)
    spread += expected[i] * std::pow(observed[i] / expected[i] - moments.mean, 2);
  moments.variance =
      std::max(0.0, spread / total - moments.mean / (total / static_cast<double>(observed.size())));
  return moments;
}

ShrunkRatio shrunk(const PoissonGamma& model, double observed, double expected) {
  if (std::isinf(model.shape)) return {model.mean, model.mean, model.mean};
  const double shape = observed + model.shape, rate = expected + model.rate;
  return {shape / rate, chi_squared_quantile(0.025, 2 * shape) / (2 * rate),
          chi_squared_quantile(0.975, 2 * shape) / (2 * rate)};
}

double shrunk(const MarshallMoments& moments, double observed, double expected) {
  const double ratio = observed / expected;
  const double chance = moments.mean / expected;
  return moments.mean + moments.variance / (moments.variance + chance) * (ratio - moments.mean);
}

}  // namespace snitt::statistics
