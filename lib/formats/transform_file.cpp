#include "formats/transform_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "formats/dicom_registration.hpp"
#include "formats/elastix_transform.hpp"
#include "formats/element_data.hpp"
#include "formats/itk_transform_hdf5.hpp"
#include "formats/itk_transform_list.hpp"
#include "formats/matrix_file.hpp"
#include "formats/output_stream.hpp"
#include "formats/vector_field.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

bool has_extension(const std::string& path, std::initializer_list<std::string_view> endings) {
  for (const std::string_view ending : endings)
    if (ends_with_any_case(path, ending)) return true;
  return false;
}

bool is_vector_name(const std::string& path) {
  return has_extension(path, {".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".nhdr"});
}

ItkList read_list(const std::string& path, TransformFileKind kind) {
  if (kind == TransformFileKind::itk_text) return read_itk_text(path);
  if (kind == TransformFileKind::itk_matlab) return read_itk_matlab(path);
  return read_itk_hdf5(path);
}

SpatialTransform read_matrix_file(const std::string& path, const TransformFileOptions& options) {
  if (options.matrix == MatrixMeaning::unknown)
    throw UsageError("{}: is a matrix that does not say what it is; expected --matrix-of flirt or niftyreg",
                     path);
  if (options.matrix == MatrixMeaning::niftyreg)
    return linear_transform(read_niftyreg_affine(path, options.name));
  if (!options.fixed_image || !options.moving_image)
    throw UsageError(
        "{}: a matrix of FLIRT is in voxels; expected --fixed-image (its -ref) and --moving-image (its -in)",
        path);
  return linear_transform(read_flirt(path, options.name, *options.fixed_image, *options.moving_image));
}

void write_text(const std::string& path, const std::string& text, IfExists if_exists) {
  AtomicFile file(path, if_exists);
  write_bytes(file, text, {});
  file.commit();
}

Matrix4 matrix_of(const std::string& path, const SpatialTransform& transform, const char* program) {
  if (!is_linear(transform))
    throw UsageError("{}: a matrix of {} is linear, {} is not; expected another format", path, program,
                     transform.name.text());
  return linear_part(transform);
}

void write_itk(const std::string& path, const SpatialTransform& transform, IfExists if_exists) {
  if (!has_extension(path, {".tfm", ".txt", ".h5", ".hdf5", ".mat"}))
    throw UsageError(
        "{}: extension is '{}'; expected .tfm, .txt, .h5 or .mat, a displacement field's .nii.gz, .mha or "
        ".nrrd, or .dcm",
        path, std::filesystem::path(path).extension().string());
  SpatialTransform written = transform;
  if (is_linear(transform)) written.steps = {LinearStep{linear_part(transform)}};
  ItkList list;
  try {
    list = itk_list(written);
  } catch (const ComputationError& error) {
    throw UsageError("{}: {}", path, error.what());
  }
  if (has_extension(path, {".mat"})) return write_text(path, itk_matlab(path, list), if_exists);
  if (!has_extension(path, {".h5", ".hdf5"})) return write_text(path, itk_text(list), if_exists);
  AtomicFile file(path, if_exists);
  write_itk_hdf5(file, list);
  file.commit();
}

}  // namespace

TransformFileKind transform_file_kind(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return TransformFileKind::none;
  const std::string head = ByteSource(path, false).head(4096);
  if (head.starts_with("#Insight Transform File")) return TransformFileKind::itk_text;
  if (head.starts_with("\x89HDF\r\n\x1a\n"))
    return has_itk_transform(path) ? TransformFileKind::itk_hdf5 : TransformFileKind::none;
  if ((head.starts_with("(") || head.starts_with("//")) && head.find("(Transform \"") != std::string::npos)
    return TransformFileKind::elastix;
  // MATLAB 4: five little-endian integers (type, rows, columns, imaginary, name length), then the name.
  constexpr std::size_t matlab_header = 20;
  if (head.size() > matlab_header && ends_with_any_case(path, ".mat") &&
      head.substr(matlab_header, 64).find("Transform") != std::string::npos)
    return TransformFileKind::itk_matlab;
  if (is_dicom_registration(path)) return TransformFileKind::dicom;
  if (is_vector_field(path)) return TransformFileKind::vectors;
  return is_matrix_file(path) ? TransformFileKind::matrix : TransformFileKind::none;
}

bool is_transform(const std::string& path) {
  const TransformFileKind kind = transform_file_kind(path);
  return kind != TransformFileKind::none && kind != TransformFileKind::vectors &&
         kind != TransformFileKind::matrix;
}

SpatialTransform read_spatial_transform(const std::string& path, const TransformFileOptions& options,
                                        Monitor& monitor) {
  const TransformFileKind kind = transform_file_kind(path);
  switch (kind) {
    case TransformFileKind::none:
      throw InputError(
          "{}: is no ITK transform file, nor one of elastix, FLIRT, NiftyReg, DICOM, nor a "
          "displacement field",
          path);
    case TransformFileKind::elastix:
      return read_elastix_transform(path, options.name);
    case TransformFileKind::dicom:
      return read_dicom_registration(path, options.name, options.frame_of_reference, monitor);
    case TransformFileKind::vectors:
      return read_vector_field(path, options.name, options.coordinates, monitor);
    case TransformFileKind::matrix:
      return read_matrix_file(path, options);
    default:
      return transform_from_itk(path, read_list(path, kind), options.name, monitor);
  }
}

StaticTransform read_transform(const std::string& path, const TransformName& name) {
  TransformFileOptions options;
  options.name = name;
  Monitor silent;
  const TransformFileKind kind = transform_file_kind(path);
  if (kind == TransformFileKind::matrix || kind == TransformFileKind::vectors ||
      kind == TransformFileKind::none)
    throw InputError("{}: is no ITK transform file", path);
  const SpatialTransform transform = read_spatial_transform(path, options, silent);
  for (const TransformStep& step : transform.steps)
    if (!std::holds_alternative<LinearStep>(step))
      throw InputError(
          "{}: transform is a {}, which bends space; expected a linear one (affine, rigid, similarity, "
          "versor, Euler, "
          "translation)",
          path, itk_type_of(step));
  return {transform.name, linear_part(transform)};
}

bool is_transform_extension(const std::string& path) {
  return is_vector_name(path) || has_extension(path, {".tfm", ".txt", ".h5", ".hdf5", ".mat", ".dcm"});
}

void write_itk_transform(const std::string& path, const StaticTransform& transform, IfExists if_exists) {
  write_itk(path, linear_transform(transform), if_exists);
}

void write_spatial_transform(const std::string& path, const SpatialTransform& transform,
                             const TransformExport& options, IfExists if_exists, Monitor& monitor) {
  switch (options.format) {
    case TransformFormat::elastix:
      if (!options.fixed_image)
        throw UsageError("{}: files of elastix name the grid of the fixed image; expected --fixed-image",
                         path);
      return write_text(path, elastix_text(path, transform, *options.fixed_image), if_exists);
    case TransformFormat::flirt:
      if (!options.fixed_image || !options.moving_image)
        throw UsageError("{}: a matrix of FLIRT is in voxels; expected --fixed-image and --moving-image",
                         path);
      return write_text(
          path, flirt_text(matrix_of(path, transform, "FLIRT"), *options.fixed_image, *options.moving_image),
          if_exists);
    case TransformFormat::niftyreg:
      if (is_vector_name(path))
        return write_vector_field(path, transform, VectorConvention::niftyreg, if_exists, monitor);
      return write_text(path, niftyreg_text(matrix_of(path, transform, "NiftyReg")), if_exists);
    case TransformFormat::by_extension:
      break;
  }
  if (is_vector_name(path))
    return write_vector_field(path, transform, VectorConvention::lps, if_exists, monitor);
  if (has_extension(path, {".dcm"}))
    return write_dicom_registration(path, transform, options.fixed_dicom, options.moving_dicom, if_exists);
  write_itk(path, transform, if_exists);
}

}  // namespace snitt::formats
