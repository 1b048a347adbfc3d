#include "base/huge_array.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "base/error.hpp"

namespace snitt {

std::shared_ptr<std::byte> allocate_zeroed(std::size_t bytes) {
  // Aligned to the size of a large page, or the kernel would use small ones at both ends.
  constexpr std::size_t large_page = std::size_t{1} << 21;
  const std::size_t whole = std::max<std::size_t>(bytes, 1) + (bytes >= large_page ? large_page : 0);
  void* mapped =
      mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED)
    throw ComputationError("no memory for {:.2f} GB of accumulators", static_cast<double>(bytes) / 1e9);
  auto* start = static_cast<std::byte*>(mapped);
  if (bytes >= large_page) {
    start += (large_page - reinterpret_cast<std::uintptr_t>(start) % large_page) % large_page;
    // A refusal costs speed, nothing else.
    (void)madvise(start, bytes, MADV_HUGEPAGE);
  }
  return {start, [mapped, whole](std::byte*) { munmap(mapped, whole); }};
}

}  // namespace snitt
