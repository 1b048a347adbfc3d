// snitt NAME … runs snitt-NAME …, as git does; alone it lists what there is. It links no toolkit: nothing
// here may take longer than a person notices.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/spelling.hpp"
#include "dispatcher/listing.hpp"

namespace {

using namespace snitt;

constexpr int usage_status = 2;
constexpr int input_status = 3;
constexpr int output_status = 4;

std::string own_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : program.parent_path().string();
}

int complain(const std::string& message, int status) {
  std::fputs(fmt::format("snitt: error: {}\n", message).c_str(), stderr);
  return status;
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  // A full disk shows itself only here.
  if (std::fflush(stdout) != 0)
    return complain(fmt::format("standard output: {}", std::strerror(errno)), output_status);
  return 0;
}

/// The order of the chain, then whatever else there is.
int rank(const std::string& group) {
  static const std::array<const char*, 8> order = {
      "files",    "calibration", "reconstruction", "registration", "dose and quality",
      "activity", "validation",  "report"};
  return static_cast<int>(std::find(order.begin(), order.end(), group) - order.begin());
}

int list_tools() {
  std::vector<dispatcher::ListedTool> tools = dispatcher::described_tools_in(own_folder());
  std::stable_sort(tools.begin(), tools.end(), [](const auto& a, const auto& b) {
    return std::pair(rank(a.group), a.group) < std::pair(rank(b.group), b.group);
  });
  std::string text = fmt::format(
      "Snitt {}: small tools for medical imaging, chained by files\n\nUsage: snitt NAME [OPTIONS] ...\n",
      SNITT_VERSION);
  std::size_t width = 12;
  for (const auto& tool : tools) width = std::max(width, tool.name.size());
  for (std::size_t i = 0; i < tools.size(); ++i) {
    if (i == 0 || tools[i].group != tools[i - 1].group) text += fmt::format("\n{}\n", tools[i].group);
    text += fmt::format("  {:<{}}  {}\n", tools[i].name, width, tools[i].summary);
  }
  return print(text +
               "\n'snitt help NAME' shows the manual of a tool; snitt(7) tells how they are chained.\n");
}

std::string find_tool(const std::string& name) {
  if (name.empty() || name.find('/') != std::string::npos) return "";
  const std::string beside = dispatcher::find_program("snitt-" + name, own_folder());
  const char* search_path = std::getenv("PATH");
  return beside.empty() && search_path != nullptr ? dispatcher::find_program("snitt-" + name, search_path)
                                                  : beside;
}

/// "register" alone is the beginning of several.
std::string tools_that_begin(const std::string& name, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& tool : names)
    if (tool.starts_with(name + "-")) text += (text.empty() ? "" : ", ") + tool;
  return text;
}

int refuse_name(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& tool : dispatcher::tools_in(own_folder())) names.push_back(tool.name);
  if (const std::string some = tools_that_begin(name, names); !some.empty())
    return complain(fmt::format("no tool is named '{}'; there are {}", name, some), usage_status);
  const std::string what = name.starts_with("-") ? "unknown option" : "no tool is named";
  return complain(
      fmt::format("{} '{}'{} ('snitt' alone lists the tools)", what, name, did_you_mean(name, names)),
      usage_status);
}

int execute(const std::string& path, std::vector<std::string> arguments) {
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  execv(path.c_str(), words.data());
  return complain(fmt::format("{}: cannot be run: {}", path, std::strerror(errno)), input_status);
}

std::string man_program() {
  const char* search_path = std::getenv("PATH");
  return dispatcher::find_program("man", search_path == nullptr ? "" : search_path);
}

/// The overview, snitt(7), and the layouts of files, snitt-volume(5) and others, are no tools but have pages.
int help_of_a_page(const std::string& name) {
  const std::string file = name == "snitt" ? "man7/snitt.7" : "man5/snitt-" + name + ".5";
  const std::filesystem::path page = std::filesystem::path(own_folder()) / "../share/man" / file;
  if (name.find('/') != std::string::npos || !std::filesystem::exists(page)) {
    if (name != "snitt") return refuse_name(name);
    return complain(
        fmt::format("the overview is not installed; expected {}", page.lexically_normal().string()),
        input_status);
  }
  const std::string man = man_program();
  if (man.empty())
    return complain(fmt::format("there is no program 'man' to show {}", page.lexically_normal().string()),
                    input_status);
  return execute(man, {"man", page.lexically_normal().string()});
}

int help(const std::string& name) {
  const std::string tool = find_tool(name);
  if (tool.empty()) return help_of_a_page(name);
  const std::string man = man_program();
  const std::string page =
      std::filesystem::path(tool).parent_path() / ("../share/man/man1/snitt-" + name + ".1");
  if (isatty(STDOUT_FILENO) == 1 && !man.empty() && std::filesystem::exists(page))
    return execute(man, {"man", page});
  return execute(tool, {"snitt-" + name, "--help"});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") return list_tools();
  if (arguments[0] == "--version") return print(fmt::format("snitt {}\n", SNITT_VERSION));
  if (arguments[0] == "help") return arguments.size() == 1 ? list_tools() : help(arguments[1]);
  const std::string tool = find_tool(arguments[0]);
  if (tool.empty()) return refuse_name(arguments[0]);
  std::vector<std::string> words = arguments;
  words[0] = "snitt-" + words[0];
  return execute(tool, words);
}
