#include "image/inverse_check.hpp"

#include <tbb/parallel_for.h>

#include <optional>

#include "data/transform_mapper.hpp"

namespace snitt::image {
namespace {

/// Between the outermost voxel centers, or `beyond` voxels outside of them.
bool is_between(Vec3 index, const std::array<std::size_t, 3>& size, double beyond) {
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!(index[axis] >= -beyond && index[axis] <= static_cast<double>(size[axis] - 1) + beyond))
      return false;
  return true;
}

struct Field {
  VolumeGeometry grid;
  Matrix4 to_index;
};

std::vector<std::optional<Field>> fields_of(const SpatialTransform& transform) {
  std::vector<std::optional<Field>> fields;
  for (const TransformStep& step : transform.steps) {
    const auto grid = own_grid(step);
    fields.push_back(grid ? std::optional(Field{*grid, space_to_index(*grid)}) : std::nullopt);
  }
  return fields;
}

/// Maps points step by step and notes which of them a field's grid does not hold. What is sampled between two
/// voxels lies half a rounding beyond the last of them: a millionth of a voxel is allowed.
void map_and_note(const TransformMapper& mapper, const std::vector<std::optional<Field>>& fields,
                  std::vector<Vec3>& points, std::vector<char>& stays) {
  constexpr double rounding = 1e-6;
  for (std::size_t step = 0; step < mapper.steps(); ++step) {
    if (fields[step])
      for (std::size_t i = 0; i < points.size(); ++i)
        if (!is_between(transform_point(fields[step]->to_index, points[i]), fields[step]->grid.size,
                        rounding))
          stays[i] = 0;
    mapper.map(step, points);
  }
}

/// Centers of a row's voxels, and the middles of the cells that begin there.
std::vector<Vec3> points_of_row(const VolumeGeometry& grid, std::size_t row) {
  const Matrix4 to_space = index_to_space(grid);
  const std::size_t j = row % grid.size[1];
  const std::size_t k = row / grid.size[1];
  std::vector<Vec3> points;
  for (std::size_t i = 0; i < grid.size[0]; ++i) {
    const Vec3 index{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
    points.push_back(transform_point(to_space, index));
    if (i + 1 < grid.size[0] && j + 1 < grid.size[1] && k + 1 < grid.size[2])
      points.push_back(transform_point(to_space, index + Vec3{0.5, 0.5, 0.5}));
  }
  return points;
}

}  // namespace

InverseCheck check_inverse(const SpatialTransform& inverse, const SpatialTransform& transform,
                           const VolumeGeometry& grid) {
  const TransformMapper there(inverse);
  const TransformMapper back(transform);
  const auto fields_there = fields_of(inverse);
  const auto fields_back = fields_of(transform);
  struct Row {
    std::vector<double> distances_mm;
    std::size_t outside = 0;
  };
  std::vector<Row> rows(grid.size[1] * grid.size[2]);
  tbb::parallel_for(std::size_t{0}, rows.size(), [&](std::size_t row) {
    std::vector<Vec3> points = points_of_row(grid, row);
    const std::vector<Vec3> start = points;
    std::vector<char> stays(points.size(), 1);
    map_and_note(there, fields_there, points, stays);
    map_and_note(back, fields_back, points, stays);
    for (std::size_t i = 0; i < points.size(); ++i)
      if (stays[i] != 0)
        rows[row].distances_mm.push_back(norm(points[i] - start[i]));
      else
        ++rows[row].outside;
  });
  InverseCheck check;
  std::vector<double> all;  // in the order of rows: the same sums for any number of threads
  for (const Row& row : rows) {
    all.insert(all.end(), row.distances_mm.begin(), row.distances_mm.end());
    check.outside += row.outside;
  }
  check.outside_percent =
      100.0 * static_cast<double>(check.outside) / static_cast<double>(check.outside + all.size());
  check.inside = summary_of(std::move(all));
  return check;
}

double covered_percent(const SpatialTransform& transform, const VolumeGeometry& grid) {
  std::size_t first = 0;
  while (first < transform.steps.size() && !own_grid(transform.steps[first])) ++first;
  if (first == transform.steps.size()) return 100;
  const VolumeGeometry own = *own_grid(transform.steps[first]);
  const TransformMapper mapper(transform);
  const Matrix4 to_space = index_to_space(own);
  const Matrix4 to_index = space_to_index(grid);
  std::vector<std::size_t> rows(own.size[1] * own.size[2]);
  tbb::parallel_for(std::size_t{0}, rows.size(), [&](std::size_t row) {
    std::vector<Vec3> points(own.size[0]);
    for (std::size_t i = 0; i < points.size(); ++i)
      points[i] = transform_point(to_space, {static_cast<double>(i), static_cast<double>(row % own.size[1]),
                                             static_cast<double>(row / own.size[1])});
    for (std::size_t step = first; step < mapper.steps(); ++step) mapper.map(step, points);
    for (const Vec3 point : points)
      if (is_between(transform_point(to_index, point), grid.size, 0.5)) ++rows[row];
  });
  std::size_t covered = 0;
  for (const std::size_t count : rows) covered += count;
  return 100.0 * static_cast<double>(covered) / static_cast<double>(own.voxels());
}

}  // namespace snitt::image
