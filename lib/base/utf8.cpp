#include "base/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace snitt {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_printable(std::string_view character) {
  const auto byte = static_cast<std::uint8_t>(character.front());
  if (character.size() == 1)
    return (byte >= 0x20 && byte != 0x7F) || byte == '\n' || byte == '\t' || byte == '\r';
  return character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (text.empty()) return 0;
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (length > 2) {
    const std::uint8_t second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
      return 0;
  }
  return length;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(1, utf8_sequence_length(text)));
  return count;
}

std::string_view first_characters(std::string_view text, std::size_t most) {
  std::string_view rest = text;
  for (std::size_t i = 0; i < most && !rest.empty(); ++i)
    rest.remove_prefix(std::max<std::size_t>(1, utf8_sequence_length(rest)));
  return text.substr(0, text.size() - rest.size());
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const bool shown = length > 0 && is_printable(text.substr(0, length));
    result += shown ? text.substr(0, length) : replacement;
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return result;
}

}  // namespace snitt
