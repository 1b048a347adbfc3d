#pragma once
#include "parallel_for.h"

namespace tbb {

template <typename First, typename Second>
void parallel_invoke(const First& first, const Second& second) {
  plain::run_jobs(2, [&](std::size_t i) { i == 0 ? first() : second(); });
}

}  // namespace tbb
