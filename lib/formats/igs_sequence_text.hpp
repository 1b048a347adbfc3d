#pragma once
#include <cstdint>
#include <string>

#include "data/frames.hpp"
#include "formats/header_lines.hpp"

namespace snitt::formats {

/// How a sequence's pixels will be stored, as far as its header says so.
struct SequenceLayout {
  HeaderKind kind = HeaderKind::meta;
  bool compressed = false;
  std::string data_file;  ///< "" when the pixels follow the header
};

/// Header text of a recording whose tracked transforms are all on the frames' clock. A compressed MetaImage
/// has a field of `compressed_size_width` blanks and digits at `compressed_size_at`, to be filled when the
/// size is known.
struct SequenceHeaderText {
  std::string text;
  std::size_t compressed_size_at = 0;
};
constexpr std::size_t compressed_size_width = 20;

/// Throws OutputError for a name or value that the format cannot hold (a line break).
SequenceHeaderText sequence_header_text(const std::string& path, const Frames& frames,
                                        const SequenceLayout& layout);

}  // namespace snitt::formats
