#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace snitt {

/// Bytes of the UTF-8 sequence at the front, 0 when there is none (RFC 3629: shortest form, no surrogates).
std::size_t utf8_sequence_length(std::string_view text);

/// Characters, for the width of a text; a byte that is no UTF-8 counts as one.
std::size_t character_count(std::string_view text);

/// The first `most` characters.
std::string_view first_characters(std::string_view text, std::size_t most);

/// Text that any file may hold: control characters other than tab and line ends, noncharacters, and bytes
/// that are not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

}  // namespace snitt
