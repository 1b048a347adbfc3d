#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Numbers as text, the same in every locale: a German or Norwegian desktop must not read "1.5" as 1.
namespace snitt::formats {

/// Without blanks, tabs and carriage returns at both ends.
std::string_view stripped(std::string_view text);

/// The number that the whole of `text` spells ("8.4e-005", "+1", "nan"); nothing if it spells none. A number
/// too small for a double is 0, one too large is refused.
std::optional<double> parse_number(std::string_view text);
std::optional<std::int64_t> parse_whole(std::string_view text);

/// Blank-separated numbers into `out`; how many there were, also beyond out.size(); nothing if a word is no
/// number.
std::optional<std::size_t> parse_numbers(std::string_view text, std::span<double> out);

/// The shortest text that reads back as the same double.
std::string number_text(double value);

}  // namespace snitt::formats
