#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The text in front of the pixels of a MetaImage ("key = value", ends with ElementDataFile) or an NRRD
/// ("field: value" and "key:=value", ends with an empty line), cut into lines without judging them.
namespace snitt::formats {

enum class HeaderKind { meta, nrrd };

struct HeaderLine {
  std::string_view key;
  std::string_view value;
  std::size_t number = 0;  ///< 1-based line of the file
  bool is_free = false;    ///< "key:=value" of an NRRD: means what its writer likes
};

struct HeaderText {
  HeaderKind kind = HeaderKind::meta;
  std::string path;
  std::unique_ptr<const std::string> text;  ///< what the views of `lines` look at
  std::vector<HeaderLine> lines;
  std::uint64_t end = 0;  ///< first byte of the file after the header
};

/// By content, whatever the file is called; nothing for other files. Throws InputError when the file cannot
/// be read.
std::optional<HeaderKind> header_kind(const std::string& path);

/// Throws InputError for a file of neither kind, a header without an end, or bytes that are not text.
HeaderText read_header_text(const std::string& path);

}  // namespace snitt::formats
