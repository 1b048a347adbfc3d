#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "shell/declarations.hpp"
#include "shell/documents.hpp"

namespace snitt::shell {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// `text` between single quotes of bash or zsh.
std::string shell_quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }
std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string function_name(const ToolInfo& info) { return "_snitt_" + replaced(info.name, "-", "_"); }

std::vector<std::string> names_of(const OptionDeclaration& declaration) {
  std::vector<std::string> names = {declaration.name};
  if (declaration.short_name != '\0') names.insert(names.begin(), fmt::format("-{}", declaration.short_name));
  return names;
}

std::vector<std::string> words_of(const OptionDeclaration& declaration) {
  std::vector<std::string> words;
  for (const Choice& choice : declaration.choices) words.push_back(choice.name);
  return words;
}

bool names_a_file(const OptionDeclaration& declaration) {
  return declaration.kind == OptionKind::file || declaration.kind == OptionKind::files ||
         declaration.kind == OptionKind::output;
}

/// One case per option with a value: its words, files, or nothing to propose.
std::string bash_cases(const Options& options) {
  std::string text;
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (is_operand(declaration) || !takes_value(declaration)) continue;
    std::string proposal;
    if (!declaration.choices.empty())
      proposal = fmt::format("COMPREPLY=($(compgen -W \"{}\" -- \"$current\")); ",
                             fmt::join(words_of(declaration), " "));
    else if (names_a_file(declaration))
      proposal = "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\")); ";
    text += fmt::format("    {}) {}return ;;\n", fmt::join(names_of(declaration), "|"), proposal);
  }
  return text;
}

std::string bash_script(const ToolInfo& info, const Options& options) {
  std::vector<std::string> names;
  for (const OptionDeclaration& declaration : options.declarations())
    if (!is_operand(declaration))
      for (const std::string& name : names_of(declaration)) names.push_back(name);
  std::string text = fmt::format("# bash completion of snitt-{}\n{}() {{\n", info.name, function_name(info));
  // Bash splits --option=value into three words.
  text +=
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  COMPREPLY=()\n"
      "  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then "
      "previous=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
      "  case $previous in\n";
  text += bash_cases(options);
  text += "  esac\n  if [[ $current == -* ]]; then\n";
  text += fmt::format("    COMPREPLY=($(compgen -W \"{}\" -- \"$current\"))\n", fmt::join(names, " "));
  text +=
      "  else\n    compopt -o filenames 2>/dev/null\n    COMPREPLY=($(compgen -f -- \"$current\"))\n  "
      "fi\n}\n";
  return text + fmt::format("complete -F {} snitt-{}\n", function_name(info), info.name);
}

/// Text inside [...] and :...: of an _arguments specification.
std::string zsh_escaped(const std::string& text) {
  return replaced(replaced(replaced(replaced(text, "\\", "\\\\"), "[", "\\["), "]", "\\]"), ":", "\\:");
}

std::string zsh_values(const OptionDeclaration& declaration) {
  if (!takes_value(declaration)) return "";
  std::string action;
  if (names_a_file(declaration)) action = "_files";
  if (!declaration.choices.empty()) action = fmt::format("({})", fmt::join(words_of(declaration), " "));
  std::string text;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, declaration.count); ++i)
    text += ":" + zsh_escaped(declaration.placeholder) + ":" + action;
  return text;
}

std::string zsh_script(const ToolInfo& info, const Options& options) {
  std::string text = fmt::format("#compdef snitt-{}\n_arguments -s -S", info.name);
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (is_operand(declaration)) continue;
    for (const std::string& name : names_of(declaration)) {
      const std::string others =
          is_repeatable(declaration) ? "*" : fmt::format("({})", fmt::join(names_of(declaration), " "));
      text +=
          " \\\n  " + shell_quoted(others + name + (takes_value(declaration) && name.size() > 2 ? "=" : "") +
                                   "[" + zsh_escaped(declaration.help) + "]" + zsh_values(declaration));
    }
  }
  return text + " \\\n  '*:file:_files'\n";
}

std::string fish_script(const ToolInfo& info, const Options& options) {
  std::string text = fmt::format("# fish completion of snitt-{}\n", info.name);
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (is_operand(declaration)) continue;
    text += fmt::format("complete -c snitt-{} -l {}", info.name, declaration.name.substr(2));
    if (declaration.short_name != '\0') text += fmt::format(" -s {}", declaration.short_name);
    if (!declaration.choices.empty())
      text += " -x -a " + fish_quoted(fmt::format("{}", fmt::join(words_of(declaration), " ")));
    if (declaration.choices.empty() && takes_value(declaration))
      text += names_a_file(declaration) ? " -r -F" : " -x";
    text += " -d " + fish_quoted(declaration.help) + "\n";
  }
  return text;
}

}  // namespace

std::string completion_script(const std::string& shell, const ToolInfo& info, const Options& options) {
  if (shell == "bash") return bash_script(info, options);
  if (shell == "zsh") return zsh_script(info, options);
  if (shell == "fish") return fish_script(info, options);
  throw UsageError("--completion is '{}'; expected bash, zsh or fish", shell);
}

}  // namespace snitt::shell
