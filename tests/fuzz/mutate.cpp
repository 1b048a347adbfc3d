#include "fuzz/mutate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>

namespace snitt::fuzz {
namespace {

constexpr std::array<const char*, 16> absurd_numbers{"0",
                                                     "-1",
                                                     "1",
                                                     "65536",
                                                     "2147483648",
                                                     "4294967295",
                                                     "9223372036854775808",
                                                     "99999999999999999999",
                                                     "1e308",
                                                     "-1e-320",
                                                     "nan",
                                                     "inf",
                                                     "1e400",
                                                     "1000000000",
                                                     "0.1",
                                                     ""};
constexpr std::array<std::uint32_t, 8> absurd_words{0,          1,          0x7fffffff, 0x80000000,
                                                    0xffffffff, 0x00010000, 0xfffffffe, 0x3fffffff};

std::size_t below(std::size_t limit, std::mt19937& random) { return limit == 0 ? 0 : random() % limit; }

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

void replace_number(std::string& text, std::mt19937& random) {
  const auto from = static_cast<std::ptrdiff_t>(below(text.size(), random));
  const auto first = std::find_if(text.begin() + from, text.end(), is_digit);
  const auto last = std::find_if_not(first, text.end(), is_digit);
  text.replace(first, last, absurd_numbers[below(absurd_numbers.size(), random)]);
}

void replace_word(std::string& text, std::mt19937& random) {
  const std::uint32_t word = absurd_words[below(absurd_words.size(), random)];
  const std::size_t at = below(text.size(), random);
  std::memcpy(text.data() + at, &word, std::min(sizeof word, text.size() - at));
}

void damage_part(std::string& text, std::mt19937& random) {
  const std::size_t at = below(text.size(), random);
  const std::size_t length = 1 + below(std::size_t{1} << below(10, random), random);
  const std::string part = text.substr(at, length);
  switch (random() % 4) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      text.insert(at, part);
      break;
    case 2:
      text.insert(below(text.size(), random), part);
      break;
    default:
      std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), part.size(), ' ');
  }
}

void damage(std::string& text, std::mt19937& random) {
  char& byte = text[below(text.size(), random)];
  switch (random() % 16) {
    case 0:
      text.resize(below(text.size(), random));
      break;
    case 1:
    case 2:
    case 3:
      byte = static_cast<char>(byte ^ (1 << random() % 8));
      break;
    case 4:
    case 5:
      byte = static_cast<char>(random());
      break;
    case 6:
      byte = "\n\r\t\0 =:,;\"'<>[]{}#\\/-+.eE\xff\x80"[below(28, random)];
      break;
    case 7:
    case 8:
    case 9:
    case 10:
      replace_number(text, random);
      break;
    case 11:
    case 12:
      replace_word(text, random);
      break;
    default:
      damage_part(text, random);
  }
}

}  // namespace

std::string mutated(const std::string& whole, std::mt19937& random) {
  std::string broken = whole;
  for (std::size_t damages = 1 + random() % 4; damages > 0 && !broken.empty(); --damages)
    damage(broken, random);
  return broken;
}

}  // namespace snitt::fuzz
