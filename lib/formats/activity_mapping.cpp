#include "formats/activity_mapping.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "data/activity_columns.hpp"
#include "formats/date_text.hpp"
#include "formats/file_text.hpp"
#include "formats/json_object.hpp"

namespace snitt::formats {
namespace {

using nlohmann::json;

constexpr const char* version = "1.0";

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const FieldRule& rule : activity_fields()) names.push_back(rule.name);
  return names;
}

const FieldRule& require_field(const std::string& name, const std::string& where) {
  const FieldRule* rule = find_field(name);
  if (rule == nullptr)
    throw InputError("{}: '{}' is no column of a table of examinations{}; there are: {}", where, name,
                     did_you_mean(name, field_names()), fmt::join(field_names(), ", "));
  return *rule;
}

std::vector<std::string> texts_of(const json& value, const std::string& where) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> texts;
  if (!value.is_array())
    throw InputError("{} is {}; expected a text or a list of texts", where, value.type_name());
  for (const json& text : value) {
    if (!text.is_string()) throw InputError("{} holds {}; expected texts", where, text.type_name());
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::map<std::string, std::string> pairs_of(const json& value, const std::string& where) {
  if (!value.is_object())
    throw InputError("{} is {}; expected an object in braces", where, value.type_name());
  std::map<std::string, std::string> pairs;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) throw InputError("{}: '{}' is {}; expected a text", where, key, text.type_name());
    pairs[key] = text.get<std::string>();
  }
  return pairs;
}

void check_words(const FieldRule& rule, const FieldMapping& field, const std::string& where) {
  if (rule.vocabulary.empty()) return;
  for (const auto& [word, ours] : field.words)
    if (!ours.empty() &&
        std::find(rule.vocabulary.begin(), rule.vocabulary.end(), ours) == rule.vocabulary.end())
      throw InputError("{}: '{}' becomes '{}'{}; expected one of {}", where, word, ours,
                       did_you_mean(ours, rule.vocabulary), fmt::join(rule.vocabulary, ", "));
}

FieldMapping field_of(const FieldRule& rule, const json& value, const std::string& where) {
  FieldMapping field;
  if (!rule.vocabulary.empty()) field.otherwise = rule.name == activity_columns::status ? "other" : "missing";
  if (!value.is_object()) {
    field.columns = texts_of(value, where);
  } else {
    JsonObject object(value, where);
    field.columns = texts_of(object.require("column"), where + ": 'column'");
    if (const json* words = object.find("words")) field.words = pairs_of(*words, where + ": 'words'");
    field.otherwise = object.text("otherwise", field.otherwise);
    if (const json* formats = object.find("formats"))
      field.formats = texts_of(*formats, where + ": 'formats'");
    field.separators = object.text("separators", field.separators);
    field.issuer = object.text("issuer", "");
    field.default_word = object.text("default", "");
    object.refuse_others();
  }
  const bool is_time = rule.kind == FieldKind::time || rule.kind == FieldKind::birth_date;
  if (field.columns.empty() || field.columns.size() > (rule.kind == FieldKind::time ? 2U : 1U))
    throw InputError("{}: names {} columns; expected one{}", where, field.columns.size(),
                     rule.kind == FieldKind::time ? ", or two whose texts follow each other" : "");
  if (!is_time && !field.formats.empty()) throw InputError("{}: has formats but is no time", where);
  for (const std::string& format : field.formats)
    if (!parse_date_form(format))
      throw InputError("{}: format '{}': expected letters as in 'DD.MM.YYYY hh:mm'", where, format);
  if (field.otherwise != "keep" && field.otherwise != "missing" && field.otherwise != "other")
    throw InputError("{}: 'otherwise' is '{}'; expected keep, missing or other", where, field.otherwise);
  check_words(rule, field, where);
  return field;
}

KeptColumn kept_of(const json& value, const std::string& where) {
  KeptColumn kept;
  if (value.is_string()) {
    kept.column = kept.name = value.get<std::string>();
  } else {
    JsonObject object(value, where);
    kept.column = object.text("column");
    kept.name = object.text("name", kept.column);
    const std::string kind = object.text("kind", "category");
    if (kind != "category" && kind != "number")
      throw InputError("{}: kind '{}': expected category or number", where, kind);
    kept.kind = kind == "number" ? FieldKind::number : FieldKind::category;
    kept.units = object.text("units", "");
    object.refuse_others();
  }
  if (find_field(kept.name) != nullptr)
    throw InputError(
        "{}: '{}' is the name of a column of its own; map it under 'columns' or give it another name", where,
        kept.name);
  return kept;
}

json json_of(const FieldMapping& field, const FieldRule& rule) {
  json columns = field.columns;
  if (field.columns.size() == 1) columns = field.columns.front();
  json object{{"column", columns}};
  if (!field.words.empty()) object["words"] = field.words;
  if (!rule.vocabulary.empty()) object["otherwise"] = field.otherwise;
  if (!field.formats.empty()) object["formats"] = field.formats;
  if (rule.kind == FieldKind::codes) object["separators"] = field.separators;
  if (rule.kind == FieldKind::person && !field.issuer.empty()) object["issuer"] = field.issuer;
  if (!field.default_word.empty()) object["default"] = field.default_word;
  return object.size() == 1 ? columns : object;
}

}  // namespace

const std::vector<FieldRule>& activity_fields() {
  namespace c = activity_columns;
  using enum FieldKind;
  static const std::vector<FieldRule> rules{
      {c::exam, key, "key of the examination", {}},
      {c::accession, key, "key of the accession", {}},
      {c::study, key, "key of the DICOM study", {}},
      {c::patient, person, "pseudonym of the patient", {}},
      {"birth_date", birth_date, "read for ages alone", {}},
      {c::birth_year, number, "year of birth", {}},
      {c::age, number, "whole years, 90 and above are 90", {}},
      {c::sex, category, "sex", {"female", "male", "other"}},
      {c::municipality, category, "municipality of residence", {}},
      {c::district, category, "city district of residence", {}},
      {c::area, category, "area the patient belongs to, or the source's own area", {}},
      {c::referrer, person, "pseudonym of the referrer", {}},
      {c::referrer_type, category, "kind of referrer", {}},
      {c::sector, category, "sector of the provider", {}},
      {c::provider, category, "legal provider or trust", {}},
      {c::site, category, "site", {}},
      {c::device, category, "scanner or room", {}},
      {c::care_level, category, "care level", {"inpatient", "outpatient", "emergency"}},
      {c::priority, category, "priority", {}},
      {c::codes, codes, "all codes of the row", {}},
      {c::source_modality, category, "modality as the source says", {}},
      {c::description, category, "text of study or procedure", {}},
      {c::laterality, category, "side", {"left", "right", "bilateral"}},
      {c::status,
       category,
       "status",
       {"completed", "cancelled", "no-show", "rejected", "scheduled", "other"}},
      {c::requested, time, "request", {}},
      {c::scheduled, time, "appointment", {}},
      {c::arrived, time, "arrival", {}},
      {c::examined, time, "start of the examination", {}},
      {c::exam_end, time, "end of the examination", {}},
      {c::preliminary, time, "preliminary report", {}},
      {c::reported, time, "final report", {}}};
  return rules;
}

const FieldRule* find_field(const std::string& name) {
  for (const FieldRule& rule : activity_fields())
    if (rule.name == name) return &rule;
  return nullptr;
}

ActivityMapping read_activity_mapping(const std::string& path) {
  constexpr std::uint64_t longest = std::uint64_t{16} << 20;
  const json document = parse_json(file_text(path, longest), path, "a mapping in braces");
  JsonObject object(document, path);
  if (object.text("activity_mapping") != version)
    throw InputError("{}: activity_mapping is '{}'; this version reads {}", path,
                     object.text("activity_mapping"), version);
  ActivityMapping mapping;
  mapping.description = object.text("description", "");
  mapping.source = object.text("source", mapping.source);
  mapping.time_zone = object.text("time_zone", mapping.time_zone);
  mapping.encoding = object.text("encoding", mapping.encoding);
  mapping.delimiter = object.text("delimiter", "");
  if (mapping.delimiter == "tab") mapping.delimiter = "\t";
  if (mapping.delimiter.size() > 1)
    throw InputError("{}: delimiter '{}': expected one letter, or tab", path, mapping.delimiter);
  const std::string decimal = object.text("decimal", "point");
  if (decimal != "point" && decimal != "comma")
    throw InputError("{}: decimal '{}': expected point or comma", path, decimal);
  mapping.decimal_comma = decimal == "comma";
  if (const json* missing = object.find("missing"))
    mapping.missing = texts_of(*missing, path + ": 'missing'");
  const json& columns = object.require("columns");
  if (!columns.is_object() || columns.empty())
    throw InputError("{}: 'columns' is {}; expected an object of our names and the source's", path,
                     columns.is_object() ? "empty" : columns.type_name());
  for (const auto& [name, value] : columns.items()) {
    const std::string where = fmt::format("{}: columns '{}'", path, name);
    mapping.fields[name] = field_of(require_field(name, path + ": columns"), value, where);
  }
  if (const json* constants = object.find("constants"))
    for (const auto& [name, word] : pairs_of(*constants, path + ": 'constants'")) {
      const FieldRule& rule = require_field(name, path + ": constants");
      if (rule.kind != FieldKind::category)
        throw InputError("{}: constants: '{}' is no column of words", path, name);
      if (mapping.fields.contains(name))
        throw InputError("{}: '{}' is both a column and a constant", path, name);
      mapping.constants[name] = word;
    }
  if (const json* keep = object.find("keep")) {
    if (!keep->is_array()) throw InputError("{}: 'keep' is {}; expected a list", path, keep->type_name());
    for (const json& value : *keep) mapping.keep.push_back(kept_of(value, path + ": keep"));
  }
  object.refuse_others();
  return mapping;
}

std::string mapping_text(const ActivityMapping& mapping) {
  nlohmann::ordered_json text;
  text["activity_mapping"] = version;
  if (!mapping.description.empty()) text["description"] = mapping.description;
  text["source"] = mapping.source;
  text["time_zone"] = mapping.time_zone;
  text["encoding"] = mapping.encoding;
  if (!mapping.delimiter.empty()) text["delimiter"] = mapping.delimiter == "\t" ? "tab" : mapping.delimiter;
  if (mapping.decimal_comma) text["decimal"] = "comma";
  text["missing"] = mapping.missing;
  text["columns"] = nlohmann::ordered_json::object();
  for (const FieldRule& rule : activity_fields())
    if (mapping.fields.contains(rule.name))
      text["columns"][rule.name] = json_of(mapping.fields.at(rule.name), rule);
  if (!mapping.constants.empty()) text["constants"] = mapping.constants;
  if (!mapping.keep.empty()) {
    text["keep"] = nlohmann::ordered_json::array();
    for (const KeptColumn& kept : mapping.keep)
      text["keep"].push_back({{"column", kept.column},
                              {"name", kept.name},
                              {"kind", kept.kind == FieldKind::number ? "number" : "category"},
                              {"units", kept.units}});
  }
  return text.dump(2) + "\n";
}

}  // namespace snitt::formats
