#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/utf8.hpp"

namespace snitt::report {
namespace {

/// What orders the text around it from right to left, or marks it so: a name must not turn its neighbours.
constexpr std::array<std::string_view, 12> directions{
    "\xD8\x9C",     "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC",
    "\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9"};

std::string_view entity(std::string_view character) {
  switch (character.front()) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return std::find(directions.begin(), directions.end(), character) == directions.end() ? character
                                                                                            : "\xEF\xBF\xBD";
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  const std::string clean = printable(text);
  std::string result;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::size_t length = utf8_sequence_length(rest);
    result += entity(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return result;
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0);
    for (std::size_t i = 0; i < 4; ++i) result += i <= count ? digits[group >> (18 - 6 * i) & 63] : '=';
  }
  return result;
}

}  // namespace snitt::report
