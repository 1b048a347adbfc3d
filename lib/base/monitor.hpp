#pragma once
#include <string_view>

namespace snitt {

/// Where the library says what it noticed: the library itself never prints. A tool hands in one that
/// writes to the terminal; this base class is silent. Implementations may be called from any thread.
class Monitor {
 public:
  virtual ~Monitor() = default;
  /// Something the user should act on although the work goes on.
  virtual void warn(std::string_view /*message*/) {}
  /// One line of result-neutral information (shown unless --quiet).
  virtual void inform(std::string_view /*message*/) {}
  /// For --verbose.
  virtual void detail(std::string_view /*message*/) {}
  /// `done` of `total` units of `stage`; call it as often as is convenient, it is throttled.
  virtual void progress(std::string_view /*stage*/, double /*done*/, double /*total*/) {}
};

}  // namespace snitt
