#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/check.hpp"
#include "store/h5.hpp"

/// The description of a layout (schemas/NAME-MAJOR.json) and the check of a file against it. Writers,
/// readers, snitt-check and the manual pages of section 5 all use the same description.
namespace snitt::store {

struct AttributeRule {
  std::string name;
  std::string type;  ///< "text", "texts", "integer" or "number"
  bool required = false;
  std::vector<std::string> values;  ///< allowed words; empty: any
  std::string description;
};

struct ObjectRule {
  std::string path;                ///< "/transforms/{name}/matrix": a part in braces stands for any name
  std::string kind;                ///< "array", "texts", "text", "group" or "link"
  std::vector<std::string> types;  ///< of an array's elements
  std::vector<std::string>
      dimensions;      ///< "row"; "component?" may be absent; "4" is an extent without a name
  std::string units;   ///< required units; empty: any, but named
  std::string target;  ///< of a link
  bool required = false;
  bool foreign = false;  ///< somebody else's format: carries no `units` and `dimensions`
  std::vector<AttributeRule> attributes;
  std::string description;
};

struct Schema {
  std::string layout;
  int major = 1;
  int minor = 0;
  std::string summary;
  std::string description;
  std::vector<AttributeRule> attributes;  ///< of the root
  std::vector<ObjectRule> objects;
};

std::vector<std::string> layout_names();
/// Throws InputError that lists the known layouts.
const Schema& schema_for(const std::string& layout);
/// Throws ComputationError when the text does not describe a layout.
Schema parse_schema(const std::string& text);

/// Everything in which the file differs from its layout, apart from bulk data. Empty: none.
std::vector<Finding> check_layout(const h5::File& file, const Schema& schema);

}  // namespace snitt::store
