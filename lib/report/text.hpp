#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace snitt::report {

/// Text inside an element or a quoted attribute of HTML and XML: & < > " ' are replaced, characters that no
/// page may hold (control characters, bytes that are not UTF-8) become U+FFFD, and so do those that turn the
/// direction of writing, by which a name could reorder what stands beside it.
std::string escaped(std::string_view text);

/// RFC 4648, with padding.
std::string base64(std::span<const std::byte> bytes);

}  // namespace snitt::report
