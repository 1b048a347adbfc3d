#include "formats/header_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

constexpr std::size_t block_bytes = 1 << 18;
/// The longest line seen in real files has some hundred characters; binary data have no line ends for long.
constexpr std::size_t longest_line = 1 << 20;

bool starts_line(std::string_view text, std::string_view word) {
  if (text.starts_with(word)) return true;
  const std::string with_break = "\n" + std::string(word);
  return text.find(with_break) != std::string_view::npos;
}

/// Whether a line is the last of a header; `line` has no line break.
bool ends_header(HeaderKind kind, std::string_view line) {
  if (kind == HeaderKind::nrrd) return stripped(line).empty();
  constexpr std::string_view word = "ElementDataFile";
  line = stripped(line);
  return line.starts_with(word) && stripped(line.substr(word.size())).starts_with('=');
}

[[noreturn]] void throw_not_text(const std::string& path, HeaderKind kind, std::size_t line) {
  throw InputError("{}: line {} of the header is not text; expected {}", path, line,
                   kind == HeaderKind::meta ? "'ElementDataFile = …' before the pixels"
                                            : "an empty line before the pixels");
}

/// Grows until the header's last line is inside; then the size of the header, its line break included.
class HeaderCollector {
 public:
  HeaderCollector(const InputFile& file, HeaderKind kind) : file_(file), kind_(kind) {}

  std::uint64_t collect() {
    while (true) {
      const std::size_t break_at = text_.find('\n', start_);
      if (break_at != std::string::npos) {
        if (take_line(break_at)) return break_at + 1;
        continue;
      }
      if (text_.size() - start_ > longest_line) throw_not_text(file_.path(), kind_, line_);
      if (grow()) continue;
      // A detached header may end with the file, with or without a last line break.
      if (kind_ == HeaderKind::meta && !(start_ < text_.size() && take_line(text_.size())))
        throw InputError(
            "{}: the header ends without 'ElementDataFile = …'; the file is truncated or not a MetaImage",
            file_.path());
      return text_.size();
    }
  }
  std::string take_text() { return std::move(text_); }

 private:
  bool grow() {
    const std::size_t before = text_.size();
    const std::size_t wanted = std::min<std::uint64_t>(block_bytes, file_.size() - before);
    text_.resize(before + wanted);
    const std::size_t got =
        file_.read_at(before, std::as_writable_bytes(std::span(text_.data() + before, wanted)));
    text_.resize(before + got);
    return got > 0;
  }
  bool take_line(std::size_t end) {
    const std::string_view line(text_.data() + start_, end - start_);
    if (line.find('\0') != std::string_view::npos) throw_not_text(file_.path(), kind_, line_);
    start_ = std::min(end + 1, text_.size());
    ++line_;
    return ends_header(kind_, line);
  }

  const InputFile& file_;
  HeaderKind kind_;
  std::string text_;
  std::size_t start_ = 0;
  std::size_t line_ = 1;
};

std::optional<HeaderLine> split_meta(std::string_view line) {
  const std::size_t at = line.find('=');
  if (at == std::string_view::npos) return std::nullopt;
  return HeaderLine{stripped(line.substr(0, at)), stripped(line.substr(at + 1)), 0, false};
}

std::optional<HeaderLine> split_nrrd(std::string_view line) {
  const std::size_t at = line.find(':');
  if (at == std::string_view::npos) return std::nullopt;
  const bool is_free = at + 1 < line.size() && line[at + 1] == '=';
  return HeaderLine{stripped(line.substr(0, at)), stripped(line.substr(at + (is_free ? 2 : 1))), 0, is_free};
}

void split_lines(HeaderText& header) {
  std::string_view rest = *header.text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = stripped(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    const bool is_magic = header.kind == HeaderKind::nrrd && number == 1;
    if (line.empty() || line.front() == '#' || is_magic) continue;
    auto split = header.kind == HeaderKind::meta ? split_meta(line) : split_nrrd(line);
    if (!split || split->key.empty())
      throw InputError("{}: line {} of the header is '{}'; expected '{}'", header.path, number,
                       line.substr(0, 60), header.kind == HeaderKind::meta ? "key = value" : "field: value");
    split->number = number;
    header.lines.push_back(*split);
  }
}

std::optional<HeaderKind> kind_of(const InputFile& file) {
  std::array<char, 4096> buffer{};
  const std::size_t got = file.read_at(0, std::as_writable_bytes(std::span(buffer)));
  const std::string_view text(buffer.data(), got);
  if (text.starts_with("NRRD000")) return HeaderKind::nrrd;
  if (starts_line(text, "ObjectType") || starts_line(text, "NDims")) return HeaderKind::meta;
  return std::nullopt;
}

}  // namespace

std::optional<HeaderKind> header_kind(const std::string& path) { return kind_of(InputFile(path)); }

HeaderText read_header_text(const std::string& path) {
  const InputFile file(path);
  const auto kind = kind_of(file);
  if (!kind)
    throw InputError(
        "{}: is neither a MetaImage nor an NRRD; expected 'ObjectType = Image' or 'NRRD0004' at its start",
        path);
  HeaderText header;
  header.kind = *kind;
  header.path = path;
  HeaderCollector collector(file, *kind);
  header.end = collector.collect();
  std::string text = collector.take_text();
  text.resize(header.end);
  header.text = std::make_unique<const std::string>(std::move(text));
  split_lines(header);
  return header;
}

}  // namespace snitt::formats
