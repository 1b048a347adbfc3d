#include "phantom/scene_json.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

using nlohmann::json;

/// One JSON object being read; remembers which keys were asked for, so that the others can be refused.
class Reader {
 public:
  Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object())
      throw InputError("{} is {}; expected an object in braces", where_, object_.type_name());
  }

  const json* find(const std::string& key) {
    known_.insert(key);
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  const json& require(const std::string& key) {
    const json* found = find(key);
    if (found == nullptr) throw InputError("{} has no '{}', which it needs", where_, key);
    return *found;
  }

  double number(const std::string& key) { return as_number(require(key), key); }
  double number(const std::string& key, double otherwise) {
    const json* found = find(key);
    return found == nullptr ? otherwise : as_number(*found, key);
  }

  Vec3 vector(const std::string& key) { return as_vector(require(key), key); }
  Vec3 vector(const std::string& key, Vec3 otherwise) {
    const json* found = find(key);
    return found == nullptr ? otherwise : as_vector(*found, key);
  }

  std::string text(const std::string& key, const std::string& otherwise) {
    const json* found = find(key);
    if (found == nullptr) return otherwise;
    if (!found->is_string())
      throw InputError("{} has '{}' that is {}; expected text", where_, key, found->type_name());
    return found->get<std::string>();
  }

  const json& list(const std::string& key) {
    static const json none = json::array();
    const json* found = find(key);
    if (found == nullptr) return none;
    if (!found->is_array())
      throw InputError("{} has '{}' that is {}; expected a list in brackets", where_, key,
                       found->type_name());
    return *found;
  }

  /// Call when everything known was asked for.
  void refuse_others() const {
    for (const auto& [key, unused] : object_.items())
      if (!known_.contains(key)) throw InputError("{} has unknown key '{}'", where_, key);
  }

  const std::string& where() const { return where_; }

 private:
  double as_number(const json& value, const std::string& key) const {
    if (!value.is_number())
      throw InputError("{} has '{}' that is {}; expected a number", where_, key, value.type_name());
    return value.get<double>();
  }
  Vec3 as_vector(const json& value, const std::string& key) const {
    if (!value.is_array() || value.size() != 3)
      throw InputError("{} has '{}' that is not a list of three numbers", where_, key);
    return {as_number(value[0], key), as_number(value[1], key), as_number(value[2], key)};
  }

  const json& object_;
  std::string where_;
  std::set<std::string> known_;
};

Object shape_from(Reader& in, const std::string& shape) {
  const double value = in.number("value");
  if (shape == "line") return line(in.vector("from_mm"), in.vector("to_mm"), in.number("sigma_mm"), value);
  if (shape == "blob") return blob(in.vector("center_mm"), in.vector("sigma_mm"), value);
  const double edge_mm = in.number("edge_mm", 0);
  if (shape == "sphere") return sphere(in.vector("center_mm"), in.number("radius_mm"), value, edge_mm);
  if (shape == "ellipsoid") return ellipsoid(in.vector("center_mm"), in.vector("radii_mm"), value, edge_mm);
  if (shape == "box") return box(in.vector("center_mm"), in.vector("size_mm"), value, edge_mm);
  if (shape == "wall")
    return wall(in.vector("point_mm"), in.vector("normal"), in.number("thickness_mm"), value, edge_mm);
  if (shape == "cylinder")
    return cylinder(in.vector("from_mm"), in.vector("to_mm"), in.number("radius_mm"), value, edge_mm);
  throw InputError("{} has shape '{}'; expected sphere, ellipsoid, box, wall, cylinder, line or blob",
                   in.where(), shape);
}

Object object_from(const json& value, const std::string& where) {
  Reader in(value, where);
  Object object = shape_from(in, in.text("shape", ""));
  const std::string blend = in.text("blend", object.blend == Blend::add ? "add" : "over");
  if (blend != "over" && blend != "add")
    throw InputError("{} has blend '{}'; expected over or add", where, blend);
  object.blend = blend == "add" ? Blend::add : Blend::over;
  const double turn_deg = in.number("turn_deg", 0);
  const Vec3 turn_axis = in.vector("turn_axis", {0, 0, 1});
  in.refuse_others();
  if (turn_axis == Vec3{}) throw InputError("{} has turn_axis 0 0 0; expected a direction", where);
  return turn_deg == 0 ? object : turned(object, turn_axis, turn_deg);
}

Wave wave_from(const json& value, const std::string& where) {
  Reader in(value, where);
  Wave wave{in.number("amplitude"), in.vector("direction"), in.number("period_mm"), in.number("phase", 0)};
  in.refuse_others();
  return wave;
}

Speckle speckle_from(const json& value, const std::string& where) {
  Reader in(value, where);
  Speckle speckle;
  speckle.strength = in.number("strength");
  speckle.cell_mm = in.number("cell_mm", speckle.cell_mm);
  if (const json* seed = in.find("seed")) {
    if (!seed->is_number_unsigned())
      throw InputError("{} has a seed that is not a whole number of 0 or more", where);
    speckle.seed = seed->get<std::uint64_t>();
  }
  in.refuse_others();
  return speckle;
}

json parsed(const std::string& text, const std::string& origin) {
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    throw InputError("{}: not JSON at byte {}; expected a scene in braces", origin, error.byte);
  } catch (const json::out_of_range& error) {  // a number like 1e400
    throw InputError("{}: has a number that no double holds: {}", origin, error.what());
  }
}

}  // namespace

Scene scene_from_json(const std::string& text, const std::string& origin) {
  const json root = parsed(text, origin);
  Reader in(root, origin + ": scene");
  Scene scene;
  scene.name = in.text("name", scene.name);
  scene.background = in.number("background", 0);
  scene.gradient_per_mm = in.vector("gradient_per_mm", {});
  scene.center_mm = in.vector("center_mm", {});
  scene.size_mm = in.vector("size_mm", scene.size_mm);
  const json& waves = in.list("waves");
  for (std::size_t i = 0; i < waves.size(); ++i)
    scene.waves.push_back(wave_from(waves[i], fmt::format("{}: wave {}", origin, i)));
  const json& objects = in.list("objects");
  for (std::size_t i = 0; i < objects.size(); ++i)
    scene.objects.push_back(object_from(objects[i], fmt::format("{}: object {}", origin, i)));
  if (const json* speckle = in.find("speckle")) scene.speckle = speckle_from(*speckle, origin + ": speckle");
  in.refuse_others();
  check(scene, origin);
  return scene;
}

}  // namespace snitt::phantom
