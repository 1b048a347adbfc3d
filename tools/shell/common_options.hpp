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

/// Whether the option may be set by an environment variable and by --config (operands, the output and
/// requests for documentation may not).
bool is_configurable(const OptionDeclaration& declaration);

/// "SNITT_SPACING_MM" for --spacing-mm; SNITT_NUM_THREADS for --threads.
std::string environment_name(const OptionDeclaration& declaration);

/// The key in a --config file: "spacing-mm".
std::string config_key(const OptionDeclaration& declaration);

/// Whether the option's value can change the result, and so belongs to the provenance and to --print-config.
bool shapes_result(const OptionDeclaration& declaration);

}  // namespace snitt::shell
