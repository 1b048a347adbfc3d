#include "image/deformation.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/error.hpp"

namespace snitt::image {
namespace {

Vec3 index_at(const VolumeGeometry& grid, std::size_t voxel) {
  return {static_cast<double>(voxel % grid.size[0]), static_cast<double>(voxel / grid.size[0] % grid.size[1]),
          static_cast<double>(voxel / grid.size[0] / grid.size[1])};
}

bool is_finite(const float* v) { return std::isfinite(v[0]) && std::isfinite(v[1]) && std::isfinite(v[2]); }

/// Means of the neighbours that have a vector, in rounds that each read what the one before wrote.
void fill_gaps(DisplacementStep& field) {
  const auto& size = field.grid.size;
  const std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  std::vector<std::size_t> gaps;
  for (std::size_t i = 0; i < field.grid.voxels(); ++i)
    if (!is_finite(&field.vectors_mm[3 * i])) gaps.push_back(i);
  while (!gaps.empty()) {
    std::vector<std::pair<std::size_t, std::array<float, 3>>> filled;
    std::vector<std::size_t> left;
    for (const std::size_t voxel : gaps) {
      std::array<double, 3> sum{};
      std::size_t count = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::size_t at = voxel / stride[axis] % size[axis];
        for (const bool up : {false, true}) {
          if (up ? at + 1 >= size[axis] : at == 0) continue;
          const float* v = &field.vectors_mm[3 * (up ? voxel + stride[axis] : voxel - stride[axis])];
          if (!is_finite(v)) continue;
          for (std::size_t c = 0; c < 3; ++c) sum[c] += static_cast<double>(v[c]);
          ++count;
        }
      }
      if (count == 0) {
        left.push_back(voxel);
        continue;
      }
      std::array<float, 3> mean{};
      for (std::size_t c = 0; c < 3; ++c) mean[c] = static_cast<float>(sum[c] / static_cast<double>(count));
      filled.emplace_back(voxel, mean);
    }
    for (const auto& [voxel, mean] : filled)
      std::copy(mean.begin(), mean.end(), field.vectors_mm.begin() + static_cast<std::ptrdiff_t>(3 * voxel));
    gaps = std::move(left);
  }
}

void refuse_mask(const VolumeGeometry& grid, const VoxelMask* mask) {
  if (mask == nullptr) return;
  if (!(mask->geometry == grid))
    throw InputError("the mask has another grid than the image; expected the same (resample it first)");
  if (mask->count() == 0) throw InputError("the mask is empty");
}

/// [row] results of a row, in the order of rows.
template <typename Result, typename Work>
std::vector<Result> by_rows(const VolumeGeometry& grid, const Work& work) {
  std::vector<Result> results(grid.size[1] * grid.size[2]);
  tbb::parallel_for(std::size_t{0}, results.size(), [&](std::size_t row) { results[row] = work(row); });
  return results;
}

double percentile(const std::vector<double>& sorted, double percent) {
  if (sorted.empty()) return 0;
  const double at = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

DisplacementStep displacement_field(const ChainMapper& chain, const VolumeGeometry& grid,
                                    InverseError& error) {
  DisplacementStep field{grid, std::vector<float>(3 * grid.voxels())};
  const Matrix4 to_space = index_to_space(grid);
  const auto errors = by_rows<InverseError>(grid, [&](std::size_t row) {
    std::vector<Vec3> points(grid.size[0]);
    for (std::size_t i = 0; i < points.size(); ++i)
      points[i] = transform_point(to_space, index_at(grid, row * grid.size[0] + i));
    const std::vector<Vec3> start = points;
    InverseError mine;
    chain.map(points, mine);
    for (std::size_t i = 0; i < points.size(); ++i)
      for (std::size_t c = 0; c < 3; ++c)
        field.vectors_mm[3 * (row * grid.size[0] + i) + c] = static_cast<float>(points[i][c] - start[i][c]);
    return mine;
  });
  InverseError sum;
  for (const InverseError& one : errors) sum.add(one);
  std::size_t gaps = 0;
  for (std::size_t i = 0; i < grid.voxels(); ++i)
    if (!is_finite(&field.vectors_mm[3 * i])) ++gaps;
  if (2 * gaps > grid.voxels())
    throw ComputationError(
        "{} of the grid's {} voxels have no inverse; expected a grid where the transform goes", gaps,
        grid.voxels());
  error.add(sum);
  if (gaps > 0) fill_gaps(field);
  return field;
}

DistanceSummary summary_of(std::vector<double> distances) {
  DistanceSummary summary;
  summary.count = distances.size();
  if (distances.empty()) return summary;
  double squares = 0;
  for (const double d : distances) {
    summary.mean += d;
    squares += d * d;
  }
  const auto n = static_cast<double>(distances.size());
  summary.mean /= n;
  summary.rms = std::sqrt(squares / n);
  std::sort(distances.begin(), distances.end());
  summary.median = percentile(distances, 50);
  summary.percentile95 = percentile(distances, 95);
  summary.largest = distances.back();
  return summary;
}

DistanceSummary inverse_consistency(const SpatialTransform& first, const SpatialTransform& second,
                                    const VolumeGeometry& grid, const VoxelMask* mask) {
  refuse_mask(grid, mask);
  const TransformMapper there(first);
  const TransformMapper back(second);
  const Matrix4 to_space = index_to_space(grid);
  const auto rows = by_rows<std::vector<double>>(grid, [&](std::size_t row) {
    std::vector<Vec3> points;
    for (std::size_t i = 0; i < grid.size[0]; ++i) {
      const std::size_t voxel = row * grid.size[0] + i;
      if (mask != nullptr && mask->inside[voxel] == 0) continue;
      const Vec3 index = index_at(grid, voxel);
      points.push_back(transform_point(to_space, index));
      bool has_cell = true;  // the last of an axis has none beyond it
      for (std::size_t axis = 0; axis < 3; ++axis)
        has_cell = has_cell && static_cast<std::size_t>(index[axis]) + 1 < grid.size[axis];
      if (has_cell) points.push_back(transform_point(to_space, index + Vec3{0.5, 0.5, 0.5}));
    }
    const std::vector<Vec3> start = points;
    there.map(points);
    back.map(points);
    std::vector<double> distances;
    for (std::size_t i = 0; i < points.size(); ++i) distances.push_back(norm(points[i] - start[i]));
    return distances;
  });
  std::vector<double> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return summary_of(std::move(all));
}

DistanceSummary sampling_error(const ChainMapper& chain, const SpatialTransform& field,
                               const VolumeGeometry& grid) {
  const TransformMapper sampled(field);
  const Matrix4 to_space = index_to_space(grid);
  const auto rows = by_rows<std::vector<double>>(grid, [&](std::size_t row) {
    std::vector<double> distances;
    if (row % grid.size[1] + 1 == grid.size[1] || row / grid.size[1] + 1 == grid.size[2]) return distances;
    std::vector<Vec3> points;
    for (std::size_t i = 0; i + 1 < grid.size[0]; ++i)
      points.push_back(
          transform_point(to_space, index_at(grid, row * grid.size[0] + i) + Vec3{0.5, 0.5, 0.5}));
    std::vector<Vec3> expected = points;
    InverseError ignored;
    chain.map(expected, ignored);
    sampled.map(points);
    for (std::size_t i = 0; i < points.size(); ++i)
      if (const double distance = norm(points[i] - expected[i]); std::isfinite(distance))
        distances.push_back(distance);
    return distances;
  });
  std::vector<double> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return summary_of(std::move(all));
}

DeformationStatistics deformation_statistics(const SpatialTransform& transform, const VolumeGeometry& grid,
                                             const VoxelMask* mask) {
  refuse_mask(grid, mask);
  const TransformMapper mapper(transform);
  const Matrix4 to_space = index_to_space(grid);
  const auto rows = by_rows<std::vector<double>>(grid, [&](std::size_t row) {
    std::vector<double> determinants;
    for (std::size_t i = 0; i < grid.size[0]; ++i) {
      const std::size_t voxel = row * grid.size[0] + i;
      if (mask != nullptr && mask->inside[voxel] == 0) continue;
      Vec3 point = transform_point(to_space, index_at(grid, voxel));
      determinants.push_back(determinant3(mapper.derivative(point)));
    }
    return determinants;
  });
  DeformationStatistics s;
  std::vector<double> logarithms;
  bool first = true;
  for (const auto& row : rows)
    for (const double determinant : row) {
      ++s.voxels;
      s.lowest = first ? determinant : std::min(s.lowest, determinant);
      s.highest = first ? determinant : std::max(s.highest, determinant);
      first = false;
      if (determinant > 0)
        logarithms.push_back(std::log(determinant));
      else
        ++s.folded;
    }
  s.folded_percent = s.voxels > 0 ? 100.0 * static_cast<double>(s.folded) / static_cast<double>(s.voxels) : 0;
  if (logarithms.empty()) return s;
  const auto n = static_cast<double>(logarithms.size());
  for (const double value : logarithms) s.log_mean += value / n;
  double squares = 0;
  for (const double value : logarithms) squares += (value - s.log_mean) * (value - s.log_mean);
  s.log_standard_deviation = std::sqrt(squares / n);
  std::sort(logarithms.begin(), logarithms.end());
  s.log_percentile5 = percentile(logarithms, 5);
  s.log_percentile95 = percentile(logarithms, 95);
  s.log_lowest = logarithms.front();
  s.log_highest = logarithms.back();
  return s;
}

std::optional<VolumeGeometry> own_grid(const TransformStep& step) {
  if (const auto* field = std::get_if<DisplacementStep>(&step)) return field->grid;
  const auto* spline = std::get_if<BSplineStep>(&step);
  if (spline == nullptr) return std::nullopt;
  constexpr std::size_t per_control_point = 4;
  VolumeGeometry grid = spline->grid;
  grid.origin_mm = transform_point(index_to_space(grid), {1, 1, 1});
  grid.spacing_mm = (1.0 / per_control_point) * grid.spacing_mm;
  for (std::size_t& size : grid.size) size = per_control_point * (size - 3) + 1;
  return grid;
}

std::optional<VolumeGeometry> own_grid(const SpatialTransform& transform) {
  for (const TransformStep& step : transform.steps)
    if (const auto grid = own_grid(step)) return grid;
  return std::nullopt;
}

VolumeGeometry respaced(const VolumeGeometry& grid, double spacing_mm) {
  VolumeGeometry out = grid;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double length = static_cast<double>(grid.size[axis] - 1) * grid.spacing_mm[axis];
    out.size[axis] = static_cast<std::size_t>(std::ceil(length / spacing_mm - 1e-6)) + 1;
    out.spacing_mm[axis] = spacing_mm;
  }
  return out;
}

}  // namespace snitt::image
