#include "shell/config_file.hpp"

#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "shell/declarations.hpp"

namespace snitt::shell {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // Reading a folder fails only at the first byte, and an empty file leaves failbit set on `text` but reads
  // well.
  if (!file || (file.peek() == EOF && file.bad()))
    throw InputError("{}: cannot be read: {}", path, std::strerror(errno));
  if (file.peek() != std::char_traits<char>::eof()) text << file.rdbuf();
  return text.str();
}

const char* kind_in_words(OptionKind kind) {
  switch (kind) {
    case OptionKind::number:
      return "a number";
    case OptionKind::whole:
      return "a whole number";
    case OptionKind::numbers:
      return "an array of numbers";
    case OptionKind::per_axis:
      return "a number, an array of three, or three in a string, as '0.5,0.5,1'";
    case OptionKind::flag:
      return "true or false";
    case OptionKind::texts:
    case OptionKind::files:
      return "an array of strings";
    default:
      return "a string";
  }
}

bool fits(OptionKind kind, const toml::node& value) {
  const auto all = [&value](OptionKind element) {
    const toml::array* array = value.as_array();
    return array != nullptr && std::all_of(array->begin(), array->end(),
                                           [element](const toml::node& node) { return fits(element, node); });
  };
  switch (kind) {
    case OptionKind::number:
      return value.is_number();
    case OptionKind::whole:
      return value.is_integer();
    case OptionKind::numbers:
      return all(OptionKind::number);
    case OptionKind::per_axis:
      return value.is_number() || value.is_string() || all(OptionKind::number);
    case OptionKind::flag:
      return value.is_boolean();
    case OptionKind::texts:
    case OptionKind::files:
      return all(OptionKind::text);
    default:
      return value.is_string();
  }
}

void append_words(const toml::node& value, std::vector<std::string>& words) {
  if (const toml::array* array = value.as_array())
    for (const toml::node& element : *array) append_words(element, words);
  else if (value.is_string())
    words.push_back(value.as_string()->get());
  else if (value.is_integer())
    words.push_back(fmt::format("{}", value.as_integer()->get()));
  else if (value.is_floating_point())
    words.push_back(fmt::format("{}", value.as_floating_point()->get()));
  else if (value.is_boolean())
    words.emplace_back(value.as_boolean()->get() ? "true" : "false");
}

std::string toml_string(const std::string& text) {
  // JSON's escapes are a subset of those of a TOML basic string.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string toml_value(const nlohmann::json& value) {
  if (value.is_string()) return toml_string(value.get<std::string>());
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  if (!value.is_array()) return value.dump();
  std::vector<std::string> elements;
  for (const nlohmann::json& element : value) elements.push_back(toml_value(element));
  return fmt::format("[{}]", fmt::join(elements, ", "));
}

}  // namespace

std::vector<ConfigEntry> read_config(const std::string& path,
                                     const std::vector<OptionDeclaration>& declarations) {
  toml::table table;
  try {
    table = toml::parse(read_text(path), path);
  } catch (const toml::parse_error& error) {
    throw UsageError("{}:{}: {}", path, error.source().begin.line, error.description());
  }
  std::vector<std::string> keys;
  for (const OptionDeclaration& declaration : declarations)
    if (is_configurable(declaration)) keys.push_back(config_key(declaration));

  std::vector<ConfigEntry> entries;
  for (const auto& [toml_key, value] : table) {
    ConfigEntry entry{std::string(toml_key.str()), {}, static_cast<long>(value.source().begin.line)};
    const auto declaration =
        std::find_if(declarations.begin(), declarations.end(), [&entry](const OptionDeclaration& candidate) {
          return is_configurable(candidate) && config_key(candidate) == entry.key;
        });
    if (declaration == declarations.end())
      throw UsageError("{}:{}: unknown key '{}'{}", path, entry.line, entry.key,
                       did_you_mean(entry.key, keys));
    if (!fits(declaration->kind, value))
      throw UsageError("{}:{}: '{}' has the wrong type; expected {}", path, entry.line, entry.key,
                       kind_in_words(declaration->kind));
    append_words(value, entry.words);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string print_config(const std::string& program, const std::vector<OptionDeclaration>& declarations,
                         const std::vector<std::string>& given) {
  std::string text = fmt::format("# {} {}: options for --config\n", program, SNITT_VERSION);
  for (const OptionDeclaration& declaration : declarations) {
    const bool is_given = std::find(given.begin(), given.end(), declaration.name) != given.end();
    if (!is_configurable(declaration) || (declaration.common && !is_given)) continue;
    const nlohmann::json value = declaration.effective();
    text += fmt::format("\n# {}\n", declaration.help);
    if (value.is_null())
      text += fmt::format("# {} = {}\n", config_key(declaration), declaration.placeholder);
    else
      text += fmt::format("{} = {}\n", config_key(declaration), toml_value(value));
  }
  return text;
}

}  // namespace snitt::shell
