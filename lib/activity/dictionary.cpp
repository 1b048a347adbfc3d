#include "activity/dictionary.hpp"

#include <limits>

#include "base/error.hpp"

namespace snitt::activity {

void LocalWords::grow() {
  std::vector<Slot> larger(slots_.size() * 4);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::size_t slot = hashes_[i] & (larger.size() - 1);
    while (larger[slot].code >= 0) slot = (slot + 1) & (larger.size() - 1);
    larger[slot] = {static_cast<std::uint32_t>(hashes_[i] >> 32U), static_cast<std::int32_t>(i)};
  }
  slots_ = std::move(larger);
}

std::int32_t Dictionary::code(std::string_view word, std::uint64_t hash) {
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  std::size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot].code >= 0; slot = (slot + 1) & (slots_.size() - 1))
    if (slots_[slot].tag == tag && words_[static_cast<std::size_t>(slots_[slot].code)] == word)
      return slots_[slot].code;
  if (words_.size() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw InputError("a column has more than {} different words", std::numeric_limits<std::int32_t>::max());
  const auto code = static_cast<std::int32_t>(words_.size());
  slots_[slot] = {tag, code};
  words_.add(word);
  low_hashes_.push_back(static_cast<std::uint32_t>(hash));
  if (words_.size() * 3 > slots_.size() * 2) grow();
  return code;
}

void Dictionary::codes(std::span<const std::string_view> words, std::span<const std::uint64_t> hashes,
                       std::vector<std::int32_t>& out) {
  out.resize(words.size());
  constexpr std::size_t ahead = 16;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i + ahead < words.size()) __builtin_prefetch(&slots_[hashes[i + ahead] & (slots_.size() - 1)]);
    if (i + ahead / 2 < words.size()) {
      const Slot& soon = slots_[hashes[i + ahead / 2] & (slots_.size() - 1)];
      if (soon.code >= 0) __builtin_prefetch(words_[static_cast<std::size_t>(soon.code)].data());
    }
    out[i] = code(words[i], hashes[i]);
  }
}

void Dictionary::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  for (const Slot& old : slots_) {
    if (old.code < 0) continue;
    std::size_t slot = low_hashes_[static_cast<std::size_t>(old.code)] & (larger.size() - 1);
    while (larger[slot].code >= 0) slot = (slot + 1) & (larger.size() - 1);
    larger[slot] = old;
  }
  slots_ = std::move(larger);
}

std::int64_t Numbering::number(std::uint64_t digest) {
  std::size_t slot = digest & (slots_.size() - 1);
  for (; slots_[slot].number != 0; slot = (slot + 1) & (slots_.size() - 1))
    if (slots_[slot].digest == digest) return slots_[slot].number;
  slots_[slot] = {digest, ++used_};
  const std::int64_t number = used_;
  if (static_cast<std::size_t>(used_) * 3 > slots_.size() * 2) grow();
  return number;
}

void Numbering::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  for (const Slot& old : slots_) {
    if (old.number == 0) continue;
    std::size_t slot = old.digest & (larger.size() - 1);
    while (larger[slot].number != 0) slot = (slot + 1) & (larger.size() - 1);
    larger[slot] = old;
  }
  slots_ = std::move(larger);
}

}  // namespace snitt::activity
