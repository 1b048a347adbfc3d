#pragma once
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tbb {

namespace plain {

inline std::size_t allowed_threads() {
  return std::min<std::size_t>(static_cast<std::size_t>(this_task_arena::max_concurrency()),
                               global_control::active_value(global_control::max_allowed_parallelism));
}

/// Calls job(0) … job(count - 1) from several threads; rethrows the first exception after all have ended.
template <typename Job>
void run_jobs(std::size_t count, const Job& job) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    // Relaxed: the counter must not order what the jobs do, or races between them would go unseen.
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) try {
        job(i);
      } catch (...) {  // kept, and thrown again by the caller's thread
        next.store(count, std::memory_order_relaxed);
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
  };
  std::vector<std::thread> others;
  while (others.size() + 1 < std::min(count, allowed_threads())) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

/// Cuts `range` into at most 16 parts of at least its grain size.
template <typename Value>
std::vector<blocked_range<Value>> parts_of(const blocked_range<Value>& range) {
  const std::size_t count =
      std::max<std::size_t>(1, std::min<std::size_t>(16, range.size() / range.grainsize()));
  std::vector<blocked_range<Value>> parts;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = [&](std::size_t k) {
      return range.begin() + static_cast<Value>(range.size() * k / count);
    };
    parts.emplace_back(at(i), at(i + 1), range.grainsize());
  }
  return parts;
}

}  // namespace plain

template <typename Index, typename Body>
void parallel_for(Index first, Index last, const Body& body) {
  if (first < last)
    plain::run_jobs(static_cast<std::size_t>(last - first),
                    [&](std::size_t i) { body(static_cast<Index>(first + static_cast<Index>(i))); });
}

template <typename Value, typename Body>
void parallel_for(const blocked_range<Value>& range, const Body& body) {
  const auto parts = plain::parts_of(range);
  if (!range.empty()) plain::run_jobs(parts.size(), [&](std::size_t i) { body(parts[i]); });
}

}  // namespace tbb
