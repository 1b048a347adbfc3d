#pragma once
#include <functional>
#include <memory>
#include <optional>

namespace snitt {

/// Number of threads to use: `requested` if given, else the smallest of SNITT_NUM_THREADS,
/// SLURM_CPUS_PER_TASK, OMP_NUM_THREADS, the affinity mask and the cgroup CPU limit (v1 and v2).
/// Throws UsageError for a variable that is not a positive whole number, naming it.
int thread_count(std::optional<int> requested);

/// While it lives, TBB and ITK use at most `threads` threads. One per process, made by the tool.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

  /// Calls `work` where TBB offers exactly that many threads: by itself it never uses more than there are
  /// processors, so that "the same bytes for 7 threads" would be tried with two.
  void run(const std::function<void()>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace snitt
