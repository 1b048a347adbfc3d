#include "shell/console.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace snitt::shell {
namespace {

using namespace std::chrono_literals;
constexpr auto bar_interval = 100ms;
constexpr auto line_interval = 30s;

bool is_set(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0';
}

bool is_terminal() {
  const char* kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

/// A message is one line, and a file's name must not move the cursor.
std::string on_one_line(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (c == '\n') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else {
      line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

int terminal_columns(int descriptor) {
  winsize size{};
  if (isatty(descriptor) != 1 || ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::clamp<int>(size.ws_col, 40, 100);
}

ConsoleStyle console_style(const std::string& progress, bool quiet, bool verbose) {
  ConsoleStyle style;
  style.quiet = quiet;
  style.verbose = verbose;
  style.colour = is_terminal() && !is_set("NO_COLOR");
  style.columns = terminal_columns(STDERR_FILENO);
  if (progress == "always" || (progress == "auto" && is_terminal() && !quiet))
    style.progress = ConsoleStyle::Progress::bar;
  else if (progress == "auto" && !quiet)
    style.progress = ConsoleStyle::Progress::lines;
  return style;
}

Console::Console(std::string program) : program_(std::move(program)) {}

Console::~Console() { finish_progress(); }

void Console::set_style(const ConsoleStyle& style) {
  const std::lock_guard lock(mutex_);
  style_ = style;
}

void Console::error(std::string_view message) { print("error: ", "\033[31m", message); }
void Console::warn(std::string_view message) { print("warning: ", "\033[33m", message); }

void Console::inform(std::string_view message) {
  if (!style_.quiet) print("", "", message);
}

void Console::detail(std::string_view message) {
  if (style_.verbose) print("", "", message);
}

void Console::print(std::string_view kind, const char* colour, std::string_view message) {
  const std::lock_guard lock(mutex_);
  wipe_bar();
  const bool coloured = style_.colour && !kind.empty();
  const std::string line = fmt::format("{}: {}{}{}{}\n", program_, coloured ? colour : "", kind,
                                       coloured ? "\033[0m" : "", on_one_line(message));
  // One call per line: lines of several processes that share a log do not mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Console::progress(std::string_view stage, double done, double total) {
  if (style_.progress == ConsoleStyle::Progress::none || !(total > 0)) return;
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  const bool as_bar = style_.progress == ConsoleStyle::Progress::bar;
  if (stage != stage_) {
    stage_ = stage;
    stage_start_ = now;
    next_ = as_bar ? now : now + line_interval;
  }
  if (now < next_ && !(as_bar && done >= total)) return;
  next_ = now + (as_bar ? Clock::duration(bar_interval) : Clock::duration(line_interval));
  const double fraction = std::clamp(done / total, 0.0, 1.0);
  if (as_bar) {
    draw_bar(stage, fraction);
  } else {
    const double seconds = std::chrono::duration<double>(now - stage_start_).count();
    const std::string line = fmt::format("{}: {}: {:.0f} % after {:.0f} s\n", program_, on_one_line(stage),
                                         100 * fraction, seconds);
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
}

void Console::draw_bar(std::string_view stage, double fraction) {
  const std::string label = on_one_line(stage).substr(0, static_cast<std::size_t>(style_.columns / 2));
  const int width = std::max(4, style_.columns - static_cast<int>(label.size()) - 10);
  const int filled = static_cast<int>(fraction * width);
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(width - filled), '.');
  const std::string line = fmt::format("\r{} [{}] {:3.0f} %", label, bar, 100 * fraction);
  std::fwrite(line.data(), 1, line.size(), stderr);
  bar_is_drawn_ = true;
}

void Console::wipe_bar() {
  if (!bar_is_drawn_) return;
  const std::string blank = "\r" + std::string(static_cast<std::size_t>(style_.columns - 1), ' ') + "\r";
  std::fwrite(blank.data(), 1, blank.size(), stderr);
  bar_is_drawn_ = false;
}

void Console::finish_progress() {
  const std::lock_guard lock(mutex_);
  wipe_bar();
}

}  // namespace snitt::shell
