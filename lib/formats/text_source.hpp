#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

/// Long texts as a stream of UTF-8, whatever they are stored as.
namespace snitt::formats {

enum class TextEncoding { detect, utf8, cp1252, utf16 };

class TextSource {
 public:
  virtual ~TextSource() = default;
  /// Up to `most` bytes of UTF-8; 0 at the end only. Throws InputError naming the file.
  virtual std::size_t read(char* out, std::size_t most) = 0;
  /// SHA-256 of the bytes as they are stored, once all was read.
  virtual std::string sha256() = 0;
};

struct OpenedText {
  std::unique_ptr<TextSource> text;
  std::string encoding;            ///< "UTF-8", "CP1252", "UTF-16LE", "UTF-16BE"
  std::vector<std::string> notes;  ///< what was detected and should be known
};

/// Opens a file, a gzip file (also of several members), a zip file with one file in it, or a pipe ("-" is
/// standard input). A byte order mark is passed over and decides the encoding; else text that is not UTF-8 in
/// its first megabyte is taken for CP1252 (which holds Latin-1), and a note says so. UTF-8 is handed on as it
/// is, valid or not. Throws InputError.
OpenedText open_text(const std::string& path, TextEncoding encoding);

/// Length of the part that is valid UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
std::size_t valid_utf8(const char* text, std::size_t size);

}  // namespace snitt::formats
