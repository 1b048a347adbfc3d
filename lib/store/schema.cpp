#include "store/schema.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "store/schema_text.hpp"

namespace snitt::store {
namespace {

AttributeRule attribute_rule(const nlohmann::json& json) {
  return {json.at("name"), json.at("type"), json.value("required", false),
          json.value("values", std::vector<std::string>{}), json.at("description")};
}

std::vector<AttributeRule> attribute_rules(const nlohmann::json& json) {
  std::vector<AttributeRule> rules;
  for (const auto& entry : json.value("attributes", nlohmann::json::array()))
    rules.push_back(attribute_rule(entry));
  return rules;
}

ObjectRule object_rule(const nlohmann::json& json) {
  ObjectRule rule;
  rule.path = json.at("path");
  rule.kind = json.at("kind");
  rule.types = json.value("types", std::vector<std::string>{});
  rule.dimensions = json.value("dimensions", std::vector<std::string>{});
  rule.units = json.value("units", "");
  rule.target = json.value("target", "");
  rule.required = json.value("required", false);
  rule.foreign = json.value("foreign", false);
  rule.attributes = attribute_rules(json);
  rule.description = json.at("description");
  return rule;
}

std::vector<std::string> parts(const std::string& path) {
  std::vector<std::string> result;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    result.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return result;
}

bool matches(const std::string& pattern, const std::string& path) {
  const std::vector<std::string> expected = parts(pattern);
  const std::vector<std::string> actual = parts(path);
  if (expected.size() != actual.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (expected[i].front() != '{' && expected[i] != actual[i]) return false;
  return true;
}

/// "sample of {AToB}" with the part of `path` that stands where `pattern` has {AToB}.
std::string filled_in(std::string text, const std::string& pattern, const std::string& path) {
  const std::vector<std::string> names = parts(pattern);
  const std::vector<std::string> actual = parts(path);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (const std::size_t at = text.find(names[i]); names[i].front() == '{' && at != std::string::npos)
      text.replace(at, names[i].size(), actual[i]);
  return text;
}

void list_objects(const h5::File& file, const std::string& group, std::vector<std::string>& paths) {
  for (const h5::Child& child : file.children(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + child.name;
    paths.push_back(path);
    if (child.kind == h5::ObjectKind::group) list_objects(file, path, paths);
  }
}

/// Where a required object has to be: once in every group that the file has of those it belongs to.
std::vector<std::string> places_of(const std::string& pattern, const std::vector<std::string>& paths) {
  const std::size_t end = pattern.rfind('/');
  if (end == 0) return {pattern};
  std::vector<std::string> places;
  for (const std::string& path : paths)
    if (matches(pattern.substr(0, end), path)) places.push_back(path + pattern.substr(end));
  return places;
}

bool fits(const std::string& rule_type, const h5::DatasetInfo& info) {
  if (rule_type == "text") return info.type == h5::ElementType::text && info.shape.empty();
  if (rule_type == "texts") return info.type == h5::ElementType::text && info.shape.size() == 1;
  if (rule_type == "integer") return info.type == h5::ElementType::i64 && info.shape.empty();
  return info.type == h5::ElementType::f64 && info.shape.empty();
}

/// Collects findings about one file; remembers the extent of every named dimension, because two arrays that
/// name the same dimension must agree about it.
class Checker {
 public:
  explicit Checker(const h5::File& file) : file_(file) {}

  template <typename... Args>
  void report(const std::string& object, fmt::format_string<Args...> format, Args&&... args) {
    findings.push_back({object, fmt::format(format, std::forward<Args>(args)...)});
  }

  void check_attributes(const std::string& object, const std::vector<AttributeRule>& rules) {
    for (const AttributeRule& rule : rules) {
      if (!file_.has_attribute(object, rule.name)) {
        if (rule.required) report(object, "has no attribute '{}'", rule.name);
        continue;
      }
      const h5::DatasetInfo info = file_.attribute_info(object, rule.name);
      if (!fits(rule.type, info)) {
        report(object, "has attribute '{}' of type {}; expected {}", rule.name, h5::name_of(info.type),
               rule.type);
      } else if (!rule.values.empty()) {
        for (const std::string& word : file_.texts_attribute(object, rule.name))
          if (std::find(rule.values.begin(), rule.values.end(), word) == rule.values.end())
            report(object, "has {} '{}'; expected one of {}", rule.name, word, fmt::join(rule.values, ", "));
      }
    }
  }

  void check_object(const std::string& path, const ObjectRule& rule) {
    if (rule.kind == "link") {
      if (!file_.exists(rule.target) || file_.address_of(path) != file_.address_of(rule.target))
        report(path, "is not the same object as {}", rule.target);
      return;
    }
    const bool is_group = file_.kind_of(path) == h5::ObjectKind::group;
    if (rule.kind == "column") return;  // a group or an array, as the table's encoding has it
    if (is_group != (rule.kind == "group")) {
      report(path, "is a {}; expected a {}", is_group ? "group" : "dataset", rule.kind);
      return;
    }
    check_attributes(path, rule.attributes);
    if (!is_group) check_dataset(path, rule);
  }

  std::vector<Finding> findings;

 private:
  void check_dataset(const std::string& path, const ObjectRule& rule) {
    const h5::DatasetInfo info = file_.info(path);
    const bool text = rule.kind != "array";
    const std::string type(h5::name_of(info.type));
    if (text && info.type != h5::ElementType::text) report(path, "has element type {}; expected text", type);
    if (!text && std::find(rule.types.begin(), rule.types.end(), type) == rule.types.end())
      report(path, "has element type {}; expected {}", type, fmt::join(rule.types, " or "));
    if (rule.foreign || rule.kind == "text") return;
    check_dimensions(path, rule, info);
    if (text) return;
    if (!file_.has_attribute(path, "units")) {
      report(path, "has no attribute 'units'{}",
             rule.units.empty() ? "" : fmt::format("; expected '{}'", rule.units));
    } else if (const std::string units = file_.text_attribute(path, "units");
               !rule.units.empty() && units != rule.units) {
      report(path, "has units '{}'; expected '{}'", units, rule.units);
    }
  }

  void check_dimensions(const std::string& path, const ObjectRule& rule, const h5::DatasetInfo& info) {
    if (!file_.has_attribute(path, "dimensions")) return report(path, "has no attribute 'dimensions'");
    const std::vector<std::string> names = file_.texts_attribute(path, "dimensions");
    if (names.size() != info.shape.size())
      return report(path, "names {} dimensions but has {}", names.size(), info.shape.size());
    std::size_t next = 0;
    for (const std::string& expected : rule.dimensions) {
      const bool optional = expected.back() == '?';
      const std::string name =
          filled_in(optional ? expected.substr(0, expected.size() - 1) : expected, rule.path, path);
      if (next < names.size() && names[next] == name) {
        check_extent(path, name, info.shape[next++]);
      } else if (!optional) {
        return report(path, "has dimensions [{}]; expected [{}]", fmt::join(names, ", "),
                      fmt::join(rule.dimensions, ", "));
      }
    }
    if (next != names.size())
      report(path, "has dimensions [{}]; expected [{}]", fmt::join(names, ", "),
             fmt::join(rule.dimensions, ", "));
  }

  void check_extent(const std::string& path, const std::string& name, std::size_t extent) {
    std::size_t fixed = 0;
    if (const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), fixed);
        error == std::errc{} && *end == '\0') {
      if (extent != fixed) report(path, "has {} elements along an axis of {}", extent, fixed);
      return;
    }
    const auto [known, fresh] = extents_.try_emplace(name, extent, path);
    if (!fresh && known->second.first != extent)
      report(path, "has {} along '{}', but {} has {}", extent, name, known->second.second,
             known->second.first);
  }

  const h5::File& file_;
  std::map<std::string, std::pair<std::size_t, std::string>> extents_;
};

}  // namespace

Schema parse_schema(const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    Schema schema;
    schema.layout = json.at("layout");
    const std::string version = json.at("version");
    schema.major = std::stoi(version);
    schema.minor = std::stoi(version.substr(version.find('.') + 1));
    schema.summary = json.at("summary");
    schema.description = json.at("description");
    schema.attributes = attribute_rules(json);
    for (const auto& entry : json.at("objects")) schema.objects.push_back(object_rule(entry));
    return schema;
  } catch (const nlohmann::json::exception& error) {
    throw ComputationError("a layout description is wrong: {}", error.what());
  }
}

namespace {

const std::vector<Schema>& schemas() {
  static const std::vector<Schema> list = [] {
    std::vector<Schema> result;
    for (const SchemaText& schema : schema_texts())
      if (nlohmann::json::parse(schema.text).contains("layout"))
        result.push_back(parse_schema(std::string(schema.text)));
    return result;
  }();
  return list;
}

}  // namespace

std::vector<std::string> layout_names() {
  std::vector<std::string> names;
  for (const Schema& schema : schemas()) names.push_back(schema.layout);
  return names;
}

const Schema& schema_for(const std::string& layout) {
  for (const Schema& schema : schemas())
    if (schema.layout == layout) return schema;
  throw InputError("layout '{}' is not known to this version, which knows {}", layout,
                   fmt::join(layout_names(), ", "));
}

std::vector<Finding> check_layout(const h5::File& file, const Schema& schema) {
  Checker checker(file);
  checker.check_attributes("/", schema.attributes);
  std::vector<std::string> paths;
  list_objects(file, "/", paths);
  for (const ObjectRule& rule : schema.objects) {
    for (const std::string& path : paths)
      if (matches(rule.path, path)) checker.check_object(path, rule);
    if (!rule.required) continue;
    for (const std::string& path : places_of(rule.path, paths))
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) checker.report(path, "is missing");
  }
  return checker.findings;
}

}  // namespace snitt::store
