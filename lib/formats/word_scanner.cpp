#include "formats/word_scanner.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

std::string shown(std::string_view word) {
  return word.empty() ? "the end of the file" : "'" + std::string(word.substr(0, 40)) + "'";
}

}  // namespace

WordScanner::WordScanner(std::string path, std::string_view text, std::size_t position)
    : path_(std::move(path)), text_(text), position_(position) {}

std::string_view WordScanner::word() {
  const std::size_t start = std::min(text_.find_first_not_of(blanks, position_), text_.size());
  position_ = std::min(text_.find_first_of(blanks, start), text_.size());
  return text_.substr(start, position_ - start);
}

std::string_view WordScanner::line() {
  const std::size_t start = position_;
  const std::size_t end = std::min(text_.find('\n', start), text_.size());
  position_ = std::min(end + 1, text_.size());
  return stripped(text_.substr(start, end - start));
}

bool WordScanner::at_end() { return text_.find_first_not_of(blanks, position_) == std::string_view::npos; }

std::size_t WordScanner::line_number() const {
  const std::string_view before = text_.substr(0, position_);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

double WordScanner::number(std::string_view what) {
  const std::string_view text = word();
  const auto value = parse_number(text);
  if (!value || !std::isfinite(*value))
    throw InputError("{}: line {}: {} is {}; expected a finite number", path_, line_number(), what,
                     shown(text));
  return *value;
}

std::uint64_t WordScanner::count(std::string_view what, std::uint64_t most) {
  const std::string_view text = word();
  const auto value = parse_whole(text);
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > most)
    throw InputError("{}: line {}: {} is {}; expected a whole number from 0 to {}", path_, line_number(),
                     what, shown(text), most);
  return static_cast<std::uint64_t>(*value);
}

}  // namespace snitt::formats
