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

/// Maps points step by step and notes which of them a field's grid does not hold with `beyond` voxels around
/// it.
void map_and_note(const TransformMapper& mapper, const std::vector<std::optional<Field>>& fields,
                  double beyond, std::vector<Vec3>& points, std::vector<char>& stays) {
  for (std::size_t step = 0; step < mapper.steps(); ++step) {
    if (fields[step])
      for (std::size_t i = 0; i < points.size(); ++i)
        if (!is_between(transform_point(fields[step]->to_index, points[i]), fields[step]->grid.size, beyond))
          stays[i] = 0;
    mapper.map(step, points);
  }
}

/// The inverse of the linear steps that lead to the first field.
Matrix4 before_first_field(const SpatialTransform& transform) {
  Matrix4 product;
  for (const TransformStep& step : transform.steps) {
    const auto* linear = std::get_if<LinearStep>(&step);
    if (linear == nullptr) break;
    product = linear->matrix * product;
  }
  return snitt::inverse(product);
}

/// Distances there and back of one row's points, and which of them stay in the fields.
struct Row {
  std::vector<double> distances_mm;
  std::vector<char> stays;
};

/// Both transforms with their fields.
class ThereAndBack {
 public:
  ThereAndBack(const SpatialTransform& inverse, const SpatialTransform& transform)
      : to_start_(before_first_field(inverse)),
        there_(inverse),
        back_(transform),
        fields_there_(fields_of(inverse)),
        fields_back_(fields_of(transform)) {}

  /// Of the points `offset` voxels from the centers of the first `count` voxels of a row.
  Row row(const VolumeGeometry& grid, std::size_t row, std::size_t count, double offset) const {
    const Matrix4 to_space = to_start_ * index_to_space(grid);
    std::vector<Vec3> points;
    for (std::size_t i = 0; i < count; ++i)
      points.push_back(transform_point(
          to_space, {static_cast<double>(i) + offset, static_cast<double>(row % grid.size[1]) + offset,
                     static_cast<double>(row / grid.size[1]) + offset}));
    const std::vector<Vec3> start = points;
    // A point on the rim may be its own inverse, just beyond the field where nothing moves: on it is outside.
    constexpr double margin = 1e-3;  // voxels: what is not found better is no inverse
    Row result{{}, std::vector<char>(count, 1)};
    map_and_note(there_, fields_there_, margin, points, result.stays);
    map_and_note(back_, fields_back_, -margin, points, result.stays);
    for (std::size_t i = 0; i < count; ++i) result.distances_mm.push_back(norm(points[i] - start[i]));
    return result;
  }

 private:
  Matrix4 to_start_;  ///< from the space of the inverse's first field to where it starts
  TransformMapper there_;
  TransformMapper back_;
  std::vector<std::optional<Field>> fields_there_;
  std::vector<std::optional<Field>> fields_back_;
};

/// Whether all eight voxels around the middle of the cell stay: what is interpolated between one that does
/// and one that does not crosses the tear.
bool is_whole(const std::vector<Row>& centers, const VolumeGeometry& grid, std::size_t row, std::size_t i) {
  for (const std::size_t other : {row, row + 1, row + grid.size[1], row + grid.size[1] + 1})
    if (centers[other].stays[i] == 0 || centers[other].stays[i + 1] == 0) return false;
  return true;
}

}  // namespace

InverseCheck check_inverse(const SpatialTransform& inverse, const SpatialTransform& transform) {
  const VolumeGeometry grid = own_grid(inverse).value();
  const ThereAndBack both(inverse, transform);
  std::vector<Row> centers(grid.size[1] * grid.size[2]);
  std::vector<Row> middles(centers.size());
  tbb::parallel_for(std::size_t{0}, centers.size(),
                    [&](std::size_t row) { centers[row] = both.row(grid, row, grid.size[0], 0); });
  tbb::parallel_for(std::size_t{0}, middles.size(), [&](std::size_t row) {
    if (row % grid.size[1] + 1 == grid.size[1] || row / grid.size[1] + 1 == grid.size[2]) return;
    middles[row] = both.row(grid, row, grid.size[0] - 1, 0.5);
    for (std::size_t i = 0; i < middles[row].stays.size(); ++i)
      if (!is_whole(centers, grid, row, i)) middles[row].stays[i] = 0;
  });
  InverseCheck check;
  std::vector<double> all;  // in the order of rows: the same sums for any number of threads
  for (const auto* rows : {&centers, &middles})
    for (const Row& row : *rows)
      for (std::size_t i = 0; i < row.stays.size(); ++i)
        if (row.stays[i] != 0)
          all.push_back(row.distances_mm[i]);
        else
          ++check.outside;
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
