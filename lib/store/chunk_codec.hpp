#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// One chunk's way through HDF5's filters shuffle, deflate and fletcher32, without HDF5's global lock, so
/// that chunks are packed and unpacked in parallel. The bytes are the ones HDF5's own filters understand.
namespace snitt::store {

/// HDF5's variant of Fletcher's checksum: big-endian 16-bit words, sums modulo 65535.
std::uint32_t fletcher32(std::span<const std::byte> bytes);

struct PackedChunk {
  std::vector<std::byte> bytes;
  /// Bit i set: filter i of the pipeline was left out for this chunk (deflate, when it would not have made it
  /// smaller).
  std::uint32_t skipped_filters = 0;
};

/// Which filters a dataset has, in this order. Elements of one byte have nothing to shuffle.
struct FilterPipeline {
  bool shuffle = false;
  bool deflate = true;
  bool fletcher32 = true;
};

PackedChunk pack_chunk(std::span<const std::byte> raw, std::size_t element_size,
                       const FilterPipeline& pipeline);
/// The same for columns of tables, by plane_deflate: another stream, which the same filters read.
PackedChunk pack_column_chunk(std::span<const std::byte> raw, std::size_t element_size,
                              const FilterPipeline& pipeline);

enum class UnpackResult { ok, checksum_wrong, not_inflatable };
/// `raw` has the chunk's full size. Nothing is written outside it whatever the bytes are.
UnpackResult unpack_chunk(std::span<const std::byte> packed, std::uint32_t skipped_filters,
                          std::size_t element_size, const FilterPipeline& pipeline, std::span<std::byte> raw);

}  // namespace snitt::store
