#include "formats/phantom_file.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/json_object.hpp"
#include "formats/number_text.hpp"
#include "formats/phantom_check.hpp"
#include "formats/xml_file.hpp"

namespace snitt::formats {
namespace {

using nlohmann::json;

// JSON

/// Calls `read` with every object of the list `key`.
template <typename Read>
void for_each(JsonObject& in, const std::string& key, const std::string& one, Read read) {
  const json& list = in.list(key);
  for (std::size_t i = 0; i < list.size(); ++i) {
    JsonObject entry(list[i], fmt::format("{}: {} {}", in.where(), one, i + 1));
    read(entry);
    entry.refuse_others();
  }
}

void read_wires(JsonObject& in, std::vector<PhantomWire>& wires) {
  for_each(in, "wires", "wire", [&](JsonObject& wire) {
    wires.push_back({wire.text("name"), wire.vector("front_mm"), wire.vector("back_mm")});
  });
}

void read_points(JsonObject& in, const std::string& key, const std::string& one,
                 std::vector<PhantomPoint>& points) {
  for_each(in, key, one, [&](JsonObject& point) {
    points.push_back({point.text("name"), point.vector("position_mm")});
  });
}

WirePattern pattern_of(const std::vector<PhantomWire>& wires, const std::string& where) {
  if (wires.size() != 3)
    throw InputError("{} has {} wires; expected three that form an N", where, wires.size());
  return {{wires[0], wires[1], wires[2]}};
}

PhantomDefinition phantom_from_json(const std::string& text, const std::string& path) {
  const json root = parse_json(text, path, "a phantom definition in braces, or XML of PLUS");
  JsonObject in(root, path + ": phantom");
  if (const std::string version = in.text("phantom_definition"); !version.starts_with("1."))
    throw InputError("{}: has phantom_definition '{}'; this version of Snitt reads 1.x", path, version);
  PhantomDefinition phantom;
  phantom.name = in.text("name", "");
  phantom.version = in.text("version", "");
  phantom.description = in.text("description", "");
  for_each(in, "patterns", "pattern", [&](JsonObject& pattern) {
    std::vector<PhantomWire> wires;
    read_wires(pattern, wires);
    phantom.patterns.push_back(pattern_of(wires, pattern.where()));
  });
  read_wires(in, phantom.wires);
  read_points(in, "points", "point", phantom.points);
  read_points(in, "landmarks", "landmark", phantom.landmarks);
  for_each(in, "planes", "plane", [&](JsonObject& plane) {
    phantom.planes.push_back(
        {plane.text("name"), plane.vector("base_mm"), plane.vector("end1_mm"), plane.vector("end2_mm")});
  });
  for_each(in, "lines", "line", [&](JsonObject& line) {
    phantom.lines.push_back({line.text("name"), line.vector("from_mm"), line.vector("to_mm")});
  });
  in.refuse_others();
  return phantom;
}

// XML of PLUS

std::string named(const pugi::xml_node& node) {
  return fmt::format("{} '{}'", node.name(), node.attribute("Name").as_string());
}

Vec3 vector_of(const pugi::xml_node& node, const char* attribute, const std::string& path) {
  const std::string_view text = node.attribute(attribute).as_string();
  std::array<double, 3> v{};
  if (text.empty())
    throw InputError("{}: {} has no {}; expected three numbers in mm", path, named(node), attribute);
  if (parse_numbers(text, v) != std::optional<std::size_t>(3))
    throw InputError("{}: {} has {} '{}'; expected three numbers in mm", path, named(node), attribute,
                     stripped(text));
  return {v[0], v[1], v[2]};
}

void add_pattern(const pugi::xml_node& node, const std::string& path, PhantomDefinition& phantom) {
  std::vector<PhantomWire> wires;
  for (const pugi::xml_node& wire : node.children("Wire"))
    wires.push_back({wire.attribute("Name").as_string(), vector_of(wire, "EndPointFront", path),
                     vector_of(wire, "EndPointBack", path)});
  const std::string type = node.attribute("Type").as_string();
  if (type == "NWire")
    phantom.patterns.push_back(
        pattern_of(wires, fmt::format("{}: Pattern {}", path, phantom.patterns.size() + 1)));
  else if (type == "CoplanarParallelWires")
    phantom.wires.insert(phantom.wires.end(), wires.begin(), wires.end());
  else
    throw InputError("{}: a Pattern has the Type '{}'; expected NWire or CoplanarParallelWires", path, type);
}

PhantomDefinition phantom_from_plus(const std::string& path) {
  const pugi::xml_document document = read_xml(path);
  const pugi::xpath_node_set found = document.select_nodes("//PhantomDefinition");
  if (found.size() != 1)
    throw InputError("{}: has {} elements PhantomDefinition; expected one", path, found.size());
  const pugi::xml_node definition = found.first().node();
  const pugi::xml_node about = definition.child("Description");
  PhantomDefinition phantom;
  phantom.name = about.attribute("Name").as_string();
  phantom.version = about.attribute("Version").as_string();
  if (const std::string institution = about.attribute("Institution").as_string(); !institution.empty())
    phantom.description = institution;
  const pugi::xml_node geometry = definition.child("Geometry");
  for (const pugi::xml_node& node : geometry.children("Pattern")) add_pattern(node, path, phantom);
  for (const pugi::xml_node& node : geometry.child("Landmarks").children("Landmark"))
    phantom.landmarks.push_back({node.attribute("Name").as_string(), vector_of(node, "Position", path)});
  for (const pugi::xml_node& node : geometry.child("Planes").children("Plane"))
    phantom.planes.push_back({node.attribute("Name").as_string(), vector_of(node, "BasePoint", path),
                              vector_of(node, "EndPoint1", path), vector_of(node, "EndPoint2", path)});
  return phantom;
}

std::string content_of(const std::string& path) {
  const InputFile file(path);
  constexpr std::uint64_t most = 16 << 20;  // a definition has kilobytes; do not read a recording
  if (file.size() > most)
    throw InputError("{}: has {} bytes; expected a phantom definition (JSON, or XML of PLUS)", path,
                     file.size());
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

PhantomDefinition read_phantom(const std::string& path) {
  const std::string text = content_of(path);
  const std::size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const bool xml = first != std::string::npos && text[first] == '<';
  PhantomDefinition phantom = xml ? phantom_from_plus(path) : phantom_from_json(text, path);
  check_phantom(phantom, path);
  return phantom;
}

}  // namespace snitt::formats
