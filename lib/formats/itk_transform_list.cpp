#include "formats/itk_transform_list.hpp"

#include <fmt/format.h>
#include <itkIdentityTransform.h>
#include <itkMatrixOffsetTransformBase.h>
#include <itkObjectFactoryBase.h>
#include <itkTransformFactoryBase.h>
#include <itkTranslationTransform.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.hpp"
#include "formats/file_text.hpp"
#include "formats/number_text.hpp"
#include "formats/volume_header.hpp"

namespace snitt::formats {
namespace {

constexpr std::string_view inverse_prefix = "Inverse";
constexpr std::uint64_t most_text_bytes = std::uint64_t{4} << 30;

using ItkBase = itk::TransformBaseTemplate<double>;

template <unsigned Dimension>
bool linear_part(const ItkBase& transform, Matrix4& matrix) {
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

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Rotations by angles, versors and so on: ITK's own classes know what their numbers mean.
std::optional<Matrix4> linear_by_itk(const FlatTransform& flat) {
  itk::TransformFactoryBase::RegisterDefaultTransforms();
  std::string type = flat.type;
  if (const auto at = type.find("_float_"); at != std::string::npos) type.replace(at, 7, "_double_");
  const itk::LightObject::Pointer object = itk::ObjectFactoryBase::CreateInstance(type.c_str());
  auto* transform = dynamic_cast<ItkBase*>(object.GetPointer());
  Matrix4 matrix;
  if (transform == nullptr || !(linear_part<3>(*transform, matrix) || linear_part<2>(*transform, matrix)))
    return std::nullopt;
  const auto* doubles = std::get_if<std::vector<double>>(&flat.parameters);
  std::vector<double> numbers;
  if (doubles == nullptr) {
    const auto& floats = std::get<std::vector<float>>(flat.parameters);
    numbers.assign(floats.begin(), floats.end());
  } else {
    numbers = *doubles;
  }
  ItkBase::FixedParametersType fixed(static_cast<unsigned>(flat.fixed_parameters.size()));
  std::copy(flat.fixed_parameters.begin(), flat.fixed_parameters.end(), fixed.begin());
  ItkBase::ParametersType parameters(static_cast<unsigned>(numbers.size()));
  std::copy(numbers.begin(), numbers.end(), parameters.begin());
  if (numbers.size() != transform->GetNumberOfParameters())
    throw InputError("{} has {} parameters; expected {}", flat.type, numbers.size(),
                     transform->GetNumberOfParameters());
  // ITK reads as many as it wants without asking how many there are.
  const std::size_t wanted = transform->GetFixedParameters().Size();
  if (fixed.Size() < wanted && !(wanted == 4 && fixed.Size() == 3))
    throw InputError("{} has {} fixed parameters; expected {}", flat.type, fixed.Size(), wanted);
  try {
    if (fixed.Size() > 0) transform->SetFixedParameters(fixed);
    transform->SetParametersByValue(parameters);
  } catch (const itk::ExceptionObject& error) {
    throw InputError("{}: {}", flat.type, first_line(error.GetDescription()));
  }
  matrix = {};
  if (!linear_part<3>(*transform, matrix)) linear_part<2>(*transform, matrix);
  return matrix;
}

bool is_composite(const FlatTransform& flat) { return flat.type.starts_with("CompositeTransform_"); }

struct Part {
  TransformStep step;
  bool inverse = false;  ///< the file's transform is the inverse of the step
};

Part part_from(FlatTransform flat) {
  Part part;
  if (flat.type.starts_with(inverse_prefix)) {
    part.inverse = true;
    flat.type.erase(0, inverse_prefix.size());
  }
  // Slicer's name of ITK's old class, whose numbers are the same.
  if (flat.type.starts_with("BSplineDeformableTransform_")) flat.type.erase(7, std::strlen("Deformable"));
  if (const auto matrix = linear_by_itk(flat)) {
    if (!is_affine(*matrix))
      throw InputError("{}: matrix is singular or not finite; expected an invertible transform", flat.type);
    part.step = LinearStep{part.inverse ? inverse(*matrix) : *matrix};
    part.inverse = false;
  } else {
    part.step = step_from(std::move(flat));
  }
  return part;
}

/// A file of ITK before 4: a B-spline and its "bulk" transform, added: x -> A x + u(x). As steps: a B-spline
/// of A^-1 u, then A.
bool is_spline_with_bulk(const ItkList& list) {
  return list.size() == 2 && list.front().type.starts_with("BSplineDeformableTransform_");
}

void apply_bulk(SpatialTransform& transform) {
  // The list was turned around: linear first.
  auto* linear = std::get_if<LinearStep>(&transform.steps.front());
  auto* spline = std::get_if<BSplineStep>(&transform.steps.back());
  if (linear == nullptr || spline == nullptr) return;
  const Matrix4 back = inverse(linear->matrix);
  std::vector<double>& c = spline->coefficients_mm;
  for (std::size_t i = 0; i + 2 < c.size(); i += 3) {
    const Vec3 turned = transform_vector(back, {c[i], c[i + 1], c[i + 2]});
    for (std::size_t axis = 0; axis < 3; ++axis) c[i + axis] = turned[axis];
  }
  std::swap(transform.steps.front(), transform.steps.back());
}

/// The numbers after "Parameters:" of one line.
std::vector<double> line_numbers(const std::string& path, std::string_view field, std::string_view line) {
  return numbers_of(path, field, line.substr(field.size() + 1));
}

}  // namespace

ItkList read_itk_text(const std::string& path) {
  const std::string text = file_text(path, most_text_bytes);
  ItkList list;
  bool has_parameters = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = stripped(std::string_view(text).substr(at, end - at));
    at = end + 1;
    if (line.empty() || line.front() == '#') continue;
    const std::string_view key = line.substr(0, line.find(':'));
    if (key == "Transform") {
      list.push_back({std::string(stripped(line.substr(key.size() + 1))), {}, std::vector<double>{}});
    } else if (key == "Parameters" || key == "FixedParameters") {
      if (list.empty()) throw InputError("{}: '{}:' comes before any 'Transform:'", path, key);
      std::vector<double> numbers = line_numbers(path, key, line);
      has_parameters = has_parameters || key == "Parameters";
      if (key == "Parameters")
        list.back().parameters = std::move(numbers);
      else
        list.back().fixed_parameters = std::move(numbers);
    } else if (key != "ComponentTransformFile") {
      throw InputError("{}: line '{}' is not understood; expected Transform, Parameters or FixedParameters",
                       path, line.substr(0, 60));
    }
  }
  if (list.empty() || (!has_parameters && !is_composite(list.front())))
    throw InputError("{}: has no 'Transform:' and 'Parameters:' lines after its first; the file is cut off",
                     path);
  return list;
}

namespace {

/// One matrix of a MATLAB 4 file: its name and its numbers, column by column.
struct NamedNumbers {
  std::string name;
  std::vector<double> numbers;
};

/// Type, rows, columns, imaginary part and length of the name as little-endian integers, the name, the
/// numbers: of type 0 doubles, of type 10 floats. Moves `at` behind it.
NamedNumbers matlab_matrix(const std::string& path, const std::string& bytes, std::size_t& at) {
  std::array<std::int32_t, 5> head{};
  const auto cut_off = [&] { return InputError("{}: is a MATLAB file that is cut off or damaged", path); };
  if (bytes.size() - at < sizeof(head)) throw cut_off();
  std::memcpy(head.data(), bytes.data() + at, sizeof(head));
  at += sizeof(head);
  const auto [type, rows, columns, imaginary, length] = head;
  constexpr std::int32_t most = 4096;  // of a linear transform's numbers and of a name
  if ((type != 0 && type != 10) || imaginary != 0 || rows < 0 || columns < 0 || rows > most ||
      columns > most || length < 1 || length > most)
    throw InputError(
        "{}: holds a MATLAB matrix of type {} with {} x {} numbers; expected a transform of doubles or "
        "floats",
        path, type, rows, columns);
  const std::size_t width = type == 0 ? sizeof(double) : sizeof(float);
  const std::size_t count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  const auto name_size = static_cast<std::size_t>(length);
  if (bytes.size() - at < name_size + count * width) throw cut_off();
  NamedNumbers matrix{bytes.substr(at, name_size), std::vector<double>(count)};
  matrix.name.resize(std::min(matrix.name.find('\0'), matrix.name.size()));
  at += name_size;
  for (double& number : matrix.numbers) {
    float narrow = 0;
    if (width == sizeof(double))
      std::memcpy(&number, bytes.data() + at, width);
    else
      std::memcpy(&narrow, bytes.data() + at, width);
    if (width != sizeof(double)) number = static_cast<double>(narrow);
    at += width;
  }
  return matrix;
}

}  // namespace

ItkList read_itk_matlab(const std::string& path) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;
  const std::string bytes = file_text(path, most_bytes);
  ItkList list;
  for (std::size_t at = 0; at < bytes.size();) {
    NamedNumbers parameters = matlab_matrix(path, bytes, at);
    list.push_back({std::move(parameters.name), {}, std::move(parameters.numbers)});
    if (at < bytes.size()) list.back().fixed_parameters = matlab_matrix(path, bytes, at).numbers;
  }
  return list;
}

std::string itk_text(const ItkList& list) {
  std::string text = "#Insight Transform File V1.0\n";
  for (std::size_t i = 0; i < list.size(); ++i) {
    text += fmt::format("#Transform {}\nTransform: {}\n", i, list[i].type);
    if (is_composite(list[i])) continue;
    text += "Parameters:";
    std::visit(
        [&](const auto& numbers) {
          for (const auto number : numbers) text += " " + text_of(static_cast<double>(number));
        },
        list[i].parameters);
    text += "\nFixedParameters:";
    for (const double number : list[i].fixed_parameters) text += " " + text_of(number);
    text += "\n";
  }
  return text;
}

std::string itk_matlab(const std::string& path, const ItkList& list) {
  const auto* parameters =
      list.size() == 1 ? std::get_if<std::vector<double>>(&list.front().parameters) : nullptr;
  if (parameters == nullptr || parameters->size() != 12)
    throw UsageError(
        "{}: MATLAB files of ITK and ANTs hold one linear transform; expected .h5 or .tfm for others", path);
  std::string bytes;
  const auto matrix = [&](const std::string& name, const std::vector<double>& numbers) {
    // Little-endian doubles; rows, columns, no imaginary part, length of the name with its end.
    for (const std::size_t word :
         {std::size_t{0}, numbers.size(), std::size_t{1}, std::size_t{0}, name.size() + 1}) {
      const auto narrow = static_cast<std::int32_t>(word);
      bytes.append(reinterpret_cast<const char*>(&narrow), sizeof(narrow));
    }
    bytes.append(name.c_str(), name.size() + 1);
    bytes.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(double));
  };
  matrix(list.front().type, *parameters);
  matrix("fixed", list.front().fixed_parameters);
  return bytes;
}

SpatialTransform transform_from_itk(const std::string& path, ItkList list, const TransformName& name,
                                    Monitor& monitor) {
  if (list.empty()) throw InputError("{}: holds no transform", path);
  const bool composite = is_composite(list.front());
  if (composite) list.erase(list.begin());
  if (list.empty()) throw InputError("{}: holds a composite without parts", path);
  const bool bulk = !composite && is_spline_with_bulk(list);
  if (!composite && list.size() > 1 && !bulk)
    throw InputError("{}: holds {} transforms; expected one, or one composite of them", path, list.size());
  SpatialTransform transform{name, {}};
  std::size_t inverses = 0;
  std::size_t bent = 0;
  for (std::size_t i = list.size(); i-- > 0;) {  // the last part of the file is applied first
    try {
      Part part = part_from(std::move(list[i]));
      inverses += part.inverse ? 1 : 0;
      bent += std::holds_alternative<LinearStep>(part.step) ? 0 : 1;
      transform.steps.push_back(std::move(part.step));
    } catch (const InputError& error) {
      throw InputError("{}: transform {}: {}", path, i, error.what());
    }
  }
  if (inverses > 0 && inverses < bent)
    throw InputError(
        "{}: some parts that bend space are stored by their inverse and some are not; expected all of "
        "one kind (harden the transform in 3D Slicer into a displacement field)",
        path);
  if (inverses > 0) {
    std::reverse(transform.steps.begin(), transform.steps.end());
    for (TransformStep& step : transform.steps)
      if (auto* linear = std::get_if<LinearStep>(&step)) linear->matrix = inverse(linear->matrix);
    transform.name = {name.to, name.from};
    monitor.inform(fmt::format("{}: is stored by its inverse; that one is {}", path, transform.name.text()));
  }
  if (bulk) apply_bulk(transform);
  if (const std::string fault = fault_of(transform); !fault.empty()) throw InputError("{}: {}", path, fault);
  return transform;
}

ItkList itk_list(const SpatialTransform& transform) {
  ItkList list;
  if (transform.steps.empty()) {
    list.push_back(flattened(LinearStep{}));
    return list;
  }
  if (transform.steps.size() > 1)
    list.push_back({"CompositeTransform_double_3_3", {}, std::vector<double>{}});
  for (auto step = transform.steps.rbegin(); step != transform.steps.rend(); ++step)
    list.push_back(flattened(*step));
  return list;
}

}  // namespace snitt::formats
