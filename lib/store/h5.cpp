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

herr_t innermost(unsigned, const H5E_error2_t* entry, void* reason) {
  auto& text = *static_cast<std::string*>(reason);
  if (text.empty() && entry->desc != nullptr) text = entry->desc;
  return 0;
}

void start_library() {
  // HDF5's own exit handler crashed after a failed write; our files are closed by their owners.
  static const bool started = [] {
    H5dont_atexit();
    return H5open() >= 0;
  }();
  if (!started) throw ComputationError("the HDF5 library cannot be started");
  silence_error_stack();
}

constexpr std::array<std::string_view, 11> type_names{
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64", "int64", "uint64", "text"};

}  // namespace

std::string reason_of_failure() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  // The file driver wraps the system's own words in addresses and counts nobody can use.
  const std::string mark = "error message = '";
  if (const std::size_t at = reason.find(mark); at != std::string::npos) {
    const std::size_t start = at + mark.size();
    return reason.substr(start, reason.find('\'', start) - start);
  }
  return reason.empty() ? "HDF5 gives no reason" : reason;
}

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
  for (Child& child : result) {
    child.kind = kind_of(prefix + child.name);
    if (child.kind == ObjectKind::group) refuse_circle(prefix + child.name);
  }
  return result;
}

void File::refuse_circle(const std::string& group) const {
  const std::uint64_t address = address_of(group);
  for (std::string above = group; above != "/";) {
    above.resize(std::max<std::size_t>(1, above.rfind('/')));
    if (address_of(above) == address)
      throw InputError("{}: {} is a link back to {}; expected groups that do not hold themselves", shown_,
                       group, above);
  }
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

}  // namespace snitt::store::h5
