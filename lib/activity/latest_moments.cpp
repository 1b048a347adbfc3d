#include "activity/latest_moments.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace snitt::activity {

LatestMoments::LatestMoments(std::size_t rows, std::size_t per_row)
    : kept_(std::max<std::size_t>(1, rows / 200) * per_row + 1),
      least_(20 * per_row),
      first_(std::numeric_limits<double>::infinity()),
      latest_(-first_) {}

void LatestMoments::add(double moment_s) {
  if (std::isnan(moment_s)) return;
  ++number_;
  first_ = std::min(first_, moment_s);
  latest_ = std::max(latest_, moment_s);
  if (heap_.size() == kept_) {
    if (moment_s <= heap_.front()) return;
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
  }
  heap_.push_back(moment_s);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

double LatestMoments::plausible() const {
  if (number_ < least_ || heap_.empty()) return latest_;
  std::vector<double> last = heap_;
  std::sort(last.begin(), last.end());
  constexpr double longest_s = 60 * 86400.0, usual = 10;
  const double reach = std::max(longest_s, usual * (last.front() - first_) / static_cast<double>(number_));
  for (std::size_t i = 0; i + 1 < last.size(); ++i)
    if (last[i + 1] - last[i] > reach) return last[i];
  return latest_;
}

}  // namespace snitt::activity
