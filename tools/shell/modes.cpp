#include "shell/modes.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace snitt::shell {

void refuse_others(const std::string& chooser, const std::string& mode,
                   const std::vector<OptionOfModes>& options) {
  for (const OptionOfModes& option : options)
    if (option.given && std::find(option.modes.begin(), option.modes.end(), mode) == option.modes.end())
      throw UsageError("{} is given with {} {}, which has no use for it; expected it left out", option.name,
                       chooser, mode);
}

}  // namespace snitt::shell
