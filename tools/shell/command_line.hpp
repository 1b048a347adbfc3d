#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/options.hpp"

namespace snitt::shell {

/// The words of a command line, sorted by the declaration they belong to; nothing is judged yet but the
/// grammar.
struct CommandLine {
  std::map<std::string, std::vector<std::string>>
      options;  ///< by declared name; flags hold "true" or "false"
  std::vector<std::string> operands;
  std::vector<std::string> unknown;  ///< words that look like options and are none

  bool has(const std::string& name) const { return options.contains(name); }
};

/// Throws UsageError when an option lacks its values. Options are never abbreviated; a word after an option
/// that takes a number may begin with a minus sign; after "--" everything is an operand.
CommandLine split_command_line(const std::vector<OptionDeclaration>& declarations,
                               const std::vector<std::string>& arguments);

/// Throws UsageError for the first unknown option, naming the likely one.
void refuse_unknown(const CommandLine& line, const std::vector<OptionDeclaration>& declarations);

/// Hands the operands to their declarations in order; the one that may be repeated takes what the others
/// leave. Throws UsageError for a missing or surplus operand.
void assign_operands(const CommandLine& line, const std::vector<OptionDeclaration>& declarations);

}  // namespace snitt::shell
