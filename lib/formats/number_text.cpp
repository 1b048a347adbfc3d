#include "formats/number_text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace snitt::formats {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

}  // namespace

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<double> parse_number(std::string_view text) {
  text = stripped(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // from_chars tells too small from too large only through the text.
    if (text.find("e-") == std::string_view::npos && text.find("E-") == std::string_view::npos)
      return std::nullopt;
    return 0.0;
  }
  return value;
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  text = stripped(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::size_t> parse_numbers(std::string_view text, std::span<double> out) {
  std::size_t count = 0;
  while (true) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return count;
    text.remove_prefix(first);
    const std::size_t length = std::min(text.find_first_of(blanks), text.size());
    const auto value = parse_number(text.substr(0, length));
    if (!value) return std::nullopt;
    if (count < out.size()) out[count] = *value;
    ++count;
    text.remove_prefix(length);
  }
}

std::string number_text(double value) { return fmt::format("{}", value); }

}  // namespace snitt::formats
