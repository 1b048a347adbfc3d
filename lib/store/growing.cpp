#include "store/growing.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace snitt::store {

GrowingArray::GrowingArray(h5::File& file, const std::string& path, h5::ElementType type,
                           std::size_t chunk_rows, std::size_t text_width)
    : file_(file),
      path_(path),
      chunk_rows_(chunk_rows),
      element_size_(h5::element_bytes({type, {}, text_width})) {
  const bool is_text = type == h5::ElementType::text;
  pipeline_.shuffle = element_size_ > 1 && !is_text;
  const h5::Id properties = h5::untimed(H5P_DATASET_CREATE);
  const hsize_t chunk = chunk_rows;
  const hsize_t none = 0;
  const hsize_t unlimited = H5S_UNLIMITED;
  const h5::Id space(H5Screate_simple(1, &none, &unlimited));
  const h5::Id text = h5::text_type(std::max<std::size_t>(1, text_width));
  const bool prepared = H5Pset_chunk(properties.get(), 1, &chunk) >= 0 &&
                        (!pipeline_.shuffle || H5Pset_shuffle(properties.get()) >= 0) &&
                        H5Pset_deflate(properties.get(), 1) >= 0 && H5Pset_fletcher32(properties.get()) >= 0;
  if (prepared)
    dataset_ = h5::Id(H5Dcreate2(file.id(), path.c_str(), is_text ? text.get() : h5::file_type(type),
                                 space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  if (!dataset_.valid()) file.fail(path, "created");
}

void GrowingArray::take(std::span<const std::byte> bytes) {
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  rows_ += bytes.size() / element_size_;
}

void GrowingArray::pack_one(std::span<const std::byte> raw) {
  digest_.update(raw);
  if (raw.size() == chunk_bytes()) {
    packed_.push_back(pack_chunk(raw, element_size_, pipeline_));
    return;
  }
  std::vector<std::byte> padded(chunk_bytes());  // HDF5 stores edge chunks at full size
  std::copy(raw.begin(), raw.end(), padded.begin());
  packed_.push_back(pack_chunk(padded, element_size_, pipeline_));
}

void GrowingArray::pack() {
  std::size_t at = 0;
  for (; waiting_.size() - at >= chunk_bytes(); at += chunk_bytes())
    pack_one(std::span(waiting_).subspan(at, chunk_bytes()));
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(at));
}

void GrowingArray::write(std::size_t i) {
  const hsize_t start = chunks_written_++ * chunk_rows_;
  const hsize_t extent = std::min(rows_, chunks_written_ * chunk_rows_);
  if (H5Dset_extent(dataset_.get(), &extent) < 0) file_.fail(path_, "extended");
  if (H5Dwrite_chunk(dataset_.get(), H5P_DEFAULT, packed_[i].skipped_filters, &start, packed_[i].bytes.size(),
                     packed_[i].bytes.data()) < 0)
    file_.fail(path_, "written");
}

void GrowingArray::write() {
  for (std::size_t i = 0; i < packed_.size(); ++i) write(i);
  packed_.clear();
}

void GrowingArray::finish() {
  pack();
  if (!waiting_.empty()) pack_one(waiting_);
  waiting_.clear();
  write();
  file_.set_attribute(path_, "sha256", digest_.finish());
}

}  // namespace snitt::store
