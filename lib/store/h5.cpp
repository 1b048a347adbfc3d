#include "store/h5.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <numeric>

#include "base/error.hpp"

namespace snitt::store::h5 {
namespace {

/// Compact data live in the object header, which HDF5 limits to 64 KiB and protects by a checksum.
constexpr std::size_t compact_limit = 32 * 1024;
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

void start_library() {
  // HDF5's own exit handler crashed after a failed write; our files are closed by their owners.
  static const bool started = [] {
    H5dont_atexit();
    return H5open() >= 0;
  }();
  if (!started) throw ComputationError("the HDF5 library cannot be started");
  silence_error_stack();
}

herr_t innermost(unsigned, const H5E_error2_t* entry, void* reason) {
  auto& text = *static_cast<std::string*>(reason);
  if (text.empty() && entry->desc != nullptr) text = entry->desc;
  return 0;
}

std::string reason_of_failure() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  return reason.empty() ? "HDF5 gives no reason" : reason;
}

constexpr std::array<std::string_view, 11> type_names{
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "int64", "uint64", "text"};

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

Id space_of(const Shape& shape) {
  if (shape.empty()) return Id(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> sizes(shape.begin(), shape.end());
  return Id(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr));
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

std::vector<std::byte> joined(const std::vector<std::string>& texts) {
  std::vector<std::byte> bytes;
  for (const std::string& text : texts) {
    const auto view = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), view.begin(), view.end());
    bytes.push_back(std::byte{0});
  }
  return bytes;
}

}  // namespace

void silence_error_stack() {
  thread_local const bool silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(silent);
}

ElementType element_type(PixelType type) { return static_cast<ElementType>(type); }
std::string_view name_of(ElementType type) { return type_names[static_cast<std::size_t>(type)]; }

std::size_t size_of(ElementType type) {
  if (type == ElementType::text) return 0;
  return type >= ElementType::i64 ? 8 : snitt::size_of(static_cast<PixelType>(type));
}

hid_t file_type(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return H5T_STD_U8LE;
    case ElementType::i8:
      return H5T_STD_I8LE;
    case ElementType::u16:
      return H5T_STD_U16LE;
    case ElementType::i16:
      return H5T_STD_I16LE;
    case ElementType::u32:
      return H5T_STD_U32LE;
    case ElementType::i32:
      return H5T_STD_I32LE;
    case ElementType::f32:
      return H5T_IEEE_F32LE;
    case ElementType::f64:
      return H5T_IEEE_F64LE;
    case ElementType::i64:
      return H5T_STD_I64LE;
    case ElementType::u64:
      return H5T_STD_U64LE;
    case ElementType::text:
      break;
  }
  return H5T_C_S1;
}

Id text_type(std::size_t width) {
  Id type(H5Tcopy(H5T_C_S1));
  if (H5Tset_size(type.get(), std::max<std::size_t>(1, width)) < 0 ||
      H5Tset_cset(type.get(), H5T_CSET_UTF8) < 0 || H5Tset_strpad(type.get(), H5T_STR_NULLPAD) < 0)
    throw ComputationError("HDF5 refuses a text of {} bytes: {}", width, reason_of_failure());
  return type;
}

std::size_t element_count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

Id untimed(hid_t property_class) {
  Id properties(H5Pcreate(property_class));
  if (H5Pset_obj_track_times(properties.get(), false) < 0)
    throw ComputationError("HDF5 refuses to leave out time stamps: {}", reason_of_failure());
  return properties;
}

File File::open(const std::string& path) {
  start_library();
  // HDF5 reports a missing file only after a search through its drivers; the system's own words are clearer.
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    std::fclose(file);
  } else {
    throw InputError("{}: cannot be opened: {}", path, std::strerror(errno));
  }
  if (H5Fis_hdf5(path.c_str()) <= 0)
    throw InputError(
        "{}: is not an HDF5 file, or its beginning is damaged (foreign formats are read by snitt-import)",
        path);
  Id id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!id.valid())
    throw InputError("{}: cannot be opened as HDF5: {} (truncated or damaged?)", path, reason_of_failure());
  return File(std::move(id), path, false);
}

File File::create(const std::string& path, const std::string& shown) {
  start_library();
  const Id creation = untimed(H5P_FILE_CREATE);
  const Id access(H5Pcreate(H5P_FILE_ACCESS));
  // Formats since 1.10 checksum every piece of metadata, chunk indexes included (those of 1.8 do not).
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  Id id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()));
  if (!id.valid()) throw OutputError("{}: cannot be created: {}", shown, reason_of_failure());
  return File(std::move(id), shown, true);
}

void File::fail(const std::string& object, const std::string& action) const {
  const std::string reason = reason_of_failure();
  if (writing_) throw OutputError("{}: {} cannot be {}: {}", shown_, object, action, reason);
  throw InputError("{}: {} cannot be {}: {} (damaged file?)", shown_, object, action, reason);
}

bool File::exists(const std::string& path) const {
  if (path == "/") return true;
  // Each part of the path must be asked for: HDF5 fails on a missing middle.
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    if (H5Lexists(id(), path.substr(0, at).c_str(), H5P_DEFAULT) <= 0) return false;
    if (at == std::string::npos) return true;
  }
}

ObjectKind File::kind_of(const std::string& path) const {
  const Id object(H5Oopen(id(), path.c_str(), H5P_DEFAULT));
  if (!object.valid()) fail(path, "opened");
  return H5Iget_type(object.get()) == H5I_DATASET ? ObjectKind::dataset : ObjectKind::group;
}

std::vector<Child> File::children(const std::string& group) const {
  std::vector<Child> result;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<Child>*>(list)->push_back({name, ObjectKind::group});
    return 0;
  };
  if (H5Literate_by_name(id(), group.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &result,
                         H5P_DEFAULT) < 0)
    fail(group, "listed");
  std::sort(result.begin(), result.end(), [](const Child& a, const Child& b) { return a.name < b.name; });
  const std::string prefix = group == "/" ? "/" : group + "/";
  for (Child& child : result) child.kind = kind_of(prefix + child.name);
  return result;
}

std::uint64_t File::address_of(const std::string& path) const {
  H5O_info_t info;
  if (H5Oget_info_by_name2(id(), path.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) fail(path, "opened");
  return info.addr;
}

std::vector<std::string> File::attributes(const std::string& object) const {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  if (H5Aiterate_by_name(id(), object.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names,
                         H5P_DEFAULT) < 0)
    fail(object, "read");
  std::sort(names.begin(), names.end());
  return names;
}

bool File::has_attribute(const std::string& object, const std::string& name) const {
  return H5Aexists_by_name(id(), object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

namespace {

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
  return {classify(*this, object + "@" + name, array.type.get()), shape_of(array.space.get())};
}

DatasetInfo File::info(const std::string& path) const {
  const OpenArray array = open_dataset(*this, path);
  return {classify(*this, path, array.type.get()), shape_of(array.space.get())};
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
