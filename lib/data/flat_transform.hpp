#pragma once
#include <string>
#include <variant>
#include <vector>

#include "data/spatial_transform.hpp"

/// Transforms as ITK's files hold them: the name of a class and two flat arrays.
namespace snitt {

struct FlatTransform {
  std::string type;                      ///< "AffineTransform_double_3_3"
  std::vector<double> fixed_parameters;  ///< center, or grid: size, origin, spacing, direction (row by row)
  std::variant<std::vector<double>, std::vector<float>> parameters;  ///< float for displacement fields
};

/// "AffineTransform_double_3_3" and so on.
std::string itk_type_of(const TransformStep& step);

/// Triples of numbers as points.
std::vector<Vec3> points_of(const std::vector<double>& numbers);

/// Thin-plate splines are the source landmarks with what they map to: the reader solves for the weights.
/// Throws ComputationError for a spline whose weights do not make it one of those (see is_interpolating).
FlatTransform flattened(const TransformStep& step);
FlatTransform flattened(TransformStep&& step);

/// The step that ITK's class would do with these numbers. Understands AffineTransform, MatrixOffset…,
/// DisplacementFieldTransform, BSplineTransform (order 3) and ThinPlateSplineKernelTransform, all 3-D, of
/// double or float. Throws InputError whose sentence starts with the type: unknown, arrays of wrong length, a
/// grid that is none.
TransformStep step_from(FlatTransform flat);

/// Grid of ITK's 18 fixed parameters: its matrix has the axis vectors as columns. Throws InputError.
VolumeGeometry grid_from(const std::vector<double>& fixed_parameters);

/// Whether weights and landmarks obey the side conditions (sum of w and of w p^T are 0), without which no
/// landmark pairs define the spline.
bool is_interpolating(const ThinPlateStep& step);

}  // namespace snitt
