#include "base/options.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/words.hpp"

namespace snitt {
namespace {

using Words = std::vector<std::string>;

/// Declarations are written by programmers: what is wrong with one is a bug, seen by the first build of the
/// tool.
[[noreturn]] void refuse_declaration(const std::string& name, const std::string& why) {
  throw std::logic_error(fmt::format("declaration of {}: {}", name, why));
}

std::string expected(const char* noun, Range range) {
  const std::string interval = interval_text(range);
  return interval.empty() ? std::string(noun) : fmt::format("{}, {}", noun, interval);
}

bool contains(Range range, double value) { return value >= range.lowest && value <= range.highest; }

/// from_chars knows no leading plus sign; people do.
std::string_view without_plus(const std::string& word) {
  std::string_view text = word;
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

double parse_number(const std::string& name, const std::string& word, Range range) {
  const std::string_view text = without_plus(word);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) ||
      !contains(range, value))
    throw UsageError("{} is '{}'; expected {}", name, word, expected("a number", range));
  return value;
}

std::int64_t parse_whole(const std::string& name, const std::string& word, Range range) {
  const std::string_view text = without_plus(word);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() ||
      !contains(range, static_cast<double>(value)))
    throw UsageError("{} is '{}'; expected {}", name, word, expected("a whole number", range));
  return value;
}

const std::string& only_word(const std::string& name, const Words& words) {
  if (words.size() != 1) throw UsageError("{} is given {} times; expected once", name, words.size());
  return words.front();
}

bool parse_flag(const std::string& name, const Words& words) {
  if (words.empty()) throw UsageError("{} has no value", name);
  const std::string& word = words.back();  // "-v -v" is as good as "-v"
  if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "0" || word == "no" || word == "off") return false;
  throw UsageError("{} is '{}'; expected true or false", name, word);
}

/// "--spacing-mm" has the placeholder MM: the unit is the best description of the value.
std::string unit_placeholder(const std::string& name, const std::string& otherwise) {
  static const Words units = {"mm",     "cm",     "m",      "mm2",   "mm3", "s",       "ms",
                              "us",     "hz",     "khz",    "mhz",   "deg", "rad",     "hu",
                              "gy",     "mgy",    "msv",    "kv",    "ma",  "mas",     "percent",
                              "pixels", "voxels", "frames", "bytes", "mb",  "mm-per-s"};
  const std::string unit = name.substr(name.rfind('-') + 1);
  if (std::find(units.begin(), units.end(), unit) == units.end()) return otherwise;
  std::string upper = unit;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

void check_default(const std::string& name, double value, Range range) {
  if (!contains(range, value))
    refuse_declaration(name, fmt::format("default {} is outside {}", value, interval_text(range)));
}

template <typename T>
nlohmann::json json_or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json json_or_null(const std::string& value) {
  return value.empty() ? nlohmann::json() : nlohmann::json(value);
}
nlohmann::json json_or_null(const Words& value) {
  return value.empty() ? nlohmann::json() : nlohmann::json(value);
}

bool is_option_name(const std::string& name) {
  if (name.size() < 4 || !name.starts_with("--") || name[2] == '-' || name.back() == '-') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

}  // namespace

std::string interval_text(Range range) {
  const bool low = std::isfinite(range.lowest);
  const bool high = std::isfinite(range.highest);
  if (low && high) return fmt::format("{} to {}", range.lowest, range.highest);
  if (low) return fmt::format("at least {}", range.lowest);
  if (high) return fmt::format("at most {}", range.highest);
  return "";
}

OptionDeclaration& Options::add(OptionKind kind, const std::string& name, const std::string& help) {
  const bool operand = kind == OptionKind::input || kind == OptionKind::inputs;
  if (!operand && !is_option_name(name)) refuse_declaration(name, "expected a name like --spacing-mm");
  if (operand && (name.empty() || name.front() == '-'))
    refuse_declaration(name, "expected a placeholder like INPUT");
  if (help.empty() || help.back() == '.')
    refuse_declaration(name, "expected a help sentence without a full stop");
  for (const OptionDeclaration& other : declarations_) {
    if (other.name == name) refuse_declaration(name, "is declared twice");
    if (kind == OptionKind::inputs && other.kind == kind)
      refuse_declaration(name, "only one operand may be repeated");
  }
  OptionDeclaration& declaration = declarations_.emplace_back();
  declaration.kind = kind;
  declaration.name = name;
  declaration.help = help;
  declaration.section = section_;
  return declaration;
}

void Options::input(const std::string& placeholder, std::string& target, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::input, placeholder, help);
  declaration.placeholder = placeholder;
  declaration.required = true;
  declaration.assign = [placeholder, &target](const Words& words) { target = only_word(placeholder, words); };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::inputs(const std::string& placeholder, std::vector<std::string>& target,
                     const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::inputs, placeholder, help);
  declaration.placeholder = placeholder;
  declaration.required = true;
  declaration.assign = [&target](const Words& words) { target = words; };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::judged_inputs(const std::string& placeholder, std::vector<std::string>& target,
                            const std::string& help) {
  inputs(placeholder, target, help);
  declarations_.back().judged = true;
}

void Options::output(std::string& target, const std::string& help) {
  optional_output(target, help);
  declarations_.back().required = true;
}

void Options::output_or_folder(std::string& target, const std::string& help) {
  output(target, help);
  declarations_.back().folder = true;
}

void Options::optional_output(std::string& target, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::output, "--output", help);
  declaration.short_name = 'o';
  declaration.placeholder = "OUTPUT";
  declaration.assign = [&target](const Words& words) { target = only_word("--output", words); };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::extra_output(const std::string& name, std::string& target, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::output, name, help);
  declaration.placeholder = "FILE";
  declaration.assign = [name, &target](const Words& words) { target = only_word(name, words); };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::extra_output_folder(const std::string& name, std::string& target, const std::string& help) {
  extra_output(name, target, help);
  declarations_.back().placeholder = "FOLDER";
  declarations_.back().folder = true;
}

void Options::value(const std::string& name, double& target, Range range, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::number, name, help);
  check_default(name, target, range);
  declaration.placeholder = unit_placeholder(name, "NUMBER");
  declaration.range = range;
  declaration.default_text = fmt::format("{}", target);
  declaration.assign = [name, range, &target](const Words& words) {
    target = parse_number(name, only_word(name, words), range);
  };
  declaration.effective = [&target] { return nlohmann::json(target); };
}

void Options::value(const std::string& name, std::optional<double>& target, Range range,
                    const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::number, name, help);
  if (target) check_default(name, *target, range);
  declaration.placeholder = unit_placeholder(name, "NUMBER");
  declaration.range = range;
  declaration.default_text = target ? fmt::format("{}", *target) : "";
  declaration.assign = [name, range, &target](const Words& words) {
    target = parse_number(name, only_word(name, words), range);
  };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::value(const std::string& name, std::int64_t& target, Range range, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::whole, name, help);
  check_default(name, static_cast<double>(target), range);
  declaration.placeholder = unit_placeholder(name, "N");
  declaration.range = range;
  declaration.default_text = fmt::format("{}", target);
  declaration.assign = [name, range, &target](const Words& words) {
    target = parse_whole(name, only_word(name, words), range);
  };
  declaration.effective = [&target] { return nlohmann::json(target); };
}

void Options::value(const std::string& name, std::optional<std::int64_t>& target, Range range,
                    const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::whole, name, help);
  if (target) check_default(name, static_cast<double>(*target), range);
  declaration.placeholder = unit_placeholder(name, "N");
  declaration.range = range;
  declaration.default_text = target ? fmt::format("{}", *target) : "";
  declaration.assign = [name, range, &target](const Words& words) {
    target = parse_whole(name, only_word(name, words), range);
  };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::values(const std::string& name, std::optional<std::vector<double>>& target,
                     const std::string& placeholder, Range range, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::numbers, name, help);
  std::istringstream words_of_placeholder(placeholder);
  Words parts;
  for (std::string word; words_of_placeholder >> word;) parts.push_back(word);
  const std::size_t count = parts.size();
  if (count == 0)
    refuse_declaration(name, "the placeholder is empty; expected one word per number, as in X Y Z");
  if (target && target->size() != count)
    refuse_declaration(name,
                       fmt::format("default has {} numbers; the placeholder {}", target->size(), count));
  for (const double value : target.value_or(std::vector<double>{})) check_default(name, value, range);
  declaration.placeholder = placeholder;
  declaration.range = range;
  declaration.count = count;
  declaration.default_text = target ? fmt::format("{}", fmt::join(*target, " ")) : "";
  declaration.assign = [name, range, placeholder, parts, &target](const Words& words) {
    if (words.size() != parts.size())
      throw UsageError("{} has {} values; expected {} ({})", name, words.size(), parts.size(), placeholder);
    std::vector<double> numbers;
    for (std::size_t k = 0; k < parts.size(); ++k)
      numbers.push_back(parse_number(name + ": " + parts[k], words[k], range));
    target = numbers;
  };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::per_axis(const std::string& name, std::array<double, 3>& target, Range range,
                       const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::per_axis, name, help);
  for (const double value : target) check_default(name, value, range);
  const std::string unit = unit_placeholder(name, "NUMBER");
  declaration.placeholder = fmt::format("{}[,{},{}]", unit, unit, unit);
  declaration.range = range;
  const auto uniform = [&target] { return target[0] == target[1] && target[1] == target[2]; };
  declaration.default_text =
      uniform() ? fmt::format("{}", target[0]) : fmt::format("{}", fmt::join(target, ","));
  declaration.assign = [name, range, &target](const Words& words) {
    const std::vector<std::string> numbers = split_at_commas(words);
    if (numbers.size() != 1 && numbers.size() != 3)
      throw UsageError("{} is '{}'; expected one number for all axes, or three for x, y and z, as 0.5,0.5,1",
                       name, fmt::format("{}", fmt::join(words, ",")));
    for (std::size_t k = 0; k < 3; ++k)
      target[k] = parse_number(name, numbers[numbers.size() == 1 ? 0 : k], range);
  };
  declaration.effective = [&target, uniform] {
    // One word, as on the command line, so that the story of a file can be run again.
    return uniform() ? nlohmann::json(target[0]) : nlohmann::json(fmt::format("{}", fmt::join(target, ",")));
  };
}

void Options::text(const std::string& name, std::string& target, const std::string& placeholder,
                   const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::text, name, help);
  declaration.placeholder = placeholder;
  declaration.default_text = target;
  declaration.assign = [name, &target](const Words& words) { target = only_word(name, words); };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::texts(const std::string& name, std::vector<std::string>& target, const std::string& placeholder,
                    const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::texts, name, help);
  declaration.placeholder = placeholder;
  declaration.default_text = fmt::format("{}", fmt::join(target, " "));
  declaration.assign = [&target](const Words& words) { target = words; };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::file(const std::string& name, std::string& target, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::file, name, help);
  declaration.placeholder = "FILE";
  declaration.assign = [name, &target](const Words& words) { target = only_word(name, words); };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::files(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::files, name, help);
  declaration.placeholder = "FILE";
  declaration.assign = [&target](const Words& words) { target = words; };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::secret_file(const std::string& name, std::string& target, const std::string& help) {
  file(name, target, help);
  declarations_.back().secret = true;
}

void Options::flag(const std::string& name, bool& target, const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::flag, name, help);
  if (target) refuse_declaration(name, "a flag that is on from the start cannot be given; name its opposite");
  declaration.count = 0;
  declaration.assign = [name, &target](const Words& words) { target = parse_flag(name, words); };
  declaration.effective = [&target] { return nlohmann::json(target); };
}

void Options::choice(const std::string& name, std::string& target, std::vector<Choice> choices,
                     const std::string& help) {
  OptionDeclaration& declaration = add(OptionKind::choice, name, help);
  Words names;
  for (const Choice& choice : choices) names.push_back(choice.name);
  const auto known = [names](const std::string& word) {
    return std::find(names.begin(), names.end(), word) != names.end();
  };
  if (!target.empty() && !known(target))
    refuse_declaration(name, fmt::format("default '{}' is none of the choices", target));
  declaration.placeholder = "WORD";
  declaration.choices = std::move(choices);
  declaration.default_text = target;
  declaration.assign = [name, names, known, &target](const Words& words) {
    const std::string& word = only_word(name, words);
    if (!known(word))
      throw UsageError("{} is '{}'; expected one of {}{}", name, word, fmt::join(names, ", "),
                       did_you_mean(word, names));
    target = word;
  };
  declaration.effective = [&target] { return json_or_null(target); };
}

void Options::section(const std::string& title) { section_ = title; }

void Options::example(const std::string& command, const std::string& explanation) {
  examples_.push_back({command, explanation});
}

}  // namespace snitt
