#pragma once
#include <span>
#include <string_view>

namespace snitt::store {

/// A schema file as text, embedded at build time: name "volume-1", content of schemas/volume-1.json.
struct SchemaText {
  std::string_view name;
  std::string_view text;
};
std::span<const SchemaText> schema_texts();

}  // namespace snitt::store
