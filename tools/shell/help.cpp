#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "shell/declarations.hpp"
#include "shell/documents.hpp"

namespace snitt::shell {
namespace {

constexpr std::size_t help_column = 30;

/// Words of `text` in lines of at most `columns`, each after `indent` blanks; the first line continues one
/// that is `used` columns long already.
std::string wrap(const std::string& text, std::size_t columns, std::size_t indent, std::size_t used) {
  std::string result;
  std::istringstream words(text);
  std::size_t column = used;
  bool line_is_empty = true;
  for (std::string word; words >> word;) {
    if (!line_is_empty && column + 1 + word.size() > columns) {
      result += '\n';
      column = 0;
      line_is_empty = true;
    }
    if (line_is_empty && column < indent) {
      result += std::string(indent - column, ' ');
      column = indent;
    } else if (!line_is_empty) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
    line_is_empty = false;
  }
  return result + "\n";
}

/// A command in lines of at most `columns`, continued as a shell reads it.
std::string continued(const std::string& command, std::size_t columns) {
  std::istringstream words(command);
  std::string result = " ";
  std::size_t column = 1;
  for (std::string word; words >> word;) {
    if (column > 6 && column + 1 + word.size() + 2 > columns) {
      result += " \\\n     ";
      column = 5;
    }
    result += " " + word;
    column += 1 + word.size();
  }
  return result + "\n";
}

std::string entry(const std::string& left, const std::string& text, std::size_t columns) {
  if (left.size() + 2 <= help_column) return left + wrap(text, columns, help_column, left.size());
  return left + "\n" + wrap(text, columns, help_column, 0);
}

std::string option_entry(const OptionDeclaration& declaration, std::size_t columns) {
  std::string left = "      ";
  if (declaration.short_name != '\0') left = fmt::format("  -{}, ", declaration.short_name);
  left += declaration.name;
  if (takes_value(declaration)) left += " " + declaration.placeholder;
  const std::string notes = value_notes(declaration);
  std::string text = entry(left, declaration.help + (notes.empty() ? "" : " (" + notes + ")"), columns);
  for (const Choice& choice : declaration.choices)
    text += wrap(choice.name + ": " + choice.help, columns, help_column + 2, 0);
  return text;
}

}  // namespace

std::string help_text(const ToolInfo& info, const Options& options, int columns) {
  const auto width = static_cast<std::size_t>(std::max(columns, static_cast<int>(help_column) + 20));
  const std::string program = "snitt-" + info.name;
  std::string text = fmt::format("Usage: {} {}\n\n", program, usage_line(options));
  text += wrap(sentence(info.summary), width, 0, 0);
  for (const std::string& paragraph : paragraphs(info.description))
    text += "\n" + wrap(paragraph, width, 0, 0);

  std::string operands;
  for (const OptionDeclaration& declaration : options.declarations())
    if (is_operand(declaration))
      operands +=
          entry("  " + declaration.name + (is_repeatable(declaration) ? "..." : ""), declaration.help, width);
  if (!operands.empty()) text += "\nOperands:\n" + operands;

  for (const std::string& title : section_titles(options)) {
    text += fmt::format("\n{}:\n", title);
    for (const OptionDeclaration& declaration : options.declarations())
      if (!is_operand(declaration) && section_of(declaration) == title)
        text += option_entry(declaration, width);
  }

  if (!options.examples().empty()) text += "\nExamples:\n";
  for (const Options::Example& example : options.examples())
    text += continued(example.command, width) + wrap(sentence(example.explanation), width, 6, 0);

  text +=
      "\n" +
      wrap(fmt::format(
               "Options may also be given as environment variables (SNITT_ and the name in capitals) or in a "
               "--config file. See {}(1) for exit statuses and snitt(7) for the chain.",
               program),
           width, 0, 0);
  return text;
}

}  // namespace snitt::shell
