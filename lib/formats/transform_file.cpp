#include "formats/transform_file.hpp"

#include <fmt/format.h>
#include <itkCompositeTransform.h>
#include <itkHDF5TransformIO.h>
#include <itkIdentityTransform.h>
#include <itkMatlabTransformIO.h>
#include <itkMatrixOffsetTransformBase.h>
#include <itkTransformFactoryBase.h>
#include <itkTransformFileReader.h>
#include <itkTranslationTransform.h>
#include <itkTxtTransformIO.h>

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "formats/element_data.hpp"
#include "formats/itk_transform_hdf5.hpp"
#include "formats/output_stream.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

enum class Kind { none, text, hdf5, matlab, elastix };

Kind kind_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return Kind::none;
  const std::string head = ByteSource(path, false).head(4096);
  if (head.starts_with("#Insight Transform File")) return Kind::text;
  if (head.starts_with("\x89HDF\r\n\x1a\n")) return has_itk_transform(path) ? Kind::hdf5 : Kind::none;
  if (head.starts_with("(") && head.find("(Transform \"") != std::string::npos) return Kind::elastix;
  // MATLAB 4: five little-endian integers (type, rows, columns, imaginary, name length), then the name.
  constexpr std::size_t matlab_header = 20;
  if (head.size() > matlab_header && ends_with_any_case(path, ".mat") &&
      head.substr(matlab_header, 64).find("Transform") != std::string::npos)
    return Kind::matlab;
  return Kind::none;
}

template <unsigned Dimension>
bool linear_part(const itk::TransformBaseTemplate<double>& transform, Matrix4& matrix) {
  using Linear = itk::MatrixOffsetTransformBase<double, Dimension, Dimension>;
  using Translation = itk::TranslationTransform<double, Dimension>;
  if (const auto* linear = dynamic_cast<const Linear*>(&transform)) {
    for (unsigned row = 0; row < Dimension; ++row) {
      for (unsigned column = 0; column < Dimension; ++column)
        matrix(row, column) = linear->GetMatrix()(row, column);
      matrix(row, 3) = linear->GetOffset()[row];
    }
    return true;
  }
  if (const auto* translation = dynamic_cast<const Translation*>(&transform)) {
    for (unsigned row = 0; row < Dimension; ++row) matrix(row, 3) = translation->GetOffset()[row];
    return true;
  }
  return dynamic_cast<const itk::IdentityTransform<double, Dimension>*>(&transform) != nullptr;
}

Matrix4 matrix_of(const std::string& path, const itk::TransformBaseTemplate<double>& transform) {
  Matrix4 matrix;
  if (linear_part<3>(transform, matrix) || linear_part<2>(transform, matrix)) return matrix;
  throw InputError(
      "{}: transform is a {}; expected a linear one (affine, rigid, similarity, versor, Euler, translation)",
      path, transform.GetTransformTypeAsString());
}

bool is_composite(const itk::TransformBaseTemplate<double>& transform) {
  return dynamic_cast<const itk::CompositeTransform<double, 3>*>(&transform) != nullptr ||
         dynamic_cast<const itk::CompositeTransform<double, 2>*>(&transform) != nullptr;
}

/// Files list a composite as an empty one followed by its parts; ITK applies the last part first.
Matrix4 product_of(const std::string& path,
                   const itk::TransformIOBaseTemplate<double>::TransformListType& list) {
  const bool composite = is_composite(*list.front());
  Matrix4 matrix;
  for (const auto& transform : list) {
    if (composite && transform == list.front()) continue;
    matrix = matrix * matrix_of(path, *transform);
  }
  const std::size_t parts = list.size() - (composite ? 1 : 0);
  if (parts == 0) throw InputError("{}: holds a composite without parts", path);
  if (!composite && parts > 1)
    throw InputError("{}: holds {} transforms; expected one, or one composite of them", path, parts);
  return matrix;
}

itk::TransformIOBaseTemplate<double>::Pointer io_for(Kind kind) {
  if (kind == Kind::text) return itk::TxtTransformIOTemplate<double>::New().GetPointer();
  if (kind == Kind::matlab) return itk::MatlabTransformIOTemplate<double>::New().GetPointer();
  return itk::HDF5TransformIOTemplate<double>::New().GetPointer();
}

/// The text reader of the toolkit trusts its file; an empty or odd one must not reach it.
void check_text(const std::string& path) {
  const ByteSource source(path, false);
  const std::string text = source.head(source.size());
  if (text.find("Transform: ") == std::string::npos || text.find("\nParameters:") == std::string::npos)
    throw InputError("{}: has no 'Transform:' and 'Parameters:' lines after its first; the file is cut off",
                     path);
  for (const std::string_view field : {"Parameters:", "FixedParameters:"})
    for (std::size_t at = text.find("\n" + std::string(field)); at != std::string::npos;
         at = text.find("\n" + std::string(field), at + 1)) {
      const std::size_t start = at + 1 + field.size();
      numbers_of(path, field, std::string_view(text).substr(start, text.find('\n', start) - start));
    }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

bool is_transform(const std::string& path) { return kind_of(path) != Kind::none; }

StaticTransform read_transform(const std::string& path, const TransformName& name) {
  const Kind kind = kind_of(path);
  if (kind == Kind::none) throw InputError("{}: is no ITK transform file", path);
  if (kind == Kind::elastix)
    throw InputError(
        "{}: is an elastix parameter file; expected an ITK transform (elastix 5 writes one with "
        "'ITKTransformOutputFileNameExtension \"tfm\"')",
        path);
  if (kind == Kind::text) check_text(path);
  itk::TransformFactoryBase::RegisterDefaultTransforms();
  const auto io = io_for(kind);
  io->SetFileName(path);
  try {
    io->Read();
  } catch (const itk::ExceptionObject& error) {
    const std::string reason = first_line(error.GetDescription());
    const std::string unknown = "Could not create an instance of ";
    if (const auto at = reason.find(unknown); at != std::string::npos)
      throw InputError("{}: transform is of the kind {}; expected a linear one", path,
                       reason.substr(at + unknown.size()));
    throw InputError("{}: transform cannot be read: {}", path, reason);
  } catch (const std::exception& error) {
    throw InputError("{}: transform cannot be read: {}", path, first_line(error.what()));
  }
  const auto& transforms = io->GetTransformList();
  if (transforms.empty()) throw InputError("{}: holds no transform", path);
  const Matrix4 matrix = product_of(path, transforms);
  if (!is_affine(matrix))
    throw InputError("{}: matrix is singular or not finite; expected an invertible transform", path);
  return {name, matrix};
}

bool is_transform_extension(const std::string& path) {
  for (const std::string_view ending : {".tfm", ".txt", ".h5", ".hdf5"})
    if (ends_with_any_case(path, ending)) return true;
  return false;
}

void write_itk_transform(const std::string& path, const StaticTransform& transform, IfExists if_exists) {
  const bool hdf5 = ends_with_any_case(path, ".h5") || ends_with_any_case(path, ".hdf5");
  if (!is_transform_extension(path))
    throw UsageError("{}: extension is '{}'; expected .tfm, .txt or .h5", path,
                     std::filesystem::path(path).extension().string());
  std::vector<double> parameters;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) parameters.push_back(transform.matrix(row, column));
  for (std::size_t row = 0; row < 3; ++row) parameters.push_back(transform.matrix(row, 3));
  AtomicFile file(path, if_exists);
  if (hdf5) {
    write_itk_affine_hdf5(file, parameters);
  } else {
    std::string text =
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters:";
    for (const double value : parameters) text += " " + text_of(value);
    write_bytes(file, text + "\nFixedParameters: 0 0 0\n", {});
  }
  file.commit();
}

}  // namespace snitt::formats
