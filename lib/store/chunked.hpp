#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "store/chunk_codec.hpp"
#include "store/h5.hpp"

/// Large arrays: chunks of 0.25–1 MB, packed in parallel and written and read past HDF5's own filters.
namespace snitt::store {

/// How an array is cut: trailing axes whole, one axis cut into runs, the axes before it one index at a time.
/// A chunk is therefore one piece of the array's memory, and the chunks in order are the array in order.
struct ChunkPlan {
  h5::Shape shape;
  h5::Shape chunk;
  std::size_t element_size = 1;

  std::size_t cut_axis = 0;     ///< the axis that is cut into runs
  std::size_t runs = 0;         ///< chunks along the cut axis
  std::size_t inner_bytes = 0;  ///< of one index of the cut axis
  std::size_t count() const;    ///< number of chunks
  std::size_t chunk_bytes() const;
  /// Where chunk `index` starts in the array's bytes and how many of its bytes are inside the array.
  std::size_t offset(std::size_t index) const;
  std::size_t bytes(std::size_t index) const;
  /// Its first element as HDF5 wants it.
  std::vector<hsize_t> start(std::size_t index) const;
  /// The chunk that holds byte `offset`.
  std::size_t chunk_at(std::size_t offset) const;
};

ChunkPlan plan_chunks(const h5::Shape& shape, std::size_t element_size);
/// The plan of an existing dataset; nothing if its chunks are not contiguous pieces of the array.
std::optional<ChunkPlan> plan_of(const h5::Shape& shape, const h5::Shape& chunk, std::size_t element_size);

/// Writes a dataset from front to back; bytes may arrive in pieces of any size.
class ChunkedWriter {
 public:
  ChunkedWriter(h5::File& file, const std::string& path, h5::ElementType type, const h5::Shape& shape);
  void write(std::span<const std::byte> bytes);
  /// Writes what is left and the attribute `sha256` of the array's bytes. Throws when bytes are missing.
  void finish();
  std::size_t missing_bytes() const { return total_ - taken_; }

 private:
  void flush();
  h5::File& file_;
  std::string path_;
  ChunkPlan plan_;
  FilterPipeline pipeline_;
  h5::Id dataset_;
  Sha256 digest_;
  std::vector<std::byte> pending_;
  std::size_t batch_bytes_ = 0;
  std::size_t next_chunk_ = 0;
  std::size_t taken_ = 0;
  std::size_t total_ = 0;
};

/// Reads byte ranges of a dataset; chunks are checked and unpacked in parallel. A chunk that is missing, has
/// a wrong checksum or cannot be inflated is an InputError that names it.
class ChunkedReader {
 public:
  ChunkedReader(const h5::File& file, const std::string& path);
  std::size_t size_bytes() const { return size_bytes_; }
  void read(std::size_t offset, std::span<std::byte> out);

 private:
  struct RawChunk;
  void read_by_hdf5(std::size_t offset, std::span<std::byte> out);
  void read_chunks(std::size_t first, std::size_t last, std::size_t offset, std::span<std::byte> out);
  const h5::File& file_;
  std::string path_;
  h5::DatasetInfo info_;
  h5::Id dataset_;
  std::optional<ChunkPlan>
      plan_;  ///< nothing: not written by us (repacked, edited); HDF5's own reading serves
  FilterPipeline pipeline_;
  std::size_t size_bytes_ = 0;
};

void write_chunked(h5::File& file, const std::string& path, h5::ElementType type, const h5::Shape& shape,
                   std::span<const std::byte> bytes);

}  // namespace snitt::store
