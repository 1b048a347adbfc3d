#pragma once
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "base/monitor.hpp"

namespace snitt::shell {

/// How the console behaves, decided from options, environment and what standard error is.
struct ConsoleStyle {
  enum class Progress { bar, lines, none };
  Progress progress = Progress::none;
  bool quiet = false;
  bool verbose = false;
  bool colour = false;
  int columns = 80;
};

/// `progress` is auto, always or never. A bar and colour only for a terminal that is not dumb; no colour with
/// NO_COLOR.
ConsoleStyle console_style(const std::string& progress, bool quiet, bool verbose);

/// Columns of the terminal behind `descriptor`, at most 100; 80 when it is none.
int terminal_columns(int descriptor);

/// Standard error as the library's Monitor: one line per message, "snitt-NAME: warning: …"; the progress bar
/// is wiped before a line is printed.
class Console : public Monitor {
 public:
  explicit Console(std::string program);
  ~Console() override;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void set_style(const ConsoleStyle& style);
  const ConsoleStyle& style() const { return style_; }

  void error(std::string_view message);
  void warn(std::string_view message) override;
  void inform(std::string_view message) override;
  void detail(std::string_view message) override;
  void progress(std::string_view stage, double done, double total) override;
  /// Wipes the bar, so that what follows starts on an empty line.
  void finish_progress();

 private:
  using Clock = std::chrono::steady_clock;
  void print(std::string_view kind, const char* colour, std::string_view message);
  void draw_bar(std::string_view stage, double fraction);
  void wipe_bar();

  std::string program_;
  ConsoleStyle style_;
  std::mutex mutex_;
  bool bar_is_drawn_ = false;
  std::string stage_;
  Clock::time_point stage_start_;
  Clock::time_point next_;
};

}  // namespace snitt::shell
