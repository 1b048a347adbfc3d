#include "shell/signals.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <thread>

#include "base/atomic_file.hpp"

namespace snitt::shell {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

[[noreturn]] void wait_for_stop(const sigset_t& signals, const std::string& program) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  remove_unfinished_outputs();
  const char* start = isatty(STDERR_FILENO) == 1 ? "\n" : "";  // there may be a progress bar
  const std::string line =
      fmt::format("{}{}: error: stopped by signal {} ({})\n", start, program, signal, sigdescr_np(signal));
  // Nothing is left to do about a message that cannot be written.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  _exit(128 + signal);
}

}  // namespace

void handle_stop_signals(const std::string& program) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGXCPU})
    if (!is_ignored(signal)) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, program] { wait_for_stop(signals, program); }).detach();
}

}  // namespace snitt::shell
