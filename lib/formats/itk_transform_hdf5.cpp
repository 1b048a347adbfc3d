#include "formats/itk_transform_hdf5.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <utility>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

/// An HDF5 identifier and the function that closes it.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  hid_t get() const { return id_; }
  bool good() const { return id_ >= 0; }
  /// Closing writes what is left, so its result counts.
  bool closed() {
    const hid_t id = id_;
    id_ = -1;
    return close_(id) >= 0;
  }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// HDF5 prints its errors unless told not to; the setting belongs to the calling thread.
class SilentErrors {
 public:
  SilentErrors() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~SilentErrors() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  SilentErrors(const SilentErrors&) = delete;
  SilentErrors& operator=(const SilentErrors&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// Creates and fills a one-dimensional data set without time stamps, which would make equal files differ.
bool write_array(hid_t parent, const char* name, hid_t type, hsize_t count, const void* values) {
  const Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose);
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (!space.good() || !properties.good() || H5Pset_obj_track_times(properties.get(), 0) < 0) return false;
  Handle data(H5Dcreate2(parent, name, type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
              H5Dclose);
  return data.good() && H5Dwrite(data.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
         data.closed();
}

bool write_text(hid_t parent, const char* name, const char* text) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  return type.good() && H5Tset_size(type.get(), H5T_VARIABLE) >= 0 &&
         write_array(parent, name, type.get(), 1, &text);
}

bool write_numbers(hid_t parent, const char* name, const std::vector<double>& values) {
  return write_array(parent, name, H5T_NATIVE_DOUBLE, values.size(), values.data());
}

bool write_one(hid_t file, std::size_t place, const FlatTransform& flat) {
  const std::string path = fmt::format("/TransformGroup/{}", place);
  const Handle group(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  if (!group.good() || !write_text(group.get(), "TransformType", flat.type.c_str())) return false;
  if (flat.type.starts_with("CompositeTransform_")) return true;
  const auto* floats = std::get_if<std::vector<float>>(&flat.parameters);
  // Readers of ITK before 5 want doubles.
  const std::vector<double> parameters = floats != nullptr
                                             ? std::vector<double>(floats->begin(), floats->end())
                                             : std::get<std::vector<double>>(flat.parameters);
  return write_numbers(group.get(), "TransformParameters", parameters) &&
         write_numbers(group.get(), "TransformFixedParameters", flat.fixed_parameters);
}

bool write_all(hid_t file, const ItkList& list) {
  const Handle group(H5Gcreate2(file, "/TransformGroup", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  bool good = group.good() && write_text(file, "ITKVersion", "5.2.1") &&
              write_text(file, "HDFVersion", "1.10") && write_text(file, "OSName", "") &&
              write_text(file, "OSVersion", "");
  for (std::size_t i = 0; good && i < list.size(); ++i) good = write_one(file, i, list[i]);
  return good;
}

/// One-dimensional data sets of an open file, with errors that name them.
class Reader {
 public:
  Reader(const std::string& path, hid_t file) : path_(path), file_(file) {}

  bool has(const std::string& object) const { return H5Lexists(file_, object.c_str(), H5P_DEFAULT) > 0; }

  std::string text(const std::string& object) const {
    const Handle data = opened(object);
    const Handle type(H5Dget_type(data.get()), H5Tclose);
    if (H5Tget_class(type.get()) != H5T_STRING || count(data, object) != 1) fail(object, "is not one text");
    if (H5Tis_variable_str(type.get()) > 0) {
      char* pointer = nullptr;
      if (H5Dread(data.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer) < 0 || pointer == nullptr)
        fail(object, "cannot be read");
      const std::string result = pointer;
      H5free_memory(pointer);
      return result;
    }
    std::string result(H5Tget_size(type.get()), '\0');
    if (H5Dread(data.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data()) < 0)
      fail(object, "cannot be read");
    return result.c_str();
  }

  std::vector<double> numbers(const std::string& object) const {
    const Handle data = opened(object);
    const Handle type(H5Dget_type(data.get()), H5Tclose);
    if (H5Tget_class(type.get()) != H5T_FLOAT) fail(object, "does not hold floating-point numbers");
    const hsize_t size = count(data, object);
    // A damaged header may promise more than any disk holds.
    constexpr hsize_t most = hsize_t{1} << 31;
    if (size > most) fail(object, fmt::format("has {} numbers; expected at most {}", size, most));
    std::vector<double> values(size);
    if (size > 0 && H5Dread(data.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
      fail(object, "cannot be read");
    return values;
  }

 private:
  [[noreturn]] void fail(const std::string& object, const std::string& what) const {
    throw InputError("{}: {} {}", path_, object, what);
  }
  Handle opened(const std::string& object) const {
    if (!has(object)) fail(object, "is missing");
    return Handle(H5Dopen2(file_, object.c_str(), H5P_DEFAULT), H5Dclose);
  }
  hsize_t count(const Handle& data, const std::string& object) const {
    if (!data.good()) fail(object, "cannot be opened");
    const Handle space(H5Dget_space(data.get()), H5Sclose);
    const hssize_t points = H5Sget_simple_extent_npoints(space.get());
    if (points < 0) fail(object, "has no size");
    return static_cast<hsize_t>(points);
  }
  const std::string& path_;
  hid_t file_;
};

std::vector<double> numbers_under(const Reader& reader, const std::string& group, const std::string& name,
                                  const std::string& misspelt) {
  const std::string old = group + "/" + misspelt;
  return reader.numbers(reader.has(old) ? old : group + "/" + name);
}

}  // namespace

bool has_itk_transform(const std::string& path) {
  const SilentErrors silent;
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  return file.good() && H5Aexists(file.get(), "layout") <= 0 &&
         H5Lexists(file.get(), "/TransformGroup", H5P_DEFAULT) > 0;
}

ItkList read_itk_hdf5(const std::string& path) {
  const SilentErrors silent;
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file.good()) throw InputError("{}: cannot be opened as HDF5 (damaged or cut off)", path);
  const Reader reader(path, file.get());
  ItkList list;
  for (std::size_t place = 0; reader.has(fmt::format("/TransformGroup/{}", place)); ++place) {
    const std::string group = fmt::format("/TransformGroup/{}", place);
    FlatTransform flat;
    flat.type = reader.text(group + "/TransformType");
    if (!flat.type.starts_with("CompositeTransform_")) {
      flat.parameters = numbers_under(reader, group, "TransformParameters", "TranformParameters");
      flat.fixed_parameters =
          numbers_under(reader, group, "TransformFixedParameters", "TranformFixedParameters");
    }
    list.push_back(std::move(flat));
  }
  return list;
}

void write_itk_hdf5(const AtomicFile& target, const ItkList& list) {
  const SilentErrors silent;
  Handle file(H5Fcreate(target.temporary().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (!file.good() || !write_all(file.get(), list) || !file.closed())
    throw OutputError("{}: cannot be written as HDF5 (is the disk full?)", target.path());
}

}  // namespace snitt::formats
