#include "activity/concentration.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace snitt::activity {

Concentration::Concentration(std::vector<std::uint64_t> counts) : sum_(std::move(counts)) {
  std::sort(sum_.begin(), sum_.end(), std::greater<>());
  while (!sum_.empty() && sum_.back() == 0) sum_.pop_back();
  std::partial_sum(sum_.begin(), sum_.end(), sum_.begin());
}

double Concentration::gini() const {
  if (sum_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<double>(sum_.size());
  double weighted = 0;
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    const auto count = static_cast<double>(sum_[i] - (i == 0 ? 0 : sum_[i - 1]));
    weighted +=
        (n - 1 - 2 * static_cast<double>(i)) * count;  // from the largest: rank n - i from the smallest
  }
  return weighted / (n * static_cast<double>(sum_.back()));
}

double Concentration::top(double share) const {
  if (sum_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = std::clamp(share, 0.0, 1.0) * static_cast<double>(sum_.size());
  const auto whole = std::min(static_cast<std::size_t>(position), sum_.size());
  const auto at = [&](std::size_t count) { return count == 0 ? 0.0 : static_cast<double>(sum_[count - 1]); };
  const double here = at(whole);
  const double next = whole < sum_.size() ? at(whole + 1) : here;
  return (here + (position - static_cast<double>(whole)) * (next - here)) / static_cast<double>(sum_.back());
}

double Concentration::referrers_of(double share) const {
  if (sum_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double wanted = share * static_cast<double>(sum_.back());
  const auto at = std::lower_bound(sum_.begin(), sum_.end(), wanted, [](std::uint64_t sum, double value) {
    return static_cast<double>(sum) < value;
  });
  const auto before = static_cast<double>(at - sum_.begin());
  if (at == sum_.end()) return 1;
  const double low = at == sum_.begin() ? 0.0 : static_cast<double>(*(at - 1));
  return (before + (wanted - low) / (static_cast<double>(*at) - low)) / static_cast<double>(sum_.size());
}

}  // namespace snitt::activity
