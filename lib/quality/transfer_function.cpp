#include "quality/transfer_function.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace snitt::quality {

double TransferFunction::at(double f) const {
  if (frequency_per_mm.empty() || !(f <= frequency_per_mm.back())) return 0;
  if (frequency_per_mm.size() == 1) return value[0];
  const double x = std::max(f, 0.0) / frequency_per_mm[1];
  const auto k = std::min(static_cast<std::size_t>(x), value.size() - 2);
  const double t = x - static_cast<double>(k);
  return value[k] + t * (value[k + 1] - value[k]);
}

double first_crossing(std::span<const double> f, std::span<const double> value, double level) {
  for (std::size_t k = 1; k < value.size(); ++k)
    if (value[k - 1] > level && value[k] <= level)
      return f[k - 1] + (value[k - 1] - level) / (value[k - 1] - value[k]) * (f[k] - f[k - 1]);
  return std::numeric_limits<double>::quiet_NaN();
}

TransferFunction transfer_function_of(std::vector<double> frequency_per_mm, std::vector<double> value) {
  const std::size_t n = frequency_per_mm.size();
  if (n < 2 || value.size() != n || frequency_per_mm[0] != 0 || !(frequency_per_mm[1] > 0))
    throw InputError(
        "transfer function: has {} frequencies and {} values; expected as many of both, from frequency 0", n,
        value.size());
  const double step = frequency_per_mm[1];
  for (std::size_t k = 0; k < n; ++k) {
    const double even = static_cast<double>(k) * step;
    if (!(std::abs(frequency_per_mm[k] - even) <= 1e-6 * frequency_per_mm.back()))
      throw InputError("transfer function: its frequency {} is {} /mm; expected {}, equally spaced", k,
                       frequency_per_mm[k], even);
  }
  TransferFunction transfer;
  transfer.f50_per_mm = first_crossing(frequency_per_mm, value, 0.5);
  transfer.f10_per_mm = first_crossing(frequency_per_mm, value, 0.1);
  transfer.f02_per_mm = first_crossing(frequency_per_mm, value, 0.02);
  transfer.frequency_per_mm = std::move(frequency_per_mm);
  transfer.value = std::move(value);
  return transfer;
}

}  // namespace snitt::quality
