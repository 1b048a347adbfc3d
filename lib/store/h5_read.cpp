#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "base/error.hpp"
#include "store/h5.hpp"

namespace snitt::store::h5 {
namespace {

bool matches(hid_t type, ElementType candidate) { return H5Tequal(type, file_type(candidate)) > 0; }

ElementType classify(const File& file, const std::string& object, hid_t type) {
  if (H5Tget_class(type) == H5T_STRING) return ElementType::text;
  for (const ElementType candidate :
       {ElementType::u8, ElementType::i8, ElementType::u16, ElementType::i16, ElementType::u32,
        ElementType::i32, ElementType::f32, ElementType::f64, ElementType::i64, ElementType::u64})
    if (matches(type, candidate)) return candidate;
  throw InputError(
      "{}: {} has an element type that Snitt's layouts do not use; expected a little-endian integer, "
      "IEEE float or text",
      file.shown(), object);
}

Shape shape_of(hid_t space) {
  std::array<hsize_t, H5S_MAX_RANK> sizes{};
  const int rank = H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return Shape(sizes.begin(), sizes.begin() + std::max(rank, 0));
}

/// Calls `read(memory_type, buffer)` for variable- or fixed-length text and returns the strings.
std::vector<std::string> read_texts(hid_t type, hid_t space, const std::function<bool(hid_t, void*)>& read) {
  const std::size_t count = element_count(shape_of(space));
  std::vector<std::string> texts(count);
  if (count == 0) return texts;
  if (H5Tis_variable_str(type) > 0) {
    const Id memory(H5Tcopy(type));
    std::vector<char*> pointers(count, nullptr);
    if (!read(memory.get(), pointers.data())) return {};
    for (std::size_t i = 0; i < count; ++i)
      if (pointers[i] != nullptr) texts[i] = pointers[i];
    H5Dvlen_reclaim(memory.get(), space, H5P_DEFAULT, pointers.data());
    return texts;
  }
  const std::size_t length = H5Tget_size(type);
  std::vector<char> buffer(count * length + 1);
  if (!read(type, buffer.data())) return {};
  for (std::size_t i = 0; i < count; ++i)
    texts[i] = std::string(buffer.data() + i * length, strnlen(buffer.data() + i * length, length));
  return texts;
}

std::vector<std::byte> joined(const std::vector<std::string>& texts) {
  std::vector<std::byte> bytes;
  for (const std::string& text : texts) {
    const auto view = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), view.begin(), view.end());
    bytes.push_back(std::byte{0});
  }
  return bytes;
}

struct OpenArray {
  Id object;
  Id type;
  Id space;
};

OpenArray open_attribute(const File& file, const std::string& object, const std::string& name) {
  if (!file.has_attribute(object, name))
    throw InputError("{}: {} has no attribute '{}'", file.shown(), object, name);
  OpenArray array;
  array.object = Id(H5Aopen_by_name(file.id(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
  if (!array.object.valid()) file.fail(object + "@" + name, "opened");
  array.type = Id(H5Aget_type(array.object.get()));
  array.space = Id(H5Aget_space(array.object.get()));
  return array;
}

OpenArray open_dataset(const File& file, const std::string& path) {
  if (!file.exists(path)) throw InputError("{}: {} is missing", file.shown(), path);
  OpenArray array;
  array.object = Id(H5Dopen2(file.id(), path.c_str(), H5P_DEFAULT));
  if (!array.object.valid()) file.fail(path, "opened");
  array.type = Id(H5Dget_type(array.object.get()));
  array.space = Id(H5Dget_space(array.object.get()));
  return array;
}

}  // namespace

DatasetInfo File::attribute_info(const std::string& object, const std::string& name) const {
  const OpenArray array = open_attribute(*this, object, name);
  return {classify(*this, object + "@" + name, array.type.get()), shape_of(array.space.get()), 0};
}

DatasetInfo File::info(const std::string& path) const {
  const OpenArray array = open_dataset(*this, path);
  DatasetInfo info{classify(*this, path, array.type.get()), shape_of(array.space.get())};
  if (info.type == ElementType::text && H5Tis_variable_str(array.type.get()) == 0)
    info.text_width = H5Tget_size(array.type.get());
  return info;
}

std::size_t element_bytes(const DatasetInfo& info) {
  return info.type == ElementType::text ? info.text_width : size_of(info.type);
}

std::vector<std::string> File::texts_attribute(const std::string& object, const std::string& name) const {
  const OpenArray array = open_attribute(*this, object, name);
  if (H5Tget_class(array.type.get()) != H5T_STRING)
    throw InputError("{}: attribute '{}' of {} is not text", shown_, name, object);
  return read_texts(array.type.get(), array.space.get(), [&](hid_t type, void* out) {
    if (H5Aread(array.object.get(), type, out) < 0) fail(object + "@" + name, "read");
    return true;
  });
}

std::string File::text_attribute(const std::string& object, const std::string& name) const {
  const std::vector<std::string> texts = texts_attribute(object, name);
  return texts.empty() ? "" : texts.front();
}

double File::number_attribute(const std::string& object, const std::string& name) const {
  const OpenArray array = open_attribute(*this, object, name);
  double value = 0;
  if (element_count(shape_of(array.space.get())) != 1 ||
      H5Aread(array.object.get(), H5T_NATIVE_DOUBLE, &value) < 0)
    fail(object + "@" + name, "read as one number");
  return value;
}

std::vector<std::byte> File::attribute_bytes(const std::string& object, const std::string& name) const {
  const DatasetInfo shape = attribute_info(object, name);
  if (shape.type == ElementType::text) return joined(texts_attribute(object, name));
  const OpenArray array = open_attribute(*this, object, name);
  std::vector<std::byte> bytes(element_count(shape.shape) * size_of(shape.type));
  if (H5Aread(array.object.get(), file_type(shape.type), bytes.data()) < 0) fail(object + "@" + name, "read");
  return bytes;
}

void File::read(const std::string& path, ElementType type, void* out) const {
  const OpenArray array = open_dataset(*this, path);
  if (H5Dread(array.object.get(), file_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
    fail(path, "read");
}

std::vector<std::string> File::texts(const std::string& path) const {
  const OpenArray array = open_dataset(*this, path);
  if (H5Tget_class(array.type.get()) != H5T_STRING) throw InputError("{}: {} is not text", shown_, path);
  return read_texts(array.type.get(), array.space.get(), [&](hid_t type, void* out) {
    if (H5Dread(array.object.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0) fail(path, "read");
    return true;
  });
}

std::vector<std::byte> File::bytes(const std::string& path) const {
  const DatasetInfo shape = info(path);
  if (shape.type == ElementType::text) return joined(texts(path));
  std::vector<std::byte> result(element_count(shape.shape) * size_of(shape.type));
  read(path, shape.type, result.data());
  return result;
}

}  // namespace snitt::store::h5
