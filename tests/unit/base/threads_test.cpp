#include "base/threads.hpp"

#include <gtest/gtest.h>
#include <itkMultiThreaderBase.h>
#include <sched.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "base/error.hpp"

namespace snitt {
namespace {

/// Clears the variables that grant threads, sets those given, and puts all back.
class Granted : public testing::Test {
 protected:
  static constexpr const char* names[] = {"SNITT_NUM_THREADS", "SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"};

  void SetUp() override {
    for (const char* name : names) {
      const char* value = std::getenv(name);
      before_.push_back(value == nullptr ? std::nullopt : std::optional<std::string>(value));
      unsetenv(name);
    }
    cpu_set_t mask;
    ASSERT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
    processors_ = CPU_COUNT(&mask);
  }
  void TearDown() override {
    for (std::size_t i = 0; i < before_.size(); ++i)
      before_[i] ? setenv(names[i], before_[i]->c_str(), 1) : unsetenv(names[i]);
  }
  int processors_ = 0;

 private:
  std::vector<std::optional<std::string>> before_;
};

TEST_F(Granted, ThreadsRequestedAreGivenWhateverElseIsSet) {
  setenv("SNITT_NUM_THREADS", "1", 1);
  EXPECT_EQ(thread_count(17), 17);
}

TEST_F(Granted, ThreadsAreNeverMoreThanTheProcessorsOfTheProcess) {
  EXPECT_GE(thread_count(std::nullopt), 1);
  EXPECT_LE(thread_count(std::nullopt), processors_);
  setenv("SNITT_NUM_THREADS", "4096", 1);
  EXPECT_LE(thread_count(std::nullopt), processors_);
}

TEST_F(Granted, TheSmallestVariableHolds) {
  for (const char* one : names) {
    for (const char* name : names) setenv(name, "4000", 1);
    setenv(one, "1", 1);
    EXPECT_EQ(thread_count(std::nullopt), 1) << one;
  }
}

TEST_F(Granted, ThreadsOfTheOutermostLevelCountForOpenMp) {
  setenv("OMP_NUM_THREADS", "1,8", 1);
  EXPECT_EQ(thread_count(std::nullopt), 1);
}

TEST_F(Granted, AnEmptyVariableIsNone) {
  const int without = thread_count(std::nullopt);
  setenv("SNITT_NUM_THREADS", "", 1);
  EXPECT_EQ(thread_count(std::nullopt), without);
}

TEST_F(Granted, AVariableThatIsNoCountIsAUsageErrorWithItsName) {
  for (const char* value : {"0", "-1", "many", "2x", "1.5", " 2", "99999999999"}) {
    setenv("SLURM_CPUS_PER_TASK", value, 1);
    try {
      thread_count(std::nullopt);
      ADD_FAILURE() << value;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("SLURM_CPUS_PER_TASK"), std::string::npos);
      EXPECT_NE(std::string(error.what()).find(value), std::string::npos);
    }
  }
  EXPECT_THROW(thread_count(0), UsageError);
}

TEST_F(Granted, AnAffinityMaskHolds) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
    if (CPU_ISSET(i, &before)) CPU_SET(i, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(thread_count(std::nullopt), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(ThreadLimit, GovernsBothToolkits) {
  ThreadLimit limit(3);
  int tbb_threads = 0;
  limit.run([&tbb_threads] { tbb_threads = tbb::this_task_arena::max_concurrency(); });
  EXPECT_EQ(tbb_threads, 3);  // also on a machine with fewer processors
  EXPECT_EQ(itk::MultiThreaderBase::GetGlobalMaximumNumberOfThreads(), 3U);
  EXPECT_EQ(itk::MultiThreaderBase::GetGlobalDefaultThreader(), itk::MultiThreaderBase::ThreaderEnum::Pool);
}

TEST(ThreadLimit, OfOneThreadMeansOne) {
  ThreadLimit limit(1);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  limit.run([&] {
    tbb::parallel_for(0, 1000, [&](int) {
      const std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
    });
  });
  EXPECT_EQ(seen.size(), 1U);
}

TEST(ThreadLimit, LetsErrorsThrough) {
  ThreadLimit limit(2);
  EXPECT_THROW(limit.run([] { throw InputError("wrong"); }), InputError);
}

}  // namespace
}  // namespace snitt
