#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

/// Sets and counts by keys of 64 bits that are spread already.
namespace snitt::activity {

/// Open addressing, 12 to 24 bytes for each key.
class KeySet {
 public:
  KeySet() : slots_(256) {}
  /// Whether it is new.
  bool insert(std::uint64_t key) {
    if (key == 0) key = 1;
    std::size_t slot = key & (slots_.size() - 1);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1))
      if (slots_[slot] == key) return false;
    slots_[slot] = key;
    if (++used_ * 3 > slots_.size() * 2) grow();
    return true;
  }
  bool contains(std::uint64_t key) const {
    if (key == 0) key = 1;
    for (std::size_t slot = key & (slots_.size() - 1); slots_[slot] != 0;
         slot = (slot + 1) & (slots_.size() - 1))
      if (slots_[slot] == key) return true;
    return false;
  }
  void prefetch(std::uint64_t key) const { __builtin_prefetch(&slots_[key & (slots_.size() - 1)], 1); }
  bool empty() const { return used_ == 0; }

 private:
  void grow() {
    std::vector<std::uint64_t> larger(slots_.size() * 2);
    for (const std::uint64_t key : slots_) {
      if (key == 0) continue;
      std::size_t slot = key & (larger.size() - 1);
      while (larger[slot] != 0) slot = (slot + 1) & (larger.size() - 1);
      larger[slot] = key;
    }
    slots_ = std::move(larger);
  }
  std::vector<std::uint64_t> slots_;
  std::size_t used_ = 0;
};

/// Counts by cell number: an array where cells are few, else a table of those that occur.
class CellCounts {
 public:
  explicit CellCounts(unsigned bits)
      : is_dense_(bits <= 18), counts_(is_dense_ ? std::size_t{1} << bits : 64) {
    if (!is_dense_) keys_.assign(counts_.size(), 0);
  }
  void add(std::uint64_t cell, std::int64_t count) {
    if (is_dense_) {
      counts_[cell] += count;
      return;
    }
    const std::uint64_t key = cell + 1;
    std::size_t slot = place(key);
    for (; keys_[slot] != 0; slot = (slot + 1) & (keys_.size() - 1))
      if (keys_[slot] == key) {
        counts_[slot] += count;
        return;
      }
    keys_[slot] = key;
    counts_[slot] = count;
    if (++used_ * 3 > keys_.size() * 2) grow();
  }
  template <typename Take>
  void each(const Take& take) const {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if (counts_[i] != 0) take(is_dense_ ? i : keys_[i] - 1, counts_[i]);
  }

 private:
  std::size_t place(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15U) >> 20U) & (keys_.size() - 1);
  }
  void grow() {
    std::vector<std::uint64_t> keys(keys_.size() * 2);
    std::vector<std::int64_t> counts(keys.size());
    keys.swap(keys_);
    counts.swap(counts_);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == 0) continue;
      std::size_t slot = place(keys[i]);
      while (keys_[slot] != 0) slot = (slot + 1) & (keys_.size() - 1);
      keys_[slot] = keys[i];
      counts_[slot] = counts[i];
    }
  }
  bool is_dense_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::int64_t> counts_;
  std::size_t used_ = 0;
};

}  // namespace snitt::activity
