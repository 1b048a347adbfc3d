#include "store/chunked.hpp"

#include <tbb/parallel_for.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace snitt::store {
namespace {

constexpr std::size_t largest_chunk_bytes = std::size_t{1} << 20;
/// Big enough for its overhead not to matter, small enough that one frame can be read without its neighbours.
constexpr std::size_t chunk_target_bytes = std::size_t{1} << 18;
/// Chunks packed together: enough for many cores, small beside any image.
constexpr std::size_t batch_target_bytes = std::size_t{32} << 20;

std::size_t product(h5::Shape::const_iterator first, h5::Shape::const_iterator last) {
  return std::accumulate(first, last, std::size_t{1}, std::multiplies<>());
}

ChunkPlan with_cut(const h5::Shape& shape, const h5::Shape& chunk, std::size_t element_size,
                   std::size_t axis) {
  ChunkPlan plan{shape, chunk, element_size, axis, 0, 0};
  const auto at = static_cast<std::ptrdiff_t>(axis);
  plan.runs = (shape[axis] + chunk[axis] - 1) / chunk[axis];
  plan.inner_bytes = product(shape.begin() + at + 1, shape.end()) * element_size;
  return plan;
}

}  // namespace

std::size_t ChunkPlan::count() const {
  return product(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(cut_axis)) * runs;
}
std::size_t ChunkPlan::chunk_bytes() const { return chunk[cut_axis] * inner_bytes; }
std::size_t ChunkPlan::offset(std::size_t index) const {
  return (index / runs) * shape[cut_axis] * inner_bytes + (index % runs) * chunk_bytes();
}
std::size_t ChunkPlan::bytes(std::size_t index) const {
  return std::min(chunk_bytes(), (shape[cut_axis] - (index % runs) * chunk[cut_axis]) * inner_bytes);
}
std::vector<hsize_t> ChunkPlan::start(std::size_t index) const {
  std::vector<hsize_t> first(shape.size(), 0);
  first[cut_axis] = (index % runs) * chunk[cut_axis];
  std::size_t outer = index / runs;
  for (std::size_t axis = cut_axis; axis-- > 0; outer /= shape[axis]) first[axis] = outer % shape[axis];
  return first;
}
std::size_t ChunkPlan::chunk_at(std::size_t offset) const {
  const std::size_t slab = shape[cut_axis] * inner_bytes;
  return offset / slab * runs + offset % slab / chunk_bytes();
}

ChunkPlan plan_chunks(const h5::Shape& shape, std::size_t element_size) {
  h5::Shape chunk(shape.size(), 1);
  std::size_t bytes = element_size;
  std::size_t axis = shape.size() - 1;
  for (;; --axis) {
    const std::size_t fits = std::max<std::size_t>(1, largest_chunk_bytes / std::max<std::size_t>(1, bytes));
    chunk[axis] = std::min(shape[axis], fits);
    if (axis == 0 || chunk[axis] < shape[axis]) {
      const std::size_t wanted = (chunk_target_bytes + bytes - 1) / std::max<std::size_t>(1, bytes);
      chunk[axis] = std::min(chunk[axis], std::max<std::size_t>(1, wanted));
      break;
    }
    bytes *= shape[axis];
  }
  return with_cut(shape, chunk, element_size, axis);
}

std::optional<ChunkPlan> plan_of(const h5::Shape& shape, const h5::Shape& chunk, std::size_t element_size) {
  std::size_t axis = shape.size() - 1;
  while (axis > 0 && chunk[axis] == shape[axis]) --axis;
  for (std::size_t outer = 0; outer < axis; ++outer)
    if (chunk[outer] != 1) return std::nullopt;
  return with_cut(shape, chunk, element_size, axis);
}

ChunkedWriter::ChunkedWriter(h5::File& file, const std::string& path, h5::ElementType type,
                             const h5::Shape& shape)
    : file_(file), path_(path), plan_(plan_chunks(shape, h5::size_of(type))) {
  pipeline_.shuffle = plan_.element_size > 1;
  total_ = h5::element_count(shape) * plan_.element_size;
  batch_bytes_ = std::max<std::size_t>(1, batch_target_bytes / plan_.chunk_bytes()) * plan_.chunk_bytes();

  const h5::Id properties = h5::untimed(H5P_DATASET_CREATE);
  const std::vector<hsize_t> chunk(plan_.chunk.begin(), plan_.chunk.end());
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  const h5::Id space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr));
  const bool prepared = H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
                        (!pipeline_.shuffle || H5Pset_shuffle(properties.get()) >= 0) &&
                        H5Pset_deflate(properties.get(), 1) >= 0 && H5Pset_fletcher32(properties.get()) >= 0;
  if (prepared)
    dataset_ = h5::Id(H5Dcreate2(file.id(), path.c_str(), h5::file_type(type), space.get(), H5P_DEFAULT,
                                 properties.get(), H5P_DEFAULT));
  if (!dataset_.valid()) file.fail(path, "created");
  pending_.reserve(std::min(batch_bytes_, total_));
}

void ChunkedWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > missing_bytes())
    throw ComputationError("{}: more data came for {} than its {} bytes", file_.shown(), path_, total_);
  const std::size_t slab = plan_.shape[plan_.cut_axis] * plan_.inner_bytes;
  while (!bytes.empty()) {
    // A batch never crosses the end of a slab of the cut axis: the last run of a slab is shorter than the
    // others.
    const std::size_t slab_left = slab - taken_ % slab;
    const std::size_t take = std::min({bytes.size(), batch_bytes_ - pending_.size(), slab_left});
    pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(take));
    taken_ += take;
    bytes = bytes.subspan(take);
    if (pending_.size() == batch_bytes_ || take == slab_left) flush();
  }
}

void ChunkedWriter::flush() {
  const std::size_t size = plan_.chunk_bytes();
  const std::size_t count = (pending_.size() + size - 1) / size;
  std::vector<PackedChunk> packed(count);
  tbb::task_group hashing;
  hashing.run([&] { digest_.update(pending_); });
  tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
    const std::size_t inside = std::min(size, pending_.size() - i * size);
    const std::span<const std::byte> raw(pending_.data() + i * size, inside);
    if (inside == size) {
      packed[i] = pack_chunk(raw, plan_.element_size, pipeline_);
    } else {  // HDF5 stores edge chunks at full size
      std::vector<std::byte> padded(size);
      std::copy(raw.begin(), raw.end(), padded.begin());
      packed[i] = pack_chunk(padded, plan_.element_size, pipeline_);
    }
  });
  hashing.wait();
  for (const PackedChunk& chunk : packed) {
    const std::vector<hsize_t> start = plan_.start(next_chunk_++);
    if (H5Dwrite_chunk(dataset_.get(), H5P_DEFAULT, chunk.skipped_filters, start.data(), chunk.bytes.size(),
                       chunk.bytes.data()) < 0)
      file_.fail(path_, "written");
  }
  pending_.clear();
}

void ChunkedWriter::finish() {
  if (missing_bytes() > 0)
    throw ComputationError("{}: {} lacks the last {} of its {} bytes", file_.shown(), path_, missing_bytes(),
                           total_);
  if (!pending_.empty()) flush();
  file_.set_attribute(path_, "sha256", digest_.finish());
}

ChunkedReader::ChunkedReader(const h5::File& file, const std::string& path)
    : file_(file), path_(path), info_(file.info(path)) {
  dataset_ = h5::Id(H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT));
  if (!dataset_.valid()) file.fail(path, "opened");
  const std::size_t element_size = h5::element_bytes(info_);
  size_bytes_ = h5::element_count(info_.shape) * element_size;
  const h5::Id properties(H5Dget_create_plist(dataset_.get()));
  if (H5Pget_layout(properties.get()) != H5D_CHUNKED || size_bytes_ == 0) return;
  std::vector<hsize_t> chunk(info_.shape.size());
  if (H5Pget_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()) < 0)
    file.fail(path, "read");
  std::vector<H5Z_filter_t> filters;
  for (int i = 0; i < H5Pget_nfilters(properties.get()); ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    filters.push_back(H5Pget_filter2(properties.get(), static_cast<unsigned>(i), &flags, &values, nullptr, 0,
                                     nullptr, nullptr));
  }
  pipeline_.shuffle = element_size > 1 && info_.type != h5::ElementType::text;
  const std::vector<H5Z_filter_t> ours =
      pipeline_.shuffle
          ? std::vector<H5Z_filter_t>{H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32}
          : std::vector<H5Z_filter_t>{H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32};
  if (filters == ours) plan_ = plan_of(info_.shape, h5::Shape(chunk.begin(), chunk.end()), element_size);
}

void ChunkedReader::read(std::size_t offset, std::span<std::byte> out) {
  h5::silence_error_stack();
  if (offset + out.size() > size_bytes_ || offset + out.size() < offset)
    throw ComputationError("{}: bytes {} to {} of {} were asked for; it has {}", file_.shown(), offset,
                           offset + out.size(), path_, size_bytes_);
  if (out.empty()) return;
  if (!plan_) return read_by_hdf5(offset, out);
  const std::size_t first = plan_->chunk_at(offset);
  const std::size_t last = plan_->chunk_at(offset + out.size() - 1);
  // Packed bytes of one batch are all that is held besides the caller's own buffer.
  const std::size_t batch = std::max<std::size_t>(1, batch_target_bytes / plan_->chunk_bytes());
  for (std::size_t chunk = first; chunk <= last; chunk += batch)
    read_chunks(chunk, std::min(last, chunk + batch - 1), offset, out);
}

struct ChunkedReader::RawChunk {
  std::vector<std::byte> bytes;
  std::uint32_t skipped_filters = 0;
  UnpackResult result = UnpackResult::ok;
};

void ChunkedReader::read_chunks(std::size_t first, std::size_t last, std::size_t offset,
                                std::span<std::byte> out) {
  const auto name = [&](std::size_t index) {
    return fmt::format("{} chunk [{}]", path_, fmt::join(plan_->start(index), ", "));
  };
  std::vector<RawChunk> chunks(last - first + 1);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const std::vector<hsize_t> start = plan_->start(first + i);
    hsize_t stored = 0;
    if (H5Dget_chunk_storage_size(dataset_.get(), start.data(), &stored) < 0)
      file_.fail(name(first + i), "found");
    // HDF5 itself would quietly deliver zeros here. A damaged size must not decide how much memory we take.
    if (stored == 0 || stored > plan_->chunk_bytes() + plan_->chunk_bytes() / 2 + 1024)
      throw InputError("{}: {} is missing or has an absurd size of {} bytes (damaged file)", file_.shown(),
                       name(first + i), stored);
    chunks[i].bytes.resize(stored);
    if (H5Dread_chunk(dataset_.get(), H5P_DEFAULT, start.data(), &chunks[i].skipped_filters,
                      chunks[i].bytes.data()) < 0)
      file_.fail(name(first + i), "read");
  }
  tbb::parallel_for(std::size_t{0}, chunks.size(), [&](std::size_t i) {
    const std::size_t begin = plan_->offset(first + i);
    const std::size_t end = begin + plan_->bytes(first + i);
    const std::size_t from = std::max(begin, offset);
    const std::size_t to = std::min(end, offset + out.size());
    const auto unpack = [&](std::span<std::byte> raw) {
      chunks[i].result =
          unpack_chunk(chunks[i].bytes, chunks[i].skipped_filters, plan_->element_size, pipeline_, raw);
    };
    if (from == begin && to == begin + plan_->chunk_bytes()) {
      unpack(out.subspan(begin - offset, plan_->chunk_bytes()));
    } else {
      std::vector<std::byte> whole(plan_->chunk_bytes());
      unpack(whole);
      std::copy(whole.begin() + static_cast<std::ptrdiff_t>(from - begin),
                whole.begin() + static_cast<std::ptrdiff_t>(to - begin),
                out.begin() + static_cast<std::ptrdiff_t>(from - offset));
    }
  });
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (chunks[i].result != UnpackResult::ok)
      throw InputError(
          "{}: {} {} (the file is damaged: make it again or restore a copy)", file_.shown(), name(first + i),
          chunks[i].result == UnpackResult::checksum_wrong ? "has a wrong checksum" : "cannot be inflated");
}

void ChunkedReader::read_by_hdf5(std::size_t offset, std::span<std::byte> out) {
  // A selection by whole indices of the first axis; what was asked for is cut out of it.
  const std::size_t step = size_bytes_ / info_.shape.front();
  const std::size_t first = offset / step;
  const std::size_t last = (offset + out.size() - 1) / step;
  const h5::Id space(H5Dget_space(dataset_.get()));
  std::vector<hsize_t> start(info_.shape.size(), 0);
  std::vector<hsize_t> count(info_.shape.begin(), info_.shape.end());
  count[0] = 1;
  const h5::Id memory(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  std::vector<std::byte> piece(step);
  const h5::Id text = h5::text_type(std::max<std::size_t>(1, info_.text_width));
  const hid_t type = info_.type == h5::ElementType::text ? text.get() : h5::file_type(info_.type);
  for (std::size_t index = first; index <= last; ++index) {
    start[0] = index;
    if (H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0 ||
        H5Dread(dataset_.get(), type, memory.get(), space.get(), H5P_DEFAULT, piece.data()) < 0)
      file_.fail(path_, "read");
    const std::size_t from = std::max(index * step, offset);
    const std::size_t to = std::min((index + 1) * step, offset + out.size());
    std::copy(piece.begin() + static_cast<std::ptrdiff_t>(from - index * step),
              piece.begin() + static_cast<std::ptrdiff_t>(to - index * step),
              out.begin() + static_cast<std::ptrdiff_t>(from - offset));
  }
}

void write_chunked(h5::File& file, const std::string& path, h5::ElementType type, const h5::Shape& shape,
                   std::span<const std::byte> bytes) {
  ChunkedWriter writer(file, path, type, shape);
  writer.write(bytes);
  writer.finish();
}

}  // namespace snitt::store
