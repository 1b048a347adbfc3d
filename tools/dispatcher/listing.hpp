#pragma once
#include <map>
#include <string>
#include <vector>

namespace snitt::dispatcher {

struct ListedTool {
  std::string name;  ///< without "snitt-"
  std::string path;
  std::string group;
  std::string summary;
};

/// Names and paths of the executables snitt-NAME in `folder`, sorted by name.
std::vector<ListedTool> tools_in(const std::string& folder);

/// The same with group and summary, from FOLDER/../share/snitt/tools/snitt-NAME.json or, where that is
/// missing, from the tool's own --describe.
std::vector<ListedTool> described_tools_in(const std::string& folder);

/// First executable `program` in the folders of `search_path` (as in $PATH); "" when there is none.
std::string find_program(const std::string& program, const std::string& search_path);

}  // namespace snitt::dispatcher
