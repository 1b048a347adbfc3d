#include <nlohmann/json.hpp>

#include "shell/declarations.hpp"
#include "shell/documents.hpp"

namespace snitt::shell {
namespace {

const char* kind_name(OptionKind kind) {
  switch (kind) {
    case OptionKind::input:
      return "input";
    case OptionKind::inputs:
      return "inputs";
    case OptionKind::output:
      return "output";
    case OptionKind::text:
      return "text";
    case OptionKind::number:
      return "number";
    case OptionKind::whole:
      return "whole";
    case OptionKind::numbers:
      return "numbers";
    case OptionKind::per_axis:
      return "number";  // the plainest form; "per_axis" tells of the other
    case OptionKind::flag:
      return "flag";
    case OptionKind::choice:
      return "choice";
    case OptionKind::file:
      return "file";
    case OptionKind::texts:
      return "texts";
    case OptionKind::files:
      return "files";
  }
  return "text";
}

nlohmann::ordered_json describe_option(const OptionDeclaration& declaration) {
  nlohmann::ordered_json option;
  option["name"] = declaration.name;
  if (declaration.short_name != '\0') option["letter"] = std::string(1, declaration.short_name);
  option["kind"] = kind_name(declaration.kind);
  option["help"] = declaration.help;
  option["section"] = section_of(declaration);
  option["required"] = declaration.required;
  option["repeatable"] = is_repeatable(declaration);
  option["common"] = declaration.common;
  if (takes_value(declaration)) option["placeholder"] = declaration.placeholder;
  if (declaration.kind == OptionKind::numbers) option["count"] = declaration.count;
  if (declaration.kind == OptionKind::per_axis) option["per_axis"] = true;
  // JSON has no infinity: an open side is left out.
  if (declaration.range.lowest > -std::numeric_limits<double>::infinity())
    option["lowest"] = declaration.range.lowest;
  if (declaration.range.highest < std::numeric_limits<double>::infinity())
    option["highest"] = declaration.range.highest;
  for (const Choice& choice : declaration.choices)
    option["choices"].push_back({{"name", choice.name}, {"help", choice.help}});
  if (!declaration.default_text.empty()) option["default"] = declaration.default_text;
  if (is_configurable(declaration)) {
    option["environment"] = environment_name(declaration);
    option["config_key"] = config_key(declaration);
  }
  return option;
}

nlohmann::ordered_json describe_operand(const OptionDeclaration& declaration) {
  nlohmann::ordered_json operand;
  operand["name"] = declaration.name;
  operand["kind"] = kind_name(declaration.kind);
  operand["help"] = declaration.help;
  operand["repeatable"] = is_repeatable(declaration);
  return operand;
}

}  // namespace

nlohmann::ordered_json describe(const ToolInfo& info, const Options& options) {
  nlohmann::ordered_json tool;
  tool["description_version"] = "1.0";
  tool["name"] = "snitt-" + info.name;
  tool["version"] = SNITT_VERSION;
  tool["group"] = info.group;
  tool["summary"] = info.summary;
  tool["description"] = paragraphs(info.description);
  tool["usage"] = usage_line(options);
  tool["operands"] = nlohmann::ordered_json::array();
  tool["options"] = nlohmann::ordered_json::array();
  tool["examples"] = nlohmann::ordered_json::array();
  for (const OptionDeclaration& declaration : options.declarations()) {
    if (is_operand(declaration))
      tool["operands"].push_back(describe_operand(declaration));
    else
      tool["options"].push_back(describe_option(declaration));
  }
  for (const Options::Example& example : options.examples())
    tool["examples"].push_back({{"command", example.command}, {"explanation", example.explanation}});
  for (const StatusMeaning& entry : status_meanings())
    tool["exit_statuses"].push_back({{"status", entry.status}, {"meaning", entry.meaning}});
  return tool;
}

}  // namespace snitt::shell
