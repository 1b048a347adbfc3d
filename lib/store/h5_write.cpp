#include <algorithm>

#include "base/error.hpp"
#include "store/h5.hpp"

namespace snitt::store::h5 {
namespace {

/// Compact data live in the object header, which HDF5 limits to 64 KiB and protects by a checksum.
constexpr std::size_t compact_limit = 32 * 1024;
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

Id space_of(const Shape& shape) {
  if (shape.empty()) return Id(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return Id(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr));
}

std::size_t longest(const std::vector<std::string>& texts) {
  std::size_t width = 0;
  for (const std::string& text : texts) width = std::max(width, text.size());
  return width;
}

/// Each text followed by zeros up to `width` bytes (at least one: HDF5 knows no text of width 0).
std::string padded(const std::vector<std::string>& texts, std::size_t width) {
  width = std::max<std::size_t>(1, width);
  std::string bytes;
  bytes.reserve(texts.size() * width);
  for (const std::string& text : texts) bytes.append(text).append(width - text.size(), '\0');
  return bytes;
}

}  // namespace

void File::create_group(const std::string& path) {
  const Id properties = untimed(H5P_GROUP_CREATE);
  const Id group(H5Gcreate2(id(), path.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  if (!group.valid()) fail(path, "created");
}

void File::link(const std::string& existing, const std::string& path) {
  if (H5Lcreate_hard(id(), existing.c_str(), id(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT) < 0)
    fail(path, "linked");
}

void File::write_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                           const void* data) {
  const Id attribute(H5Acreate_by_name(id(), object.c_str(), name.c_str(), type, space, H5P_DEFAULT,
                                       H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute.valid() || H5Awrite(attribute.get(), type, data) < 0) fail(object + "@" + name, "written");
}

void File::set_attribute(const std::string& object, const std::string& name, const std::string& text) {
  write_attribute(object, name, text_type(text.size()).get(), space_of({}).get(),
                  padded({text}, text.size()).data());
}

void File::set_attribute(const std::string& object, const std::string& name,
                         const std::vector<std::string>& texts) {
  const std::size_t width = longest(texts);
  write_attribute(object, name, text_type(width).get(), space_of({texts.size()}).get(),
                  padded(texts, width).data());
}

void File::set_attribute(const std::string& object, const std::string& name, double value) {
  write_attribute(object, name, H5T_IEEE_F64LE, space_of({}).get(), &value);
}

void File::set_attribute(const std::string& object, const std::string& name, std::int64_t value) {
  write_attribute(object, name, H5T_STD_I64LE, space_of({}).get(), &value);
}

void File::write_texts(const std::string& path, const std::vector<std::string>& texts, const Shape& shape) {
  const std::size_t width = longest(texts);
  const std::string bytes = padded(texts, width);
  write_piece(path, text_type(width).get(), shape, std::as_bytes(std::span(bytes)));
}

void File::write_text(const std::string& path, const std::string& text) {
  const std::string bytes = padded({text}, text.size());
  write_piece(path, text_type(text.size()).get(), {}, std::as_bytes(std::span(bytes)));
}

void File::write_variable_text(const std::string& path, const std::string& text) {
  const Id type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), H5T_VARIABLE);
  const Id space = space_of({1});
  const Id properties = untimed(H5P_DATASET_CREATE);
  H5Pset_layout(properties.get(), H5D_COMPACT);
  const Id dataset(
      H5Dcreate2(id(), path.c_str(), type.get(), space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  const char* const pointer = text.c_str();
  if (!dataset.valid() || H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer) < 0)
    fail(path, "written");
}

void File::write_small(const std::string& path, ElementType type, const Shape& shape,
                       std::span<const std::byte> bytes) {
  write_piece(path, file_type(type), shape, bytes);
}

void File::write_piece(const std::string& path, hid_t type, const Shape& shape,
                       std::span<const std::byte> bytes) {
  const Id space = space_of(shape);
  const Id properties = untimed(H5P_DATASET_CREATE);
  bool prepared = true;
  if (bytes.size() <= compact_limit) {
    prepared = H5Pset_layout(properties.get(), H5D_COMPACT) >= 0;
  } else if (!shape.empty()) {
    std::vector<hsize_t> chunk(shape.begin(), shape.end());
    chunk[0] =
        std::clamp<hsize_t>(chunk_bytes * shape[0] / std::max<std::size_t>(1, bytes.size()), 1, shape[0]);
    prepared = H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
               H5Pset_deflate(properties.get(), 1) >= 0 && H5Pset_fletcher32(properties.get()) >= 0;
  }
  Id dataset;
  if (prepared)
    dataset =
        Id(H5Dcreate2(id(), path.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT));
  if (!dataset.valid() ||
      (!bytes.empty() && H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0))
    fail(path, "written");
}

void File::flush() {
  if (H5Fflush(id(), H5F_SCOPE_GLOBAL) < 0) fail("/", "flushed");
}

void File::close() {
  flush();
  if (H5Fclose(id_.get()) < 0) fail("/", "closed");
  id_.release();
}

}  // namespace snitt::store::h5
