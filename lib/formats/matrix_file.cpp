#include "formats/matrix_file.hpp"

#include <array>

#include "base/error.hpp"
#include "formats/file_text.hpp"
#include "formats/number_text.hpp"

namespace snitt::formats {
namespace {

constexpr std::uint64_t most_bytes = 1U << 16U;

/// LPS to RAS and back.
Matrix4 half_turn() {
  Matrix4 m;
  m(0, 0) = m(1, 1) = -1;
  return m;
}

Matrix4 read_matrix(const std::string& path) {
  Matrix4 m;
  const std::string text = file_text(path, most_bytes);
  std::string flat = text;
  for (char& c : flat)
    if (c == '\n' || c == '\r') c = ' ';
  const auto count = parse_numbers(flat, m.m);
  if (!count || *count != 16)
    throw InputError("{}: holds {} numbers; expected the 16 of a 4x4 matrix", path,
                     count ? std::to_string(*count) : "other things than");
  if (!is_affine(m)) throw InputError("{}: matrix is singular, not finite or not affine", path);
  return m;
}

std::string matrix_text(const Matrix4& m) {
  std::string text;
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t column = 0; column < 4; ++column)
      text += number_text(m(row, column)) + (column == 3 ? "\n" : " ");
  return text;
}

}  // namespace

bool is_matrix_file(const std::string& path) {
  try {
    read_matrix(path);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

Matrix4 index_to_fsl(const VolumeGeometry& g) {
  Matrix4 m;
  for (std::size_t axis = 0; axis < 3; ++axis) m(axis, axis) = g.spacing_mm[axis];
  // A half turn between LPS and RAS does not change the sign.
  if (determinant3(index_to_space(g)) > 0) {
    m(0, 0) = -g.spacing_mm.x;
    m(0, 3) = g.spacing_mm.x * static_cast<double>(g.size[0] - 1);
  }
  return m;
}

namespace {
/// LPS mm to the scaled voxels of FSL.
Matrix4 space_to_fsl(const VolumeGeometry& g) { return index_to_fsl(g) * inverse(index_to_space(g)); }
}  // namespace

StaticTransform read_flirt(const std::string& path, const TransformName& name, const VolumeGeometry& fixed,
                           const VolumeGeometry& moving) {
  const Matrix4 moving_to_fixed = read_matrix(path);
  return {name, inverse(space_to_fsl(moving)) * inverse(moving_to_fixed) * space_to_fsl(fixed)};
}

std::string flirt_text(const Matrix4& fixed_to_moving, const VolumeGeometry& fixed,
                       const VolumeGeometry& moving) {
  return matrix_text(space_to_fsl(fixed) * inverse(fixed_to_moving) * inverse(space_to_fsl(moving)));
}

StaticTransform read_niftyreg_affine(const std::string& path, const TransformName& name) {
  return {name, half_turn() * read_matrix(path) * half_turn()};
}

std::string niftyreg_text(const Matrix4& fixed_to_moving) {
  return matrix_text(half_turn() * fixed_to_moving * half_turn());
}

}  // namespace snitt::formats
