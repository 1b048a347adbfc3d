#include "shell/declarations.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace snitt::shell {

bool is_operand(const OptionDeclaration& declaration) {
  return declaration.kind == OptionKind::input || declaration.kind == OptionKind::inputs;
}

bool takes_value(const OptionDeclaration& declaration) { return declaration.kind != OptionKind::flag; }

bool is_repeatable(const OptionDeclaration& declaration) {
  return declaration.kind == OptionKind::inputs || declaration.kind == OptionKind::texts ||
         declaration.kind == OptionKind::files;
}

bool names_inputs(const OptionDeclaration& declaration) {
  return is_operand(declaration) || declaration.kind == OptionKind::file ||
         declaration.kind == OptionKind::files;
}

bool is_configurable(const OptionDeclaration& declaration) {
  static const std::array<std::string, 7> requests = {"--config", "--print-config", "--version",   "--help",
                                                      "--man",    "--describe",     "--completion"};
  if (is_operand(declaration) || declaration.kind == OptionKind::output) return false;
  return !declaration.common ||
         std::find(requests.begin(), requests.end(), declaration.name) == requests.end();
}

std::string environment_name(const OptionDeclaration& declaration) {
  if (declaration.common && declaration.name == "--threads") return "SNITT_NUM_THREADS";
  std::string name = "SNITT_" + config_key(declaration);
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string config_key(const OptionDeclaration& declaration) { return declaration.name.substr(2); }

}  // namespace snitt::shell
