#include "shell/documents.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "shell/declarations.hpp"

namespace snitt::shell {

std::string section_of(const OptionDeclaration& declaration) {
  return declaration.section.empty() ? "Options" : declaration.section;
}

std::vector<std::string> section_titles(const Options& options) {
  std::vector<std::string> titles;
  for (const OptionDeclaration& declaration : options.declarations())
    if (!is_operand(declaration) &&
        std::find(titles.begin(), titles.end(), section_of(declaration)) == titles.end())
      titles.push_back(section_of(declaration));
  return titles;
}

std::string usage_line(const Options& options) {
  std::string line = "[OPTIONS]";
  for (const OptionDeclaration& declaration : options.declarations())
    if (is_operand(declaration)) line += " " + declaration.name + (is_repeatable(declaration) ? "..." : "");
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (is_operand(declaration) || !declaration.required) continue;
    const std::string name =
        declaration.short_name == '\0' ? declaration.name : fmt::format("-{}", declaration.short_name);
    line += " " + name + " " + declaration.placeholder;
  }
  return line;
}

std::string value_notes(const OptionDeclaration& declaration) {
  std::vector<std::string> notes;
  if (declaration.required && !is_operand(declaration)) notes.emplace_back("required");
  if (const std::string interval = interval_text(declaration.range); !interval.empty())
    notes.push_back(interval);
  if (is_repeatable(declaration) && !is_operand(declaration)) notes.emplace_back("may be repeated");
  if (!declaration.default_text.empty()) notes.push_back("default " + declaration.default_text);
  return fmt::format("{}", fmt::join(notes, "; "));
}

const std::vector<StatusMeaning>& status_meanings() {
  static const std::vector<StatusMeaning> meanings = {
      {"0", "done"},
      {"1", "a check said no, or some of many inputs were refused"},
      {"2", "wrong command line or configuration"},
      {"3", "an input is missing or wrong"},
      {"4", "an output cannot be written"},
      {"5", "the computation failed on valid input"},
      {"70", "a bug; please report it"},
      {"128+n", "stopped by signal n; unfinished outputs are removed"},
  };
  return meanings;
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  if (text.back() != '.') text += '.';
  return text;
}

std::vector<std::string> paragraphs(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream lines(text);
  bool in_paragraph = false;
  for (std::string line; std::getline(lines, line);) {
    const bool blank = line.find_first_not_of(" \t") == std::string::npos;
    if (!blank && !in_paragraph) result.emplace_back();
    if (!blank) result.back() += (in_paragraph ? " " : "") + line.substr(line.find_first_not_of(" \t"));
    in_paragraph = !blank;
  }
  return result;
}

}  // namespace snitt::shell
