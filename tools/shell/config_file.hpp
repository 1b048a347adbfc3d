#pragma once
#include <string>
#include <vector>

#include "base/options.hpp"

namespace snitt::shell {

/// One key of a --config file, as the words its option would have had on the command line.
struct ConfigEntry {
  std::string key;
  std::vector<std::string> words;
  long line = 0;
};

/// Throws InputError when the file cannot be read, UsageError for wrong TOML, an unknown key (naming the
/// likely one) or a value of the wrong type, with the line.
std::vector<ConfigEntry> read_config(const std::string& path,
                                     const std::vector<OptionDeclaration>& declarations);

/// A commented TOML file of the values in force, which read_config reads back to the same settings. Common
/// options are in it only if listed in `given`.
std::string print_config(const std::string& program, const std::vector<OptionDeclaration>& declarations,
                         const std::vector<std::string>& given);

}  // namespace snitt::shell
