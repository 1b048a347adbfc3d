#include "formats/file_text.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "formats/input_file.hpp"

namespace snitt::formats {

std::string file_text(const std::string& path, std::uint64_t most) {
  const InputFile file(path);
  if (file.size() > most) throw InputError("{}: has {} bytes; expected at most {}", path, file.size(), most);
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c);
  });
  return lower;
}

}  // namespace snitt::formats
