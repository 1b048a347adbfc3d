#include "formats/itk_transform_hdf5.hpp"

#include <hdf5.h>

#include <array>

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

bool write_all(hid_t file, std::span<const double> parameters) {
  const Handle group(H5Gcreate2(file, "/TransformGroup", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  const Handle first(H5Gcreate2(file, "/TransformGroup/0", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  const std::array<double, 3> center{};
  return group.good() && first.good() && write_text(file, "ITKVersion", "5.2.1") &&
         write_text(file, "HDFVersion", "1.10") && write_text(file, "OSName", "") &&
         write_text(file, "OSVersion", "") &&
         write_text(first.get(), "TransformType", "AffineTransform_double_3_3") &&
         write_array(first.get(), "TransformParameters", H5T_NATIVE_DOUBLE, parameters.size(),
                     parameters.data()) &&
         write_array(first.get(), "TransformFixedParameters", H5T_NATIVE_DOUBLE, center.size(),
                     center.data());
}

}  // namespace

bool has_itk_transform(const std::string& path) {
  const SilentErrors silent;
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  return file.good() && H5Aexists(file.get(), "layout") <= 0 &&
         H5Lexists(file.get(), "/TransformGroup", H5P_DEFAULT) > 0;
}

void write_itk_affine_hdf5(const AtomicFile& target, std::span<const double> parameters) {
  const SilentErrors silent;
  Handle file(H5Fcreate(target.temporary().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  if (!file.good() || !write_all(file.get(), parameters) || !file.closed())
    throw OutputError("{}: cannot be written as HDF5 (is the disk full?)", target.path());
}

}  // namespace snitt::formats
