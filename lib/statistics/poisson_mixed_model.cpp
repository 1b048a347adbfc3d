#include "statistics/poisson_mixed_model.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include "base/error.hpp"
#include "statistics/distributions.hpp"

namespace snitt::statistics {
namespace {

struct Quadrature {
  std::vector<double> node, weight;  ///< of the standard normal density
};
/// Golub and Welsch 1969: eigenvalues of the Jacobi matrix of Hermite's polynomials.
Quadrature hermite(int points) {
  Eigen::MatrixXd jacobi = Eigen::MatrixXd::Zero(points, points);
  for (int i = 1; i < points; ++i) jacobi(i, i - 1) = jacobi(i - 1, i) = std::sqrt(static_cast<double>(i));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(jacobi);
  Quadrature q;
  for (int i = 0; i < points; ++i) {
    // Weights from the orthonormal polynomial: the outermost are far below what an eigenvector resolves.
    const double x = solver.eigenvalues()[i];
    double before = 0, here = 1;
    for (int k = 0; k + 1 < points; ++k) {
      const double next = (x * here - std::sqrt(static_cast<double>(k)) * before) / std::sqrt(k + 1.0);
      before = here;
      here = next;
    }
    q.node.push_back(x);
    q.weight.push_back(1 / (points * here * here));
  }
  return q;
}

struct Mode {
  double u = 0, deviation = 0;
};
/// Where O (β + u) - E exp(β + u) - u²/2σ² is largest, and the width there.
Mode mode_of(double o, double e, double intercept, double variance) {
  double u = 0;
  for (int step = 0; step < 200; ++step) {
    const double mean = e * std::exp(intercept + u);
    const double slope = o - mean - u / variance, curvature = mean + 1 / variance;
    const double change = std::clamp(slope / curvature, -1.0, 1.0);
    u += change;
    if (std::abs(change) < 1e-14) break;
  }
  return {u, 1 / std::sqrt(e * std::exp(intercept + u) + 1 / variance)};
}

struct Likelihood {
  std::span<const double> observed, expected;
  Quadrature quadrature;

  double operator()(double intercept, double deviation) const {
    const double variance = deviation * deviation;
    double total = 0;
    for (std::size_t i = 0; i < observed.size(); ++i) {
      const double o = observed[i], e = expected[i];
      const double constant = o * std::log(e) - std::lgamma(o + 1);
      if (!(variance > 0)) {
        total += o * intercept - e * std::exp(intercept) + constant;
        continue;
      }
      const Mode mode = mode_of(o, e, intercept, variance);
      const auto exponent = [&](double u) {
        return o * (intercept + u) - e * std::exp(intercept + u) - u * u / (2 * variance);
      };
      const double top = exponent(mode.u);
      double sum = 0;
      for (std::size_t k = 0; k < quadrature.node.size(); ++k) {
        const double z = quadrature.node[k];
        sum += quadrature.weight[k] * std::exp(exponent(mode.u + mode.deviation * z) - top + z * z / 2);
      }
      total += top + std::log(sum * mode.deviation / deviation) + constant;
    }
    return total;
  }
};

/// Maximum of a function with one hump (Brent 1973), as far as a double shows it.
double maximise(const std::function<double(double)>& f, double low, double high) {
  std::uintmax_t steps = 200;
  return boost::math::tools::brent_find_minima([&](double x) { return -f(x); }, low, high, 28, steps).first;
}

}  // namespace

PoissonMixedModel fit_poisson_mixed(std::span<const double> observed, std::span<const double> expected,
                                    int quadrature_points) {
  if (observed.size() < 3)
    throw ComputationError("a distribution of areas wants three at least; there are {}", observed.size());
  for (const double e : expected)
    if (!(e > 0)) throw ComputationError("an area expects {} events; expected more than 0", e);
  const double events = std::accumulate(observed.begin(), observed.end(), 0.0);
  if (!(events > 0)) throw ComputationError("there are no events to vary");
  const double crude = std::log(events / std::accumulate(expected.begin(), expected.end(), 0.0));
  const Likelihood likelihood{observed, expected, hermite(quadrature_points)};

  const auto intercept_at = [&](double deviation) {
    const double reach = 3 * deviation * deviation + deviation + 0.01;
    return maximise([&](double b) { return likelihood(b, deviation); }, crude - reach, crude + reach);
  };
  const auto profile = [&](double deviation) {
    return deviation > 0 ? likelihood(intercept_at(deviation), deviation) : likelihood(crude, 0);
  };
  PoissonMixedModel model;
  // The largest deviation that is of any use: areas e^5 apart.
  double best = 0;
  double coarse = profile(0);
  for (double s = 0.001; s < 5; s *= 1.5)
    if (const double here = profile(s); here > coarse) {
      coarse = here;
      best = s;
    }
  if (best > 0) best = maximise(profile, best / 1.5, best * 1.5);
  model.deviation = best;
  model.intercept = best > 0 ? intercept_at(best) : crude;
  model.log_likelihood = likelihood(model.intercept, best);

  const double drop = model.log_likelihood - 0.5 * chi_squared_quantile(0.95, 1);
  const auto crossing = [&](double inside, double outside) {
    for (int step = 0; step < 40; ++step) {
      const double middle = (inside + outside) / 2;
      (profile(middle) > drop ? inside : outside) = middle;
    }
    return (inside + outside) / 2;
  };
  model.deviation_low = profile(0) > drop ? 0 : crossing(best, 0);
  double outside = std::max(0.01, 2 * best);
  while (profile(outside) > drop && outside < 20) outside *= 1.5;
  model.deviation_high = crossing(best, outside);

  const double h = 1e-4;
  const double curvature = (likelihood(model.intercept + h, best) - 2 * model.log_likelihood +
                            likelihood(model.intercept - h, best)) /
                           (h * h);
  model.intercept_error = 1 / std::sqrt(-curvature);
  for (std::size_t i = 0; i < observed.size(); ++i) {
    const Mode mode = best > 0 ? mode_of(observed[i], expected[i], model.intercept, best * best) : Mode{};
    model.effect.push_back(mode.u);
    model.effect_error.push_back(mode.deviation);
  }
  return model;
}

double median_rate_ratio(double deviation) {
  return std::exp(std::numbers::sqrt2 * deviation * normal_quantile(0.75));
}

double poisson_intraclass(double deviation, double mean_count) {
  const double between = deviation * deviation;
  return between / (between + std::log1p(1 / mean_count));
}

}  // namespace snitt::statistics
