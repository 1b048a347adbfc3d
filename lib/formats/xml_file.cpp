#include "formats/xml_file.hpp"

#include <algorithm>
#include <span>

#include "base/error.hpp"
#include "formats/input_file.hpp"

namespace snitt::formats {

pugi::xml_document read_xml(const std::string& path) {
  const InputFile file(path);
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size());
  if (result) return document;
  const auto end =
      text.begin() + std::min<std::ptrdiff_t>(result.offset, static_cast<std::ptrdiff_t>(text.size()));
  throw InputError("{}: line {}: is not well-formed XML: {}", path, 1 + std::count(text.begin(), end, '\n'),
                   result.description());
}

}  // namespace snitt::formats
