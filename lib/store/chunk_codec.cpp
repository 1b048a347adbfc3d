#include "store/chunk_codec.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "store/plane_deflate.hpp"

namespace snitt::store {
namespace {

struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

/// Tables of some hundred kilobytes: made once per thread, not once per chunk.
libdeflate_compressor* compressor() {
  thread_local const std::unique_ptr<libdeflate_compressor, FreeCompressor> owner(
      libdeflate_alloc_compressor(1));
  if (!owner) throw std::bad_alloc();
  return owner.get();
}

libdeflate_decompressor* decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeCompressor> owner(
      libdeflate_alloc_decompressor());
  if (!owner) throw std::bad_alloc();
  return owner.get();
}

/// Byte k of every element together: [element][byte] -> [byte][element]; a last partial element stays where
/// it is.
void shuffle(std::span<const std::byte> in, std::size_t size, std::byte* out) {
  const std::size_t count = in.size() / size;
  for (std::size_t k = 0; k < size; ++k)
    for (std::size_t i = 0; i < count; ++i) out[k * count + i] = in[i * size + k];
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(count * size), in.end(), out + count * size);
}

void unshuffle(std::span<const std::byte> in, std::size_t size, std::byte* out) {
  const std::size_t count = in.size() / size;
  for (std::size_t k = 0; k < size; ++k)
    for (std::size_t i = 0; i < count; ++i) out[i * size + k] = in[k * count + i];
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(count * size), in.end(), out + count * size);
}

std::uint32_t fold(std::uint32_t sum) { return (sum & 0xffffU) + (sum >> 16U); }

std::uint32_t deflate_bit(const FilterPipeline& pipeline) { return pipeline.shuffle ? 2U : 1U; }

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(bytes[i]); };
  std::uint32_t sum1 = 0;
  std::uint32_t sum2 = 0;
  const std::size_t even = bytes.size() & ~std::size_t{1};
  // 360 words is the longest run for which neither sum overflows 32 bits before it is folded.
  constexpr std::size_t run = 720;
  for (std::size_t start = 0; start < even; start += run) {
    for (std::size_t i = start; i < std::min(even, start + run); i += 2) {
      sum1 += (at(i) << 8U) | at(i + 1);
      sum2 += sum1;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  if (even != bytes.size()) {
    sum1 += at(even) << 8U;
    sum2 += sum1;
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  return (fold(sum2) << 16U) | fold(sum1);
}

namespace {

/// `deflated` gives the zlib stream of shuffled bytes, or nothing when it would be no shorter.
template <typename Deflate>
PackedChunk packed_by(const Deflate& deflated, std::span<const std::byte> raw, std::size_t element_size,
                      const FilterPipeline& pipeline) {
  thread_local std::vector<std::byte> shuffled;  // kept for the next chunk
  std::span<const std::byte> source = raw;
  if (pipeline.shuffle) {
    if (shuffled.size() < raw.size()) shuffled.resize(raw.size());
    shuffle(raw, element_size, shuffled.data());
    source = std::span(shuffled).first(raw.size());
  }
  PackedChunk packed;
  if (pipeline.deflate) {
    packed.bytes = deflated(source);
    if (packed.bytes.empty()) {
      packed.skipped_filters = deflate_bit(pipeline);
      packed.bytes.assign(source.begin(), source.end());
    }
  } else {
    packed.bytes.assign(source.begin(), source.end());
  }
  if (pipeline.fletcher32) {
    const std::uint32_t sum = fletcher32(packed.bytes);
    for (unsigned shift = 0; shift < 32; shift += 8)
      packed.bytes.push_back(static_cast<std::byte>((sum >> shift) & 0xffU));
  }
  return packed;
}

}  // namespace

PackedChunk pack_chunk(std::span<const std::byte> raw, std::size_t element_size,
                       const FilterPipeline& pipeline) {
  const auto deflated = [](std::span<const std::byte> source) {
    std::vector<std::byte> packed(source.size());
    packed.resize(
        libdeflate_zlib_compress(compressor(), source.data(), source.size(), packed.data(), packed.size()));
    return packed;
  };
  return packed_by(deflated, raw, element_size, pipeline);
}

PackedChunk pack_column_chunk(std::span<const std::byte> raw, std::size_t element_size,
                              const FilterPipeline& pipeline) {
  const auto deflated = [&](std::span<const std::byte> source) {
    return deflate_planes(source, pipeline.shuffle ? element_size : 1);
  };
  return packed_by(deflated, raw, element_size, pipeline);
}

UnpackResult unpack_chunk(std::span<const std::byte> packed, std::uint32_t skipped_filters,
                          std::size_t element_size, const FilterPipeline& pipeline,
                          std::span<std::byte> raw) {
  if (pipeline.fletcher32) {
    if (packed.size() < 4) return UnpackResult::checksum_wrong;
    const std::span<const std::byte> tail = packed.last(4);
    packed = packed.first(packed.size() - 4);
    std::uint32_t stored = 0;
    for (unsigned i = 0; i < 4; ++i) stored |= static_cast<std::uint32_t>(tail[i]) << (8 * i);
    if (fletcher32(packed) != stored) return UnpackResult::checksum_wrong;
  }
  const bool shuffled = pipeline.shuffle && (skipped_filters & 1U) == 0;
  std::vector<std::byte> scratch;
  std::span<std::byte> target = raw;
  if (shuffled) {
    scratch.resize(raw.size());
    target = scratch;
  }
  if (pipeline.deflate && (skipped_filters & deflate_bit(pipeline)) == 0) {
    // No buffer for the true size: libdeflate then insists that the stream fills the chunk exactly.
    if (libdeflate_zlib_decompress(decompressor(), packed.data(), packed.size(), target.data(), target.size(),
                                   nullptr) != LIBDEFLATE_SUCCESS)
      return UnpackResult::not_inflatable;
  } else {
    if (packed.size() != target.size()) return UnpackResult::not_inflatable;
    std::memcpy(target.data(), packed.data(), packed.size());
  }
  if (shuffled) unshuffle(scratch, element_size, raw.data());
  return UnpackResult::ok;
}

}  // namespace snitt::store
