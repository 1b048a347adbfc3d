#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace snitt::formats {

/// The bytes of a whole file. Throws InputError when it is missing or has more than `most` bytes.
std::string file_text(const std::string& path, std::uint64_t most);
/// ASCII letters as small ones.
std::string lower_case(std::string_view text);

}  // namespace snitt::formats
