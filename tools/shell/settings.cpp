#include "shell/settings.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <map>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "shell/config_file.hpp"
#include "shell/declarations.hpp"

namespace snitt::shell {
namespace {

/// Several values in one variable are separated by blanks or commas; one value is taken as it stands.
std::vector<std::string> words_of_variable(const OptionDeclaration& declaration, const std::string& text) {
  if (declaration.kind != OptionKind::numbers && declaration.kind != OptionKind::per_axis &&
      declaration.kind != OptionKind::texts && declaration.kind != OptionKind::files)
    return {text};
  const char* separators = declaration.kind == OptionKind::files ? ":" : " ,\t\n";
  std::vector<std::string> words;
  for (std::size_t begin = text.find_first_not_of(separators); begin != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(separators, end);
  }
  return words;
}

void assign_from(const std::string& place, const OptionDeclaration& declaration,
                 const std::vector<std::string>& words) {
  try {
    declaration.assign(words);
  } catch (const UsageError& error) {
    throw UsageError("{}: {}", place, error.what());
  }
}

std::vector<std::string> paths_of(const OptionDeclaration& declaration) {
  const nlohmann::json value = declaration.effective();
  if (value.is_null()) return {};
  if (value.is_array()) return value.get<std::vector<std::string>>();
  return {value.get<std::string>()};
}

void check_input(const OptionDeclaration& declaration, const std::string& path) {
  if (path.empty()) throw InputError("{}: the path is empty", declaration.name);
  if (declaration.judged) return;
  if (access(path.c_str(), F_OK) != 0)
    throw InputError("{}: {}; expected a file for {}", path, std::strerror(errno), declaration.name);
  if (access(path.c_str(), R_OK) != 0) throw InputError("{}: cannot be read: {}", path, std::strerror(errno));
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

/// A folder's digest covers all files in it: an output inside would change what it was made from.
bool lies_inside(const std::string& path, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  const fs::path relative =
      fs::weakly_canonical(path, error).lexically_relative(fs::weakly_canonical(folder, error));
  return !relative.empty() && *relative.begin() != "..";
}

void refuse_input_as_output(const std::string& input, const std::string& output) {
  if (same_file(input, output))
    throw OutputError("{}: is an input too; expected another name for the output", output);
  if (lies_inside(output, input))
    throw OutputError("{}: lies inside the input folder '{}'; expected a place outside", output, input);
}

}  // namespace

std::map<std::string, Source> settle(const std::vector<OptionDeclaration>& declarations,
                                     const CommandLine& line, const std::string& config_path,
                                     const Environment& environment) {
  std::map<std::string, Source> sources;
  std::vector<ConfigEntry> entries;
  if (!config_path.empty()) entries = read_config(config_path, declarations);
  for (const OptionDeclaration& declaration : declarations) {
    if (declaration.kind == OptionKind::input || declaration.kind == OptionKind::inputs) continue;
    if (const auto words = line.options.find(declaration.name); words != line.options.end()) {
      declaration.assign(words->second);
      sources[declaration.name] = Source::command_line;
      continue;
    }
    if (!is_configurable(declaration)) continue;
    const std::string variable = environment_name(declaration);
    const char* text = environment(variable.c_str());
    if (text != nullptr && *text != '\0') {
      sources[declaration.name] = Source::environment;
      // How many threads are granted is decided by thread_count, which knows that variable and its peers.
      if (variable != "SNITT_NUM_THREADS")
        assign_from("environment variable " + variable, declaration, words_of_variable(declaration, text));
      continue;
    }
    const auto entry = std::find_if(entries.begin(), entries.end(), [&](const ConfigEntry& candidate) {
      return candidate.key == config_key(declaration);
    });
    if (entry == entries.end()) continue;
    assign_from(fmt::format("{}:{}", config_path, entry->line), declaration, entry->words);
    sources[declaration.name] = Source::config;
  }
  return sources;
}

void refuse_missing(const std::vector<OptionDeclaration>& declarations) {
  for (const OptionDeclaration& declaration : declarations)
    if (declaration.required && declaration.effective().is_null())
      throw UsageError("{} is missing (see --help)", declaration.name);
}

void check_files(const std::vector<OptionDeclaration>& declarations, bool overwrite) {
  std::vector<std::string> inputs;
  for (const OptionDeclaration& declaration : declarations) {
    if (!names_inputs(declaration)) continue;
    for (const std::string& path : paths_of(declaration)) {
      check_input(declaration, path);
      inputs.push_back(path);
    }
  }
  std::map<std::filesystem::path, std::string> outputs;
  for (const OptionDeclaration& declaration : declarations) {
    if (declaration.kind != OptionKind::output) continue;
    for (const std::string& path : paths_of(declaration)) {
      for (const std::string& input : inputs) refuse_input_as_output(input, path);
      std::error_code error;
      const auto [same, fresh] =
          outputs.try_emplace(std::filesystem::weakly_canonical(path, error), declaration.name);
      if (!fresh)
        throw UsageError("{} and {} both name '{}'; expected two outputs", same->second, declaration.name,
                         path);
      if (!declaration.folder && std::filesystem::is_directory(path, error))
        throw OutputError("{}: is a folder; expected the name of a file", path);
      check_output(path, overwrite ? IfExists::overwrite : IfExists::refuse);
    }
  }
}

}  // namespace snitt::shell
