#include "store/layout_page.hpp"

#include <fmt/ranges.h>

#include <cctype>
#include <string_view>

namespace snitt::store {
namespace {

/// Text as mdoc sees only text, one sentence per line as its linter wants it.
std::string prose(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool line_start = result.empty() || result.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == ' ' && i > 1 && text[i - 1] == '.' && i + 1 < text.size() && std::isupper(static_cast<unsigned char>(text[i + 1])) != 0) {
      result += '\n';
    } else {
      result += c;
    }
  }
  return result + "\n";
}

/// An argument of a macro, quoted so that no word of it is taken for a macro.
std::string argument(const std::string& word) { return "\"" + word + "\""; }

std::string attribute_item(const AttributeRule& rule) {
  std::string item = ".It Va " + argument(rule.name) + "\n";
  item += prose(rule.type + (rule.required ? "" : ", optional") + ": " + rule.description +
                (rule.values.size() > 1 ? fmt::format(" (one of {})", fmt::join(rule.values, ", ")) : ""));
  return item;
}

std::string attribute_list(const std::vector<AttributeRule>& rules) {
  if (rules.empty()) return "";
  std::string list = ".Bl -tag -width Ds\n";
  for (const AttributeRule& rule : rules) list += attribute_item(rule);
  return list + ".El\n";
}

std::string facts(const ObjectRule& rule) {
  std::vector<std::string> words;
  if (rule.kind == "link") return "hard link to " + rule.target;
  words.push_back(rule.kind == "array" ? fmt::format("{}", fmt::join(rule.types, " or ")) : rule.kind);
  if (!rule.dimensions.empty()) words.push_back(fmt::format("[{}]", fmt::join(rule.dimensions, ", ")));
  if (!rule.units.empty() && rule.units != "1") words.push_back("in " + rule.units);
  if (!rule.required) words.emplace_back("optional");
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::string manual_page(const Schema& schema) {
  std::string upper = schema.layout;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string page = ".Dd November 21, 2026\n.Dt SNITT-" + upper + " 5\n.Os\n.Sh NAME\n.Nm " + argument("snitt-" + schema.layout) + "\n.Nd HDF5 layout " +
                     schema.layout + ": " + schema.summary + "\n.Sh DESCRIPTION\n";
  page += prose(schema.description);
  page += ".Pp\n";
  page += prose(fmt::format("This is version {}.{}. Every array of numbers carries the attributes units and dimensions; arrays that name the same "
                            "dimension agree about its extent. A dimension with a question mark may be absent.",
                            schema.major, schema.minor));
  page += ".Sh ATTRIBUTES OF THE ROOT\n" + attribute_list(schema.attributes);
  page += ".Sh OBJECTS\n.Bl -tag -width Ds\n";
  for (const ObjectRule& rule : schema.objects) {
    page += ".It Pa " + argument(rule.path) + "\n" + prose(facts(rule) + ".") + ".br\n" + prose(rule.description);
    page += attribute_list(rule.attributes);
  }
  page += ".El\n.Sh STORAGE\n";
  page += prose("Large arrays are stored in chunks of at most 1 MB with the filters shuffle (but for elements of one byte), deflate and fletcher32; "
                "small ones inside their object header, which HDF5 checksums. Text has a fixed width, padded with zeros, in UTF-8. No file holds time "
                "stamps of its own, so that equal content gives equal bytes.");
  page += ".Sh SEE ALSO\n.Xr snitt-check 1 ,\n.Xr snitt-info 1 ,\n.Xr snitt 7\n";
  return page;
}

}  // namespace snitt::store
