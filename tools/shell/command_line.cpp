#include "shell/command_line.hpp"

#include <fmt/ranges.h>

// The one place that knows the parser: it costs seconds to compile and has opinions of its own about exit
// codes, configuration files and help, none of which are used.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "shell/declarations.hpp"

namespace snitt::shell {
namespace {

std::string parser_names(const OptionDeclaration& declaration) {
  if (declaration.short_name == '\0') return declaration.name;
  return fmt::format("-{},{}", declaration.short_name, declaration.name);
}

std::vector<std::string> option_names(const std::vector<OptionDeclaration>& declarations) {
  std::vector<std::string> names;
  for (const OptionDeclaration& declaration : declarations)
    if (!is_operand(declaration)) names.push_back(declaration.name);
  return names;
}

CLI::Option* add_to_parser(CLI::App& parser, const OptionDeclaration& declaration) {
  if (declaration.kind == OptionKind::flag) return parser.add_flag(parser_names(declaration));
  return parser.add_option(parser_names(declaration))
      ->expected(static_cast<int>(std::max<std::size_t>(1, declaration.count)))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

/// "-.5" looks like a bundle of letters to the parser, "-0.5" like a number. Only the values of options that
/// take several numbers need it: a first value is taken whatever it looks like.
std::vector<std::string> with_leading_zeros(std::vector<std::string> arguments,
                                            const std::vector<OptionDeclaration>& declarations) {
  std::size_t values_left = 0;
  for (std::string& word : arguments) {
    const auto numbers =
        std::find_if(declarations.begin(), declarations.end(), [&word](const OptionDeclaration& candidate) {
          return candidate.kind == OptionKind::numbers &&
                 (word == candidate.name || word.starts_with(candidate.name + "="));
        });
    if (numbers != declarations.end()) {
      values_left = numbers->count;
    } else if (values_left > 0) {
      --values_left;
      if (word.size() > 2 && word.starts_with("-.") && word[2] >= '0' && word[2] <= '9') word.insert(1, "0");
    }
  }
  return arguments;
}

/// The parser would take the next word as the value of "--name=".
void refuse_empty_values(const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word == "--") return;
    if (word.starts_with("--") && word.ends_with("="))
      throw UsageError("{} has no value", word.substr(0, word.size() - 1));
  }
}

/// The parser hands an option its values whatever they look like, so that "-10" is a number; the price is
/// that
/// "-o --overwrite" would name a file.
void refuse_options_as_values(const CommandLine& line, const std::vector<std::string>& names) {
  for (const auto& [name, words] : line.options)
    for (const std::string& word : words)
      if (std::find(names.begin(), names.end(), word) != names.end())
        throw UsageError("{} has no value: '{}' follows, which is an option", name, word);
}

}  // namespace

CommandLine split_command_line(const std::vector<OptionDeclaration>& declarations,
                               const std::vector<std::string>& arguments) {
  refuse_empty_values(arguments);
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  std::map<std::string, CLI::Option*> options;
  for (const OptionDeclaration& declaration : declarations)
    if (!is_operand(declaration)) options[declaration.name] = add_to_parser(parser, declaration);
  CLI::Option* operands = parser.add_option("OPERANDS")->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  operands->expected(0, 1 << 28)->allow_extra_args();

  try {
    const std::vector<std::string> words = with_leading_zeros(arguments, declarations);
    parser.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // the parser pops from the back
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string message = error.what();
    throw UsageError("{} has no value", message.substr(0, message.find(':')));
  } catch (const CLI::ParseError& error) {
    throw UsageError("{}", error.what());
  }

  CommandLine line;
  for (const auto& [name, option] : options)
    if (option->count() > 0) line.options[name] = option->results();
  if (operands->count() > 0) line.operands = operands->results();
  for (const std::string& word : parser.remaining())
    if (word != "--") line.unknown.push_back(word);
  refuse_options_as_values(line, option_names(declarations));
  return line;
}

void refuse_unknown(const CommandLine& line, const std::vector<OptionDeclaration>& declarations) {
  if (line.unknown.empty()) return;
  const std::string word = line.unknown.front().substr(0, line.unknown.front().find('='));
  throw UsageError("unknown option '{}'{}", word, did_you_mean(word, option_names(declarations)));
}

void assign_operands(const CommandLine& line, const std::vector<OptionDeclaration>& declarations) {
  std::vector<const OptionDeclaration*> declared;
  for (const OptionDeclaration& declaration : declarations)
    if (is_operand(declaration)) declared.push_back(&declaration);
  if (line.operands.size() < declared.size())
    throw UsageError("{} is missing (see --help)", declared[line.operands.size()]->name);

  std::size_t surplus = line.operands.size() - declared.size();
  auto word = line.operands.begin();
  for (const OptionDeclaration* declaration : declared) {
    const std::size_t taken = declaration->kind == OptionKind::inputs ? 1 + std::exchange(surplus, 0) : 1;
    declaration->assign({word, word + static_cast<std::ptrdiff_t>(taken)});
    word += static_cast<std::ptrdiff_t>(taken);
  }
  if (word != line.operands.end()) throw UsageError("unexpected operand '{}' (see --help)", *word);
}

}  // namespace snitt::shell
