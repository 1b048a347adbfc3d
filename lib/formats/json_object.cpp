#include "formats/json_object.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace snitt::formats {

using nlohmann::json;

json parse_json(const std::string& text, const std::string& origin, const std::string& expected) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    throw InputError("{}: not JSON at byte {}; expected {}", origin, error.byte, expected);
  } catch (const json::out_of_range& error) {  // a number like 1e400
    throw InputError("{}: has a number that no double holds: {}", origin, error.what());
  }
}

JsonObject::JsonObject(const json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object())
    throw InputError("{} is {}; expected an object in braces", where_, object_.type_name());
}

const json* JsonObject::find(const std::string& key) {
  known_.push_back(key);
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

const json& JsonObject::require(const std::string& key) {
  const json* found = find(key);
  if (found == nullptr) throw InputError("{} has no '{}', which it needs", where_, key);
  return *found;
}

double JsonObject::number(const std::string& key) { return as_number(require(key), key); }

double JsonObject::number(const std::string& key, double otherwise) {
  const json* found = find(key);
  return found == nullptr ? otherwise : as_number(*found, key);
}

Vec3 JsonObject::vector(const std::string& key) { return as_vector(require(key), key); }

Vec3 JsonObject::vector(const std::string& key, Vec3 otherwise) {
  const json* found = find(key);
  return found == nullptr ? otherwise : as_vector(*found, key);
}

std::string JsonObject::text(const std::string& key) {
  require(key);
  return text(key, "");
}

std::string JsonObject::text(const std::string& key, const std::string& otherwise) {
  const json* found = find(key);
  if (found == nullptr) return otherwise;
  if (!found->is_string())
    throw InputError("{} has '{}' that is {}; expected text", where_, key, found->type_name());
  return found->get<std::string>();
}

const json& JsonObject::list(const std::string& key) {
  static const json none = json::array();
  const json* found = find(key);
  if (found == nullptr) return none;
  if (!found->is_array())
    throw InputError("{} has '{}' that is {}; expected a list in brackets", where_, key, found->type_name());
  return *found;
}

void JsonObject::refuse_others() const {
  for (const auto& [key, unused] : object_.items())
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      throw InputError("{} has unknown key '{}'{}", where_, key, did_you_mean(key, known_));
}

double JsonObject::as_number(const json& value, const std::string& key) const {
  if (!value.is_number())
    throw InputError("{} has '{}' that is {}; expected a number", where_, key, value.type_name());
  return value.get<double>();
}

Vec3 JsonObject::as_vector(const json& value, const std::string& key) const {
  if (!value.is_array() || value.size() != 3)
    throw InputError("{} has '{}' that is not a list of three numbers", where_, key);
  return {as_number(value[0], key), as_number(value[1], key), as_number(value[2], key)};
}

}  // namespace snitt::formats
