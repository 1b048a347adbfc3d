#include "statistics/poisson_draw.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/distributions.hpp"

namespace snitt::statistics {

std::int64_t poisson_draw(double expected, double u) {
  if (!(expected > 0)) return 0;
  const double z = normal_quantile(std::clamp(u, 1e-300, 1 - 1e-16));
  const double guess = std::floor(expected + z * std::sqrt(expected) + (z * z - 1) / 6);
  auto k = static_cast<std::int64_t>(std::max(0.0, guess));
  while (k > 0 && poisson_probability(k - 1, expected) > u) --k;
  while (poisson_probability(k, expected) <= u) ++k;
  return k;
}

}  // namespace snitt::statistics
