#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "geometry/matrix.hpp"

/// JSON that people write by hand, read strictly. Included by .cpp files alone.
namespace snitt::formats {

/// Throws InputError "ORIGIN: …" for text that is not JSON or has a number that no double holds; `expected`
/// says what it should hold: "a scene in braces".
nlohmann::json parse_json(const std::string& text, const std::string& origin, const std::string& expected);

/// One JSON object being read; remembers which keys were asked for, so that the others can be refused.
/// `where` names it in messages: "scene.json: object 3". Every member throws InputError for a value of a
/// wrong type; those without a default also for a missing key.
class JsonObject {
 public:
  JsonObject(const nlohmann::json& object, std::string where);

  const nlohmann::json* find(const std::string& key);
  const nlohmann::json& require(const std::string& key);
  double number(const std::string& key);
  double number(const std::string& key, double otherwise);
  Vec3 vector(const std::string& key);
  Vec3 vector(const std::string& key, Vec3 otherwise);
  std::string text(const std::string& key);
  std::string text(const std::string& key, const std::string& otherwise);
  /// An empty list when the key is missing.
  const nlohmann::json& list(const std::string& key);

  /// Call when everything known was asked for.
  void refuse_others() const;
  const std::string& where() const { return where_; }

 private:
  double as_number(const nlohmann::json& value, const std::string& key) const;
  Vec3 as_vector(const nlohmann::json& value, const std::string& key) const;
  const nlohmann::json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

}  // namespace snitt::formats
