#pragma once
#include <string>

#include "base/options.hpp"

/// Questions that more than one part of the shell asks of a declaration.
namespace snitt::shell {

bool is_operand(const OptionDeclaration& declaration);
bool takes_value(const OptionDeclaration& declaration);
bool is_repeatable(const OptionDeclaration& declaration);
/// Whether the value names files or folders that are read.
bool names_inputs(const OptionDeclaration& declaration);

/// Whether the option may be set by an environment variable and by --config (operands, the output and
/// requests for documentation may not).
bool is_configurable(const OptionDeclaration& declaration);

/// "SNITT_SPACING_MM" for --spacing-mm; SNITT_NUM_THREADS for --threads.
std::string environment_name(const OptionDeclaration& declaration);

/// The key in a --config file: "spacing-mm".
std::string config_key(const OptionDeclaration& declaration);

}  // namespace snitt::shell
