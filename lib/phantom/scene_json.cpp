#include "phantom/scene_json.hpp"

#include "base/error.hpp"
#include "formats/json_object.hpp"

namespace snitt::phantom {
namespace {

using nlohmann::json;

using Reader = formats::JsonObject;

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

}  // namespace

Scene scene_from_json(const std::string& text, const std::string& origin) {
  const json root = formats::parse_json(text, origin, "a scene in braces");
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
