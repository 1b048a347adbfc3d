#pragma once
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace tbb {

/// Every task gets a thread of its own. One thread at a time may run and wait.
class task_group {
 public:
  task_group() = default;
  ~task_group() { join(); }
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  template <typename Task>
  void run(Task task) {
    threads_.emplace_back([this, task = std::move(task)] {
      try {
        task();
      } catch (...) {  // kept, and thrown again by wait()
        failure_ = std::current_exception();
      }
    });
  }
  void wait() {
    join();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<std::thread> threads_;
  std::exception_ptr failure_;
};

}  // namespace tbb
