#include "quality/exponential_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "statistics/least_squares.hpp"
#include "statistics/summary.hpp"

namespace snitt::quality {

ExponentialFit fit_exponential(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size() || x.size() < 2 || std::ranges::min(x) == std::ranges::max(x))
    throw InputError("exponential fit: {} points; expected two or more at different places", x.size());
  for (const double value : y)
    if (!(value > 0)) throw InputError("exponential fit: has a value of {}; expected all above 0", value);
  // The line through the logarithms to start from.
  const double mean_x = statistics::mean(x);
  double xx = 0, xy = 0, mean_log = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mean_log += std::log(y[i]) / static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (std::log(y[i]) - mean_log);
  }
  const double beta = xy / xx;
  // About the middle of the x, so that level and fall hardly depend on each other.
  statistics::LeastSquares problem;
  problem.start = {std::exp(mean_log), beta};
  problem.step = {1e-6 * problem.start[0], 1e-6 * std::max(std::abs(beta), 1 / (x.back() - x.front() + 1))};
  problem.observations = x.size();
  problem.residual = [&](std::size_t i, std::span<const double> p, std::span<double> residual) {
    residual[0] = p[0] * std::exp(p[1] * (x[i] - mean_x)) - y[i];
  };
  const statistics::LeastSquaresSolution found = statistics::minimize(problem);
  ExponentialFit fit;
  fit.beta = found.parameters[1];
  fit.alpha = found.parameters[0] * std::exp(-fit.beta * mean_x);
  double left = 0, all = 0;
  const double mean_y = statistics::mean(y);
  for (std::size_t i = 0; i < y.size(); ++i) {
    left += found.residuals[i] * found.residuals[i];
    all += (y[i] - mean_y) * (y[i] - mean_y);
  }
  fit.r2 = all > 0 ? 1 - left / all : 1;
  fit.alpha_half_width = fit.beta_half_width = std::numeric_limits<double>::quiet_NaN();
  if (x.size() > 2 && !found.covariance.empty()) {
    fit.beta_half_width = found.half_width_95(1);
    // alpha = level exp(-beta mean): first order of both.
    const double level = found.half_width_95(0) / found.parameters[0];
    fit.alpha_half_width = fit.alpha * std::hypot(level, mean_x * fit.beta_half_width);
  }
  return fit;
}

}  // namespace snitt::quality
