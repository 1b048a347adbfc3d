#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace snitt {

/// `bytes` zeroed bytes on large pages where the system has them: arrays that are visited in a scattered
/// order otherwise spend their time in the translation of addresses. Throws ComputationError when there is no
/// memory.
std::shared_ptr<std::byte> allocate_zeroed(std::size_t bytes);

/// A big zeroed array of plain values.
template <typename T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit HugeArray(std::size_t size) : memory_(allocate_zeroed(size * sizeof(T))), size_(size) {}
  T* data() { return reinterpret_cast<T*>(memory_.get()); }
  const T* data() const { return reinterpret_cast<const T*>(memory_.get()); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }

 private:
  std::shared_ptr<std::byte> memory_;
  std::size_t size_;
};

}  // namespace snitt
