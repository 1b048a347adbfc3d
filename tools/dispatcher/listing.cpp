#include "dispatcher/listing.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace fs = std::filesystem;

namespace snitt::dispatcher {
namespace {

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What `path --describe` prints; "" when it fails.
std::string ask_tool(const std::string& path) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string program = path;
  std::string option = "--describe";
  std::array<char*, 3> arguments = {program.data(), option.data(), nullptr};
  pid_t child = 0;
  const int spawned = posix_spawn(&child, path.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; spawned == 0 && (got = read(ends[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  if (spawned != 0 || waitpid(child, &status, 0) != child || status != 0) return "";
  return text;
}

void take_description(ListedTool& tool, const std::string& text) {
  const nlohmann::json description = nlohmann::json::parse(text, nullptr, false);
  if (!description.is_object()) return;
  tool.group = description.value("group", "");
  tool.summary = description.value("summary", "");
}

}  // namespace

std::vector<ListedTool> tools_in(const std::string& folder) {
  std::vector<ListedTool> tools;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("snitt-") && is_program(entry.path()))
      tools.push_back({name.substr(6), entry.path().string(), "", ""});
  }
  std::sort(tools.begin(), tools.end(),
            [](const ListedTool& a, const ListedTool& b) { return a.name < b.name; });
  return tools;
}

std::vector<ListedTool> described_tools_in(const std::string& folder) {
  std::vector<ListedTool> tools = tools_in(folder);
  for (ListedTool& tool : tools) {
    take_description(tool,
                     read_text(fs::path(folder) / "../share/snitt/tools" / ("snitt-" + tool.name + ".json")));
    if (tool.summary.empty()) take_description(tool, ask_tool(tool.path));
    if (tool.group.empty()) tool.group = "other";
  }
  return tools;
}

std::string find_program(const std::string& program, const std::string& search_path) {
  for (std::size_t begin = 0; begin <= search_path.size();) {
    const std::size_t end = std::min(search_path.find(':', begin), search_path.size());
    const fs::path candidate = fs::path(search_path.substr(begin, end - begin)) / program;
    if (is_program(candidate)) return candidate.string();
    begin = end + 1;
  }
  return "";
}

}  // namespace snitt::dispatcher
