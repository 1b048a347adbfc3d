#include "base/threads.hpp"

#include <itkMultiThreaderBase.h>
#include <sched.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.hpp"

namespace snitt {
namespace {

std::optional<int> from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  std::string value = text;
  // OMP_NUM_THREADS may list one number per nesting level: "4,2".
  if (std::string(name) == "OMP_NUM_THREADS") value = value.substr(0, value.find(','));
  int count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error != std::errc{} || end != value.data() + value.size() || count < 1)
    throw UsageError("environment variable {} is '{}'; expected a positive whole number", name, text);
  return count;
}

std::optional<int> from_affinity() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return std::nullopt;
  return std::max(1, CPU_COUNT(&mask));
}

/// The cgroup limit in whole processors, rounded up: 1.5 processors keep two threads busy part of the time.
std::optional<int> from_quota(double quota, double period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  return std::max(1, static_cast<int>(std::ceil(quota / period)));
}

std::optional<int> from_cgroup() {
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2) {
    std::string quota;
    double period = 0;
    if (v2 >> quota >> period && quota != "max")
      return from_quota(std::strtod(quota.c_str(), nullptr), period);
  }
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period) return from_quota(quota, period);
  return std::nullopt;
}

}  // namespace

int thread_count(std::optional<int> requested) {
  if (requested) {
    if (*requested < 1) throw UsageError("--threads is {}; expected a positive whole number", *requested);
    return *requested;
  }
  int count = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (const std::optional<int> limit :
       {from_environment("SNITT_NUM_THREADS"), from_environment("SLURM_CPUS_PER_TASK"),
        from_environment("OMP_NUM_THREADS"), from_affinity(), from_cgroup()})
    if (limit) count = std::min(count, *limit);
  return count;
}

struct ThreadLimit::State {
  explicit State(int threads)
      : control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)),
        arena(threads) {}
  tbb::global_control control;
  tbb::task_arena arena;
};

ThreadLimit::ThreadLimit(int threads) : state_(std::make_unique<State>(threads)) {
  // Debian's ITK has no TBB threader, and its pool obeys neither affinity nor the variables above;
  // asking it for TBB through its environment variable would abort the program.
  itk::MultiThreaderBase::SetGlobalDefaultThreader(itk::MultiThreaderBase::ThreaderEnum::Pool);
  itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(static_cast<itk::ThreadIdType>(threads));
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(static_cast<itk::ThreadIdType>(threads));
}

ThreadLimit::~ThreadLimit() = default;

void ThreadLimit::run(const std::function<void()>& work) {
  state_->arena.execute([&work] { work(); });
}

}  // namespace snitt
