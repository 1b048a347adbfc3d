#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace snitt {

/// What a tool tells its caller. The numbers are part of every tool's manual page.
enum class ExitStatus : int {
  done = 0,
  check_failed = 1,  ///< a check said no, or some of many inputs were refused
  usage = 2,         ///< wrong command line or configuration
  input = 3,         ///< an input is missing or wrong
  output = 4,        ///< an output cannot be written
  computation = 5,   ///< the computation failed on valid input
  bug = 70,
};

/// The library throws these and nothing else; only `main` turns them into a message and a status.
/// The message names file, object, value, expectation and way out, without the tool's name.
class Error : public std::runtime_error {
 public:
  Error(ExitStatus status, const std::string& message) : std::runtime_error(message), status_(status) {}
  ExitStatus status() const noexcept { return status_; }

 private:
  ExitStatus status_;
};

template <ExitStatus Status>
class ErrorOf : public Error {
 public:
  template <typename... Args>
  explicit ErrorOf(fmt::format_string<Args...> format, Args&&... args)
      : Error(Status, fmt::format(format, std::forward<Args>(args)...)) {}
};

using CheckFailed = ErrorOf<ExitStatus::check_failed>;
using UsageError = ErrorOf<ExitStatus::usage>;
using InputError = ErrorOf<ExitStatus::input>;
using OutputError = ErrorOf<ExitStatus::output>;
using ComputationError = ErrorOf<ExitStatus::computation>;

}  // namespace snitt
