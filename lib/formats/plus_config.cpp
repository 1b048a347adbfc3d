#include "formats/plus_config.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"
#include "formats/xml_file.hpp"

namespace snitt::formats {
namespace {

StaticTransform read_transform(const std::string& path, const pugi::xml_node& node) {
  const std::string from = node.attribute("From").as_string();
  const std::string to = node.attribute("To").as_string();
  if (from.empty() || to.empty())
    throw InputError("{}: a Transform has From '{}' and To '{}'; expected the names of two coordinate frames",
                     path, from, to);
  StaticTransform transform{{from, to}, {}};
  const std::string_view text = node.attribute("Matrix").as_string();
  const auto count = parse_numbers(text, transform.matrix.m);
  const std::string name = transform.name.text();
  if (text.empty()) throw InputError("{}: {} has no Matrix; expected 16 numbers, row by row", path, name);
  if (!count)
    throw InputError("{}: {} has a Matrix with a word that is no number: '{}'", path, name, stripped(text));
  if (*count != 16)
    throw InputError("{}: {} has a Matrix of {} numbers; expected 16, row by row", path, name, *count);
  if (!is_affine(transform.matrix))
    throw InputError(
        "{}: {} has the Matrix '{}'; expected finite numbers, an invertible 3x3 part and the last row 0 0 0 "
        "1",
        path, name, fmt::join(transform.matrix.m, " "));
  return transform;
}

}  // namespace

bool is_plus_config(const std::string& path) {
  const InputFile file(path);
  std::string head(std::min<std::uint64_t>(file.size(), 1 << 16), '\0');
  head.resize(file.read_at(0, std::as_writable_bytes(std::span(head))));
  const std::size_t first = head.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string::npos || head[first] != '<') return false;
  return head.find("<PlusConfiguration") != std::string::npos ||
         head.find("<CoordinateDefinitions") != std::string::npos;
}

std::vector<StaticTransform> read_plus_transforms(const std::string& path) {
  const pugi::xml_document document = read_xml(path);
  std::vector<StaticTransform> transforms;
  for (const pugi::xpath_node& definitions : document.select_nodes("//CoordinateDefinitions"))
    for (const pugi::xml_node& node : definitions.node().children("Transform")) {
      StaticTransform transform = read_transform(path, node);
      const auto same = [&](const StaticTransform& other) { return other.name == transform.name; };
      if (std::any_of(transforms.begin(), transforms.end(), same))
        throw InputError("{}: {} is there twice; expected once", path, transform.name.text());
      transforms.push_back(std::move(transform));
    }
  if (transforms.empty()) throw InputError("{}: has no CoordinateDefinitions/Transform", path);
  return transforms;
}

std::vector<std::pair<std::string, std::string>> read_plus_attributes(const std::string& path,
                                                                      const std::string& element) {
  const pugi::xml_document document = read_xml(path);
  const pugi::xpath_node_set found = document.select_nodes(("//" + element).c_str());
  if (found.size() != 1)
    throw InputError("{}: has {} elements {}; expected one", path, found.size(), element);
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const pugi::xml_attribute& attribute : found.first().node().attributes())
    attributes.emplace_back(attribute.name(), attribute.value());
  return attributes;
}

}  // namespace snitt::formats
