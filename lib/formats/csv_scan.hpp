#pragma once
#include <cstddef>
#include <cstdint>

/// Where the structure of delimited text is: the first, vectorized pass over it.
namespace snitt::formats {

/// Readable bytes wanted after the end of the text.
inline constexpr std::size_t scan_padding = 64;

struct ScanFacts {
  std::size_t count = 0;     ///< positions found
  std::size_t newlines = 0;  ///< of them
  bool has_quotes = false;
  bool has_high = false;  ///< bytes beyond ASCII
  bool has_zeros = false;
};

/// Positions of delimiters, newlines and quotes in `text`, in order; `positions` has room for size + 64.
/// Takes texts of less than 4 GB. Every instruction set gives the same positions.
ScanFacts scan_structure(const char* text, std::size_t size, char delimiter, std::uint32_t* positions);

}  // namespace snitt::formats
