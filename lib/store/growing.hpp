#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "store/chunk_codec.hpp"
#include "store/h5.hpp"

/// Arrays of one axis whose length is not known before they end.
namespace snitt::store {

/// Bytes arrive in whole elements; full chunks are packed by whoever asks, written by one thread.
class GrowingArray {
 public:
  /// `text_width`: of ElementType::text.
  GrowingArray(h5::File& file, const std::string& path, h5::ElementType type, std::size_t chunk_rows,
               std::size_t text_width = 0);

  std::size_t chunk_bytes() const { return chunk_rows_ * element_size_; }
  /// Adds elements to those that wait for packing.
  void take(std::span<const std::byte> bytes);
  /// Packs the full chunks that wait, and adds them to the digest. May run beside that of other arrays.
  void pack();
  std::size_t packed() const { return packed_.size(); }
  /// Hands the i-th packed chunk to HDF5, which takes one thread at a time and lays chunks out as they come.
  void write(std::size_t i);
  /// All of them, to make room for the next.
  void write();
  void drop_written() { packed_.clear(); }
  /// Packs and writes what is left, a last chunk filled up with zeros, and the attribute sha256.
  void finish();

 private:
  void pack_one(std::span<const std::byte> raw);
  h5::File& file_;
  std::string path_;
  std::size_t chunk_rows_;
  std::size_t element_size_;
  FilterPipeline pipeline_;
  h5::Id dataset_;
  Sha256 digest_;
  std::vector<std::byte> waiting_;
  std::vector<PackedChunk> packed_;
  std::size_t chunks_written_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace snitt::store
