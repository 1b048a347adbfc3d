#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "data/text_list.hpp"

/// Texts that repeat, as numbers by first appearance.
namespace snitt::activity {

/// Not keyed: for tables in memory alone.
inline std::uint64_t quick_hash(std::string_view text) {
  constexpr std::uint64_t a = 0x9e3779b97f4a7c15U;
  constexpr std::uint64_t b = 0xe7037ed1a0b428dbU;
  const auto mix = [](std::uint64_t x, std::uint64_t y) {
    __extension__ using Wide = unsigned __int128;
    const auto product = static_cast<Wide>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  };
  const auto word = [](const char* at, std::size_t bytes) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, bytes);
    return value;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = a ^ left;
  for (; left > 16; left -= 16, at += 16) state = mix(word(at, 8) ^ state, word(at + 8, 8) ^ b);
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  if (left >= 8) {  // overlapping words instead of a loop over bytes
    first = word(at, 8);
    second = word(at + left - 8, 8);
  } else if (left >= 4) {
    first = word(at, 4);
    second = word(at + left - 4, 4);
  } else if (left > 0) {
    first = static_cast<std::uint64_t>(static_cast<unsigned char>(at[0])) << 16U |
            static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8U |
            static_cast<unsigned char>(at[left - 1]);
  }
  return mix(mix(first ^ state, second ^ b), a);
}

/// The different words of one column in one piece of text, by first appearance. The texts are not copied.
class LocalWords {
 public:
  LocalWords() : slots_(64) {}
  std::int32_t code(std::string_view word) {
    const std::uint64_t hash = quick_hash(word);
    std::size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].code >= 0) {
      const Slot& s = slots_[slot];
      if (s.tag == static_cast<std::uint32_t>(hash >> 32U) &&
          words_[static_cast<std::size_t>(s.code)] == word) {
        ++counts_[static_cast<std::size_t>(s.code)];
        return s.code;
      }
      slot = (slot + 1) & (slots_.size() - 1);
    }
    const auto code = static_cast<std::int32_t>(words_.size());
    slots_[slot] = {static_cast<std::uint32_t>(hash >> 32U), code};
    words_.push_back(word);
    hashes_.push_back(hash);
    counts_.push_back(1);
    if (words_.size() * 2 > slots_.size()) grow();
    return code;
  }
  const std::vector<std::string_view>& words() const { return words_; }
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }
  const std::vector<std::uint32_t>& counts() const { return counts_; }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::int32_t code = -1;
  };
  void grow();
  std::vector<Slot> slots_;
  std::vector<std::string_view> words_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> counts_;
};

/// All words of a column. Memory: the texts and some 20 bytes for each.
class Dictionary {
 public:
  Dictionary() : slots_(1024) {}
  std::int32_t code(std::string_view word) { return code(word, quick_hash(word)); }
  /// Codes of many words at once: their places in memory are asked for ahead of time.
  void codes(std::span<const std::string_view> words, std::span<const std::uint64_t> hashes,
             std::vector<std::int32_t>& out);
  const TextList& words() const { return words_; }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::int32_t code = -1;
  };
  std::int32_t code(std::string_view word, std::uint64_t hash);
  void grow();
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> low_hashes_;  ///< so that growing does not read the texts again
  TextList words_;
};

/// Digests as running numbers from 1 by first appearance. Memory: 16 to 32 bytes for each.
class Numbering {
 public:
  Numbering() : slots_(1024) {}
  std::int64_t number(std::uint64_t digest);

 private:
  struct Slot {
    std::uint64_t digest = 0;
    std::int64_t number = 0;
  };
  void grow();
  std::vector<Slot> slots_;
  std::int64_t used_ = 0;
};

}  // namespace snitt::activity
