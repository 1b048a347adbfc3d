#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/options.hpp"
#include "shell/tool.hpp"

/// Everything that can be said of a tool follows from its ToolInfo and its declarations (the common ones
/// included).
namespace snitt::shell {

/// --help, wrapped at `columns`.
std::string help_text(const ToolInfo& info, const Options& options, int columns);
/// --man: the manual page in mdoc(7), section 1.
std::string man_page(const ToolInfo& info, const Options& options);
/// --describe: schemas/tool-description-1.json says what is in it.
nlohmann::ordered_json describe(const ToolInfo& info, const Options& options);
/// --completion: the script for "bash", "zsh" or "fish".
std::string completion_script(const std::string& shell, const ToolInfo& info, const Options& options);
/// --version; with `libraries` also what the tool is linked to.
std::string version_text(const ToolInfo& info, bool libraries);

/// "[OPTIONS] INPUT... -o OUTPUT": the command line behind the tool's name.
std::string usage_line(const Options& options);
/// "0.01 to 10; default 0.5; required": what a reader must know of a value beyond its help sentence; may be
/// "".
std::string value_notes(const OptionDeclaration& declaration);
/// Headings in the order of declaration; options without one are under "Options".
std::vector<std::string> section_titles(const Options& options);
std::string section_of(const OptionDeclaration& declaration);
/// The exit statuses every tool shares, with what they mean.
struct StatusMeaning {
  std::string status;
  std::string meaning;
};
const std::vector<StatusMeaning>& status_meanings();
/// `text` with a capital at the start and a full stop at the end.
std::string sentence(std::string text);
/// Parts of `text` between blank lines, each on one line.
std::vector<std::string> paragraphs(const std::string& text);

}  // namespace snitt::shell
