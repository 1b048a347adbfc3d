#pragma once
#include "parallel_for.h"

namespace tbb {

template <typename Value, typename Result, typename Body, typename Join>
Result parallel_reduce(const blocked_range<Value>& range, const Result& identity, const Body& body,
                       const Join& join) {
  const auto parts = plain::parts_of(range);
  std::vector<Result> results(parts.size(), identity);
  plain::run_jobs(parts.size(), [&](std::size_t i) { results[i] = body(parts[i], identity); });
  Result total = identity;
  for (const Result& result : results) total = join(total, result);
  return total;
}

}  // namespace tbb
