#include "dose/name_pattern.hpp"

#include <algorithm>

namespace snitt::dose {
namespace {

/// Glob matching with backtracking to the last star only: linear for one star, quadratic at worst.
bool fits_one(std::string_view text, std::string_view pattern) {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == text[t] || pattern[p] == '?')) {
      ++t;
      ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    auto byte = static_cast<unsigned char>(name[i]);
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<unsigned char>(byte + 32);
    const bool after_c3 = i > 0 && static_cast<unsigned char>(name[i - 1]) == 0xc3;
    if (after_c3 && byte >= 0x80 && byte <= 0x9e && byte != 0x97)
      byte = static_cast<unsigned char>(byte + 32);
    const bool separates = std::string_view(" _-^/,.()\t").find(name[i]) != std::string_view::npos;
    if (!separates)
      result += static_cast<char>(byte);
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

bool fits(std::string_view plain, const std::string& pattern) {
  for (std::size_t at = 0; at <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('|', at), pattern.size());
    if (fits_one(plain, plain_name(std::string_view(pattern).substr(at, end - at)))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace snitt::dose
