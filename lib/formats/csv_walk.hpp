#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// The rules of delimited text, once for the thread that cuts and for those that parse.
namespace snitt::formats {

struct WalkedText {
  const char* text;
  std::size_t size;
  const std::uint32_t* at;  ///< scan_structure's positions
  std::size_t count;
  char delimiter;
  std::size_t longest_row;
  bool is_last;                    ///< no more text follows
  std::size_t start = 0;           ///< where the first record begins
  std::size_t first_position = 0;  ///< of `at`, at or after `start`
};

inline constexpr std::string_view broken_quote =
    "has a quoted cell whose closing quote is missing or followed by text";
inline constexpr std::string_view too_long = "is longer than the longest row";

/// Calls sink.cell(begin, end, doubled_quotes, quoted), sink.row(begin, end, newlines) and sink.fault(begin,
/// end, reason, cell) for all whole records; returns where the first that is not whole begins. `end` of a row
/// is before its newline.
template <typename Sink>
std::size_t walk_records(const WalkedText& w, Sink& sink) {
  std::size_t k = w.first_position;  // next position not passed
  std::size_t start = w.start;
  const auto line_end = [&](std::size_t from, std::size_t first_k) {
    while (first_k < w.count && (w.at[first_k] < from || w.text[w.at[first_k]] != '\n')) ++first_k;
    return first_k;
  };
  while (start < w.size) {
    const std::size_t row_k = k;
    std::size_t begin = start;
    std::size_t newlines = 0;
    std::size_t cells = 0;
    std::string_view fault;
    std::size_t end = 0;
    bool has_row = false;
    while (true) {
      if (begin < w.size && w.text[begin] == '"') {
        ++k;
        bool doubled = false;
        std::size_t inner = 0;
        while (k < w.count && w.text[w.at[k]] != '"') inner += w.text[w.at[k++]] == '\n' ? 1 : 0;
        while (k + 1 < w.count && w.at[k + 1] == w.at[k] + 1 && w.text[w.at[k + 1]] == '"') {
          doubled = true;
          k += 2;
          while (k < w.count && w.text[w.at[k]] != '"') inner += w.text[w.at[k++]] == '\n' ? 1 : 0;
        }
        if (k >= w.count || w.at[k] - start > w.longest_row) {
          if (!w.is_last && w.size - start <= w.longest_row) return start;
          fault = broken_quote;
          break;
        }
        const std::size_t close = w.at[k++];
        newlines += inner;
        std::size_t after = close + 1;
        if (after < w.size && w.text[after] == '\r' && (after + 1 == w.size || w.text[after + 1] == '\n'))
          ++after;
        if (after >= w.size) {
          if (!w.is_last) return start;
          sink.cell(begin + 1, close, doubled, true);
          end = after;
          has_row = true;
          break;
        }
        if (w.text[after] != w.delimiter && w.text[after] != '\n') {
          fault = broken_quote;
          break;
        }
        sink.cell(begin + 1, close, doubled, true);
        ++cells;
        k += 1;  // `after` is a position
        begin = after + 1;
        if (w.text[after] == '\n') {
          end = after;
          has_row = true;
          break;
        }
        continue;
      }
      while (k < w.count && w.text[w.at[k]] == '"') ++k;
      const std::size_t stop = k < w.count ? w.at[k] : w.size;
      if (stop == w.size && !w.is_last) return start;
      sink.cell(begin, stop, false, false);
      ++cells;
      begin = stop + 1;
      if (stop == w.size || w.text[stop] == '\n') {
        k += stop < w.size ? 1 : 0;
        end = stop;
        has_row = true;
        break;
      }
      ++k;
    }
    if (has_row) {
      sink.row(start, end, newlines);
      start = end + 1;
      continue;
    }
    const std::size_t line_k = line_end(start, row_k);
    if (line_k == w.count && !w.is_last) return start;
    end = line_k < w.count ? w.at[line_k] : w.size;
    sink.fault(start, end, fault, cells);
    start = end + 1;
    k = line_k < w.count ? line_k + 1 : w.count;
  }
  return start < w.size ? start : w.size;
}

}  // namespace snitt::formats
