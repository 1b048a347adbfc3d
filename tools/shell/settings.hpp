#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/options.hpp"
#include "shell/command_line.hpp"

namespace snitt::shell {

/// Where the value in force comes from; a later one beats an earlier one.
enum class Source { initial, config, environment, command_line };

/// Looks up an environment variable; nullptr when it is not set. A parameter, so that tests need not change
/// their own.
using Environment = std::function<const char*(const char*)>;

/// Gives every option its value: command line > environment > --config > default. Returns the source of each
/// by name. Throws UsageError, saying where the wrong value stands.
std::map<std::string, Source> settle(const std::vector<OptionDeclaration>& declarations,
                                     const CommandLine& line, const std::string& config_path,
                                     const Environment& environment);

/// Throws UsageError for an option that must be given and is not.
void refuse_missing(const std::vector<OptionDeclaration>& declarations);

/// Throws InputError for an input that is missing or unreadable, OutputError for an output that exists
/// (without
/// --overwrite), cannot be written or is one of the inputs.
void check_files(const std::vector<OptionDeclaration>& declarations, bool overwrite);

}  // namespace snitt::shell
