#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/options.hpp"

namespace snitt::shell {

/// What every tool accepts, spelt and meant the same everywhere.
struct CommonSettings {
  bool overwrite = false;
  std::optional<std::int64_t> threads;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  std::string progress = "auto";
  std::string config;
  bool print_config = false;
  bool version = false;
  bool help = false;
  bool describe = false;
  bool man = false;
  std::string completion;
};

/// Adds them behind the tool's own, marked `common`; --overwrite only when there is an output.
void declare_common(Options& options, CommonSettings& settings);

}  // namespace snitt::shell
