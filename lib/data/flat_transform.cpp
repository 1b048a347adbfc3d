#include "data/flat_transform.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "geometry/thin_plate_fit.hpp"

namespace snitt {
namespace {

/// In the order of TransformStep.
constexpr std::array<const char*, 4> types{
    "AffineTransform_double_3_3", "DisplacementFieldTransform_double_3_3", "BSplineTransform_double_3_3",
    "ThinPlateSplineKernelTransform_double_3_3"};

std::vector<double> numbers_of(const std::vector<Vec3>& points) {
  std::vector<double> numbers;
  numbers.reserve(3 * points.size());
  for (const Vec3 p : points) numbers.insert(numbers.end(), {p.x, p.y, p.z});
  return numbers;
}

std::vector<double> fixed_parameters_of(const VolumeGeometry& grid) {
  std::vector<double> numbers;
  for (const std::size_t size : grid.size) numbers.push_back(static_cast<double>(size));
  for (const Vec3 v : {grid.origin_mm, grid.spacing_mm}) numbers.insert(numbers.end(), {v.x, v.y, v.z});
  for (std::size_t row = 0; row < 3; ++row)
    for (const Vec3 axis : grid.axis_directions) numbers.push_back(axis[row]);
  return numbers;
}

FlatTransform flat(const LinearStep& step) {
  std::vector<double> parameters;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t column = 0; column < 3; ++column) parameters.push_back(step.matrix(row, column));
  for (std::size_t row = 0; row < 3; ++row) parameters.push_back(step.matrix(row, 3));
  return {types[0], std::vector<double>(3, 0.0), std::move(parameters)};
}

FlatTransform flat(DisplacementStep step) {
  return {types[1], fixed_parameters_of(step.grid), std::move(step.vectors_mm)};
}

/// ITK keeps one array for each component.
FlatTransform flat(const BSplineStep& step) {
  const std::size_t points = step.grid.voxels();
  std::vector<double> parameters(3 * points);
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t axis = 0; axis < 3; ++axis)
      parameters[axis * points + i] = step.coefficients_mm[3 * i + axis];
  return {types[2], fixed_parameters_of(step.grid), std::move(parameters)};
}

FlatTransform flat(const ThinPlateStep& step) {
  if (!is_interpolating(step))
    throw ComputationError(
        "the weights of a thin-plate spline do not add up to 0; no landmarks define such a spline");
  std::vector<Vec3> mapped;
  mapped.reserve(step.landmarks_mm.size());
  for (const Vec3 p : step.landmarks_mm) mapped.push_back(map_point(TransformStep(step), p));
  return {types[3], numbers_of(mapped), numbers_of(step.landmarks_mm)};
}

const std::vector<double>& doubles_of(FlatTransform& flat) {
  if (const auto* floats = std::get_if<std::vector<float>>(&flat.parameters))
    flat.parameters = std::vector<double>(floats->begin(), floats->end());
  return std::get<std::vector<double>>(flat.parameters);
}

void require_count(const FlatTransform& flat, const char* what, std::size_t found, std::size_t expected) {
  if (found != expected) throw InputError("{} has {} {}; expected {}", flat.type, found, what, expected);
}

/// y = A (x - c) + c + t.
LinearStep affine_from(FlatTransform& flat) {
  const std::vector<double>& p = doubles_of(flat);
  const std::vector<double>& c = flat.fixed_parameters;
  require_count(flat, "parameters", p.size(), 12);
  require_count(flat, "fixed parameters", c.size(), 3);
  LinearStep step;
  for (std::size_t row = 0; row < 3; ++row) {
    double offset = p[9 + row] + c[row];
    for (std::size_t column = 0; column < 3; ++column) {
      step.matrix(row, column) = p[3 * row + column];
      offset -= p[3 * row + column] * c[column];
    }
    step.matrix(row, 3) = offset;
  }
  return step;
}

VolumeGeometry grid_of(const FlatTransform& flat) {
  try {
    return grid_from(flat.fixed_parameters);
  } catch (const InputError& error) {
    throw InputError("{} {}", flat.type, error.what());
  }
}

DisplacementStep field_from(FlatTransform& flat) {
  DisplacementStep step{grid_of(flat), {}};
  if (auto* floats = std::get_if<std::vector<float>>(&flat.parameters)) {
    step.vectors_mm = std::move(*floats);
  } else {
    const auto& doubles = std::get<std::vector<double>>(flat.parameters);
    step.vectors_mm.reserve(doubles.size());
    for (const double number : doubles) step.vectors_mm.push_back(static_cast<float>(number));
  }
  require_count(flat, "parameters", step.vectors_mm.size(), 3 * step.grid.voxels());
  return step;
}

BSplineStep b_spline_from(FlatTransform& flat) {
  BSplineStep step{grid_of(flat), {}};
  const std::vector<double>& p = doubles_of(flat);
  const std::size_t points = step.grid.voxels();
  require_count(flat, "parameters", p.size(), 3 * points);
  step.coefficients_mm.resize(p.size());
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t axis = 0; axis < 3; ++axis) step.coefficients_mm[3 * i + axis] = p[axis * points + i];
  return step;
}

ThinPlateStep thin_plate_from(FlatTransform& flat) {
  const std::vector<double>& source = doubles_of(flat);
  require_count(flat, "fixed parameters", flat.fixed_parameters.size(), source.size());
  if (source.size() % 3 != 0)
    throw InputError("{} has {} parameters; expected 3 for each landmark", flat.type, source.size());
  ThinPlateStep step;
  step.landmarks_mm = points_of(source);
  try {
    const ThinPlateFit fit(step.landmarks_mm, points_of(flat.fixed_parameters), {}, 0);
    step.matrix = fit.matrix();
    step.weights = fit.weights();
  } catch (const Error& error) {
    throw InputError("{}: {}", flat.type, error.what());
  }
  return step;
}

}  // namespace

std::string itk_type_of(const TransformStep& step) { return types[step.index()]; }

std::vector<Vec3> points_of(const std::vector<double>& numbers) {
  std::vector<Vec3> points;
  points.reserve(numbers.size() / 3);
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3)
    points.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  return points;
}

bool is_interpolating(const ThinPlateStep& step) {
  double size = 0;
  double extent = 1;
  std::array<Vec3, 4> sums{};  // of w, w x, w y, w z
  for (std::size_t i = 0; i < step.weights.size(); ++i) {
    const Vec3 p = step.landmarks_mm[i];
    size += norm(step.weights[i]);
    extent = std::max(extent, norm(p));
    sums[0] = sums[0] + step.weights[i];
    for (std::size_t axis = 0; axis < 3; ++axis) sums[axis + 1] = sums[axis + 1] + p[axis] * step.weights[i];
  }
  // What a solution in double precision leaves, with room for weights that went through a file of text.
  constexpr double rounding = 1e-7;
  for (std::size_t i = 0; i < 4; ++i)
    if (norm(sums[i]) > rounding * size * (i == 0 ? 1 : extent)) return false;
  return true;
}

FlatTransform flattened(const TransformStep& step) { return flattened(TransformStep(step)); }
FlatTransform flattened(TransformStep&& step) {
  return std::visit([](auto&& one) { return flat(std::move(one)); }, std::move(step));
}

VolumeGeometry grid_from(const std::vector<double>& fixed) {
  constexpr std::size_t count = 18;
  if (fixed.size() != count)
    throw InputError("has {} fixed parameters; expected {} (size, origin, spacing and direction of its grid)",
                     fixed.size(), count);
  VolumeGeometry grid;
  double voxels = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    // So that the product fits its type; no machine holds a grid of that size.
    constexpr double most = 1e6;
    if (!(fixed[axis] >= 1 && fixed[axis] <= most) || std::floor(fixed[axis]) != fixed[axis])
      throw InputError("has a grid of {} points along an axis; expected a whole number from 1", fixed[axis]);
    voxels *= fixed[axis];
    grid.size[axis] = static_cast<std::size_t>(fixed[axis]);
    grid.origin_mm[axis] = fixed[3 + axis];
    grid.spacing_mm[axis] = fixed[6 + axis];
    for (std::size_t row = 0; row < 3; ++row) grid.axis_directions[axis][row] = fixed[9 + 3 * row + axis];
    if (!(fixed[6 + axis] > 0))
      throw InputError("has a grid of spacing {} mm; expected more than 0", fixed[6 + axis]);
  }
  if (!is_affine(index_to_space(grid))) throw InputError("has a grid that is flat or not finite");
  return grid;
}

TransformStep step_from(FlatTransform flat) {
  const std::string& type = flat.type;
  const auto is = [&](const std::string& name) {
    return type == name + "_double_3_3" || type == name + "_float_3_3";
  };
  if (is("AffineTransform") || is("MatrixOffsetTransformBase")) return affine_from(flat);
  if (is("DisplacementFieldTransform")) return field_from(flat);
  // Files name the order only where it is not 3.
  if (is("BSplineTransform")) return b_spline_from(flat);
  if (is("ThinPlateSplineKernelTransform")) return thin_plate_from(flat);
  throw InputError(
      "{}: is not understood; expected an affine transform, a displacement field, a cubic B-spline or a "
      "thin-plate spline of three dimensions",
      type.empty() ? "''" : type);
}

}  // namespace snitt
