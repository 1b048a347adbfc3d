#include "image_registration/linear_model.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "geometry/rotation.hpp"

namespace snitt::image_registration {

std::string_view name_of(LinearModel model) {
  return model == LinearModel::rigid ? "rigid" : model == LinearModel::similarity ? "similarity" : "affine";
}

std::size_t parameter_count(LinearModel model) {
  return model == LinearModel::rigid ? 6 : model == LinearModel::similarity ? 7 : 12;
}

Matrix4 moved(const Matrix4& matrix, LinearModel model, Vec3 center, double radius_mm,
              std::span<const double> step) {
  Matrix4 change;
  if (model == LinearModel::affine) {
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 3; ++column)
        change(row, column) += step[3 + 3 * row + column] / radius_mm;
  } else {
    change = rotation_from_vector((1 / radius_mm) * Vec3{step[3], step[4], step[5]});
    const double scale = model == LinearModel::similarity ? std::exp(step[6] / radius_mm) : 1;
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 3; ++column) change(row, column) *= scale;
  }
  const Vec3 shift = center - transform_vector(change, center);
  for (std::size_t row = 0; row < 3; ++row) change(row, 3) = shift[row] + step[row];
  return change * matrix;
}

Matrix4 nearest(const Matrix4& matrix, LinearModel model, Vec3 center) {
  if (model == LinearModel::affine) return matrix;
  Eigen::Matrix3d linear;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      linear(row, column) = matrix(static_cast<std::size_t>(row), static_cast<std::size_t>(column));
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(linear, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const double scale = model == LinearModel::similarity ? svd.singularValues().mean() : 1;
  const Eigen::Matrix3d turn = scale * svd.matrixU() * svd.matrixV().transpose();
  Matrix4 out;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      out(static_cast<std::size_t>(row), static_cast<std::size_t>(column)) = turn(row, column);
  const Vec3 shift = transform_point(matrix, center) - transform_vector(out, center);
  for (std::size_t row = 0; row < 3; ++row) out(row, 3) = shift[row];
  return out;
}

}  // namespace snitt::image_registration
