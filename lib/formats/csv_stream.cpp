#include "formats/csv_stream.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.hpp"
#include "formats/csv_scan.hpp"
#include "formats/csv_walk.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

/// Kept of a row at fault.
constexpr std::size_t longest_kept = std::size_t{64} << 10;

struct BrokenSink {
  std::vector<BrokenLine>& broken;
  void cell(std::size_t, std::size_t, bool, bool) {}
  void row(std::size_t, std::size_t, std::size_t) {}
  void fault(std::size_t begin, std::size_t end, std::string_view, std::size_t cell) {
    broken.push_back({begin, end, cell});
  }
};

/// Grows once per thread, not once per piece.
std::uint32_t* room_for_positions(std::size_t size) {
  thread_local std::unique_ptr<std::uint32_t[]> room;
  thread_local std::size_t capacity = 0;
  if (capacity < size + scan_padding) {
    capacity = size + scan_padding;
    room = std::make_unique_for_overwrite<std::uint32_t[]>(capacity);
  }
  return room.get();
}

char most_frequent_delimiter(std::string_view line) {
  constexpr std::array<char, 4> candidates{';', '\t', ',', '|'};
  std::array<std::size_t, 4> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (c == candidates[i] && !quoted) ++counts[i];
  }
  const auto best = std::max_element(counts.begin(), counts.end());
  return *best == 0 ? ',' : candidates[static_cast<std::size_t>(best - counts.begin())];
}

std::string unescaped(std::string_view cell) {
  std::string result;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    result += cell[i];
    if (cell[i] == '"') ++i;
  }
  return result;
}

/// The cells of the first record.
struct NameSink {
  const char* text;
  std::vector<std::string> names;
  std::size_t end = 0;
  std::size_t newlines = 0;
  bool done = false;
  std::string_view problem;
  void cell(std::size_t begin, std::size_t stop, bool doubled, bool quoted) {
    if (done) return;
    const std::string_view raw(text + begin, stop - begin);
    names.emplace_back(doubled ? unescaped(raw) : std::string(quoted ? raw : stripped(raw)));
  }
  void row(std::size_t, std::size_t stop, std::size_t inner) {
    if (!done) end = stop, newlines = inner;
    done = true;
  }
  void fault(std::size_t, std::size_t, std::string_view reason, std::size_t) {
    if (!done) problem = reason;
    done = true;
  }
};

}  // namespace

CsvCutter::CsvCutter(TextSource& source, const std::string& shown, const CsvOptions& options)
    : source_(source), options_(options) {
  form_.delimiter = options.delimiter;
  form_.longest_row = options.longest_row;
  read_names(shown);
}

bool CsvCutter::fill(std::size_t target) {
  if (capacity_ < target) {
    auto larger = std::make_unique_for_overwrite<char[]>(target + scan_padding);
    if (size_ > 0) std::memcpy(larger.get(), buffer_.get(), size_);
    buffer_ = std::move(larger);
    capacity_ = target;
  }
  while (!ended_ && size_ < target) {
    const std::size_t got = source_.read(buffer_.get() + size_, target - size_);
    ended_ = got == 0;
    size_ += got;
  }
  std::memset(buffer_.get() + size_, 0, scan_padding);
  return size_ == target;
}

void CsvCutter::read_names(const std::string& shown) {
  fill(options_.piece_bytes);
  std::size_t start = 0;
  const auto line_at = [&](std::size_t from) {
    const std::string_view rest(buffer_.get() + from, size_ - from);
    return rest.substr(0, rest.find('\n'));
  };
  while (start < size_ && stripped(line_at(start)).empty()) {  // empty lines before the names
    start += line_at(start).size() + 1;
    ++form_.first_line;
  }
  if (start >= size_) throw InputError("{}: is empty; expected a line of column names", shown);
  std::string_view line = line_at(start);
  if (line.size() >= 5 && line.starts_with("sep=")) {  // a spreadsheet's own word to itself
    if (form_.delimiter == '\0') form_.delimiter = line[4];
    start += line.size() + 1;
    ++form_.first_line;
    line = start < size_ ? line_at(start) : std::string_view{};
  }
  if (line.find('\r') != std::string_view::npos && line.find('\r') + 1 < line.size() &&
      line.find('"') == std::string_view::npos)
    throw InputError("{}: its lines end with CR alone, as on very old computers; expected LF or CRLF", shown);
  if (line.size() > options_.longest_row || (line.size() == size_ - start && !ended_))
    throw InputError("{}: its first line is longer than {} bytes; expected column names", shown, line.size());
  if (form_.delimiter == '\0') form_.delimiter = most_frequent_delimiter(line);
  const std::size_t size = size_ - start;
  std::uint32_t* at = room_for_positions(size);
  const ScanFacts facts = scan_structure(buffer_.get() + start, size, form_.delimiter, at);
  NameSink sink{buffer_.get() + start, {}, 0, 0, false, {}};
  walk_records({buffer_.get() + start, size, at, facts.count, form_.delimiter, form_.longest_row, ended_},
               sink);
  if (!sink.done || !sink.problem.empty())
    throw InputError("{}: line {}: {}", shown, form_.first_line - 1,
                     sink.problem.empty() ? broken_quote : sink.problem);
  form_.names = sink.names;
  for (std::size_t i = 0; i < form_.names.size(); ++i)
    if (form_.names[i].empty()) form_.names[i] = fmt::format("column {}", i + 1);
  form_.header = std::string(stripped(std::string_view(buffer_.get() + start, sink.end)));
  form_.first_line += sink.newlines;
  start = std::min(size_, start + sink.end + 1);
  size_ -= start;
  std::memmove(buffer_.get(), buffer_.get() + start, size_);
}

std::size_t CsvCutter::whole_records(std::vector<BrokenLine>& broken) const {
  const char* text = buffer_.get();
  if (std::memchr(text, '"', size_) == nullptr) {
    if (ended_) return size_;
    const void* last = memrchr(text, '\n', size_);
    return last == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(last) - text) + 1;
  }
  std::uint32_t* at = room_for_positions(size_);
  const ScanFacts facts = scan_structure(text, size_, form_.delimiter, at);
  BrokenSink sink{broken};
  return walk_records({text, size_, at, facts.count, form_.delimiter, form_.longest_row, ended_}, sink);
}

void CsvCutter::give(CsvPiece& piece, std::size_t bytes) {
  piece = {std::move(buffer_), bytes, false, {}};
  const std::size_t rest = size_ - bytes;
  capacity_ = std::max(options_.piece_bytes, rest);
  buffer_ = std::make_unique_for_overwrite<char[]>(capacity_ + scan_padding);
  std::memcpy(buffer_.get(), piece.text.get() + bytes, rest);
  std::memset(piece.text.get() + bytes, 0, scan_padding);
  size_ = rest;
}

bool CsvCutter::cut_overlong(CsvPiece& piece) {
  give(piece, std::min(size_, longest_kept));
  piece.is_overlong = true;
  while (true) {
    const void* end = std::memchr(buffer_.get(), '\n', size_);
    if (end != nullptr) {
      const auto passed = static_cast<std::size_t>(static_cast<const char*>(end) - buffer_.get()) + 1;
      size_ -= passed;
      std::memmove(buffer_.get(), buffer_.get() + passed, size_);
      return true;
    }
    size_ = 0;
    fill(options_.piece_bytes);
    if (size_ == 0) return true;
  }
}

bool CsvCutter::next(CsvPiece& piece) {
  std::size_t target = options_.piece_bytes;
  while (true) {
    fill(std::max(target, size_));
    if (size_ == 0) return false;
    std::vector<BrokenLine> broken;
    const std::size_t whole = whole_records(broken);
    if (whole > 0) {
      give(piece, whole);
      piece.broken = std::move(broken);
      return true;
    }
    if (size_ > options_.longest_row) return cut_overlong(piece);
    target = size_ + options_.piece_bytes;
  }
}

/// Fills CsvRows; the sink of walk_records.
class CsvParser {
 public:
  CsvParser(CsvPiece piece, const CsvForm& form) : form_(form) {
    rows_.text_ = std::move(piece.text);
    rows_.size_ = piece.size;
    broken_ = std::move(piece.broken);
  }

  CsvRows run(bool is_overlong) {
    if (is_overlong) {
      rows_.faults_.push_back({0, "", std::string(too_long), std::string(rows_.text_.get(), rows_.size_)});
      rows_.lines_ = 1;
      return std::move(rows_);
    }
    std::uint32_t* at = room_for_positions(rows_.size_);
    const ScanFacts facts = scan_structure(rows_.text_.get(), rows_.size_, form_.delimiter, at);
    // Most texts are whole: letters are looked at row by row only where the piece is not.
    suspicious_ =
        facts.has_zeros || (facts.has_high && valid_utf8(rows_.text_.get(), rows_.size_) != rows_.size_);
    rows_.capacity_ = facts.newlines + 1;
    rows_.cells_.resize(rows_.capacity_ * form_.names.size());
    rows_.row_begin_.reserve(rows_.capacity_);
    rows_.row_size_.reserve(rows_.capacity_);
    rows_.row_line_.reserve(rows_.capacity_);
    if (facts.has_quotes)
      walk_quoted(at, facts.count);
    else
      walk_plain(at, facts.count);
    return std::move(rows_);
  }

  void cell(std::size_t begin, std::size_t end, bool doubled, bool quoted) {
    if (cells_ < form_.names.size()) {
      CsvCell& cell = rows_.cells_[cells_ * rows_.capacity_ + rows_.row_begin_.size()];
      if (doubled) {
        const std::string text = unescaped({rows_.text_.get() + begin, end - begin});
        cell = {static_cast<std::uint32_t>(rows_.size_ + rows_.unescaped_.size()),
                static_cast<std::uint32_t>(text.size())};
        rows_.unescaped_ += text;
      } else {
        if (!quoted) trim(begin, end);
        cell = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)};
      }
    }
    ++cells_;
  }

  void row(std::size_t begin, std::size_t end, std::size_t newlines) {
    const std::size_t line = rows_.lines_;
    rows_.lines_ += 1 + newlines;
    if (end > begin && rows_.text_[end - 1] == '\r') --end;
    const std::size_t cells = std::exchange(cells_, 0);
    if (cells == 1 && stripped(std::string_view(rows_.text_.get() + begin, end - begin)).empty()) {
      ++rows_.blank_;
      return;
    }
    if (end - begin > form_.longest_row) return add_fault(line, begin, end, "", std::string(too_long));
    if (cells != form_.names.size())
      return add_fault(
          line, begin, end, "",
          fmt::format("has {} cells; expected {} as in the first line", cells, form_.names.size()));
    if (suspicious_ && refuse_bytes(line, begin, end)) return;
    rows_.row_begin_.push_back(static_cast<std::uint32_t>(begin));
    rows_.row_size_.push_back(static_cast<std::uint32_t>(end - begin));
    rows_.row_line_.push_back(static_cast<std::uint32_t>(line));
  }

  void fault(std::size_t begin, std::size_t end, std::string_view reason, std::size_t cell) {
    cells_ = 0;
    const std::size_t line = rows_.lines_++;
    if (end > begin && rows_.text_[end - 1] == '\r') --end;
    add_fault(line, begin, end, cell < form_.names.size() ? form_.names[cell] : "", std::string(reason));
  }

 private:
  void trim(std::size_t& begin, std::size_t& end) const {
    const char* text = rows_.text_.get();
    const auto blank = [&](std::size_t i) { return text[i] == ' ' || text[i] == '\t' || text[i] == '\r'; };
    while (end > begin && blank(end - 1)) --end;
    while (end > begin && blank(begin)) ++begin;
  }

  void add_fault(std::size_t line, std::size_t begin, std::size_t end, std::string column,
                 std::string reason) {
    rows_.faults_.push_back({line, std::move(column), std::move(reason),
                             std::string(rows_.text_.get() + begin, std::min(end - begin, longest_kept))});
  }

  bool refuse_bytes(std::size_t line, std::size_t begin, std::size_t end) {
    const std::size_t row = rows_.row_begin_.size();
    for (std::size_t i = 0; i < form_.names.size(); ++i) {
      const std::string_view text = rows_.text(rows_.cells_[i * rows_.capacity_ + row]);
      const bool has_zero = text.find('\0') != std::string_view::npos;
      if (!has_zero && valid_utf8(text.data(), text.size()) == text.size()) continue;
      add_fault(line, begin, end, form_.names[i],
                has_zero ? "holds a zero byte; expected text"
                         : "holds bytes that are not UTF-8 (--encoding tells another encoding)");
      return true;
    }
    return false;
  }

  /// Up to each broken line, and from the next line on.
  void walk_quoted(const std::uint32_t* at, std::size_t count) {
    WalkedText w{rows_.text_.get(), 0, at, 0, form_.delimiter, form_.longest_row, true};
    broken_.push_back({rows_.size_, rows_.size_, 0});
    for (const BrokenLine& line : broken_) {
      w.size = line.begin;
      w.count = static_cast<std::size_t>(std::lower_bound(at, at + count, line.begin) - at);
      walk_records(w, *this);
      if (line.begin == rows_.size_) return;
      fault(line.begin, line.end, broken_quote, line.cell);
      w.start = line.end + 1;
      w.first_position = static_cast<std::size_t>(std::lower_bound(at, at + count, w.start) - at);
    }
  }

  /// Without a quote in the piece, every position ends a cell.
  void walk_plain(const std::uint32_t* at, std::size_t count) {
    std::size_t start = 0;
    std::size_t begin = 0;
    const char* text = rows_.text_.get();
    for (std::size_t k = 0; k < count; ++k) {
      cell(begin, at[k], false, false);
      begin = at[k] + std::size_t{1};
      if (text[at[k]] != '\n') continue;
      row(start, at[k], 0);
      start = begin;
    }
    if (start >= rows_.size_) return;
    cell(begin, rows_.size_, false, false);
    row(start, rows_.size_, 0);
  }

  const CsvForm& form_;
  CsvRows rows_;
  std::vector<BrokenLine> broken_;
  std::size_t cells_ = 0;
  bool suspicious_ = false;
};

CsvRows parse(CsvPiece piece, const CsvForm& form) {
  const bool is_overlong = piece.is_overlong;
  return CsvParser(std::move(piece), form).run(is_overlong);
}

}  // namespace snitt::formats
