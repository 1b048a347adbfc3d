#pragma once
#include <string>
#include <vector>

/// Options that only some modes of a tool use, such as those of one --target, --kind or --method.
namespace snitt::shell {

struct OptionOfModes {
  const char* name;
  bool given;  ///< it has another value than its default
  std::vector<std::string> modes;
};

/// Throws UsageError for the first option that is given although `mode`, the value of `chooser`, has no use
/// for it. An option with its default value is not noticed: a printed configuration holds them all.
void refuse_others(const std::string& chooser, const std::string& mode,
                   const std::vector<OptionOfModes>& options);

}  // namespace snitt::shell
