#include "formats/point_lines.hpp"

#include <cmath>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {

std::string point_text_of(const std::string& path) {
  const InputFile file(path);
  constexpr std::uint64_t most = std::uint64_t{256}
                                 << 20;  // landmarks have kilobytes, surfaces some megabytes
  if (file.size() > most) throw InputError("{}: has {} bytes; expected a file of points", path, file.size());
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  if (text.find('\0') != std::string::npos)
    throw InputError("{}: has bytes that are not text; expected a file of points", path);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view content) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    std::string_view line = content.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    at = end + 1;
  }
  return lines;
}

Space space_from_word(std::string_view word, const std::string& where) {
  if (word == "LPS" || word == "1") return Space::lps;
  if (word == "RAS" || word == "0") return Space::ras;
  if (word == "IJK" || word == "2") return Space::indices;
  throw InputError("{}: the coordinate system is '{}'; expected LPS, RAS or IJK (or 1, 0, 2)", where, word);
}

double number_in_line(const std::string& path, std::size_t line, std::string_view word,
                      std::string_view what) {
  const auto value = parse_number(stripped(word));
  if (!value || !std::isfinite(*value))
    throw InputError("{}: line {}: {} is '{}'; expected a finite number", path, line, what, stripped(word));
  return *value;
}

}  // namespace snitt::formats
