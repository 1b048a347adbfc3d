#include <tbb/parallel_for.h>

#include <algorithm>

#include "base/vector_clones.hpp"
#include "image_registration/spline_grid.hpp"

namespace snitt::image_registration {
namespace {

/// out = w0 a + w1 b + w2 c + w3 d
SNITT_VECTOR_CLONES void blend(float* out, const std::array<const float*, 4>& rows,
                               const std::array<float, 4>& w, std::size_t n) {
  const float* a = rows[0];
  const float* b = rows[1];
  const float* c = rows[2];
  const float* d = rows[3];
  const float w0 = w[0];
  const float w1 = w[1];
  const float w2 = w[2];
  const float w3 = w[3];
  for (std::size_t i = 0; i < n; ++i) out[i] = (w0 * a[i] + w1 * b[i]) + (w2 * c[i] + w3 * d[i]);
}

/// Adds w times `row` to four rows `stride` apart.
SNITT_VECTOR_CLONES void spread(float* out, std::size_t stride, const float* row,
                                const std::array<float, 4>& w, std::size_t n) {
  float* a = out;
  float* b = out + stride;
  float* c = out + 2 * stride;
  float* d = out + 3 * stride;
  const float w0 = w[0];
  const float w1 = w[1];
  const float w2 = w[2];
  const float w3 = w[3];
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    a[i] += w0 * row[i];
    b[i] += w1 * row[i];
    c[i] += w2 * row[i];
    d[i] += w3 * row[i];
  }
}

std::array<float, 4> weights_at(const TileWeights& weights, std::size_t voxel) {
  return {weights[0][voxel], weights[1][voxel], weights[2][voxel], weights[3][voxel]};
}

bool is_along(Slope slope, Slope axis) {
  return (static_cast<unsigned>(slope) & static_cast<unsigned>(axis)) != 0;
}

/// Sums of one z-tile's rows: [component, four slices, row of control points, voxel column].
struct TileSums {
  std::size_t columns;
  std::size_t rows;
  std::vector<float> slice;  ///< [component, row of control points, voxel column]
  std::vector<float> sums;

  TileSums(std::size_t nx, std::size_t ny)
      : columns(nx), rows(ny), slice(3 * ny * nx), sums(3 * 4 * ny * nx) {}

  void add_row(const SplineRow& row, const SplineGrid& grid, const TileWeights& along_y) {
    const std::size_t tile = row.j / grid.tile[1];
    const auto w = weights_at(along_y, row.j % grid.tile[1]);
    for (std::size_t c = 0; c < 3; ++c)
      spread(slice.data() + (c * rows + tile) * columns, columns, row.components[c], w, columns);
  }
  void close_slice(const std::array<float, 4>& w) {
    const std::size_t plane = rows * columns;
    for (std::size_t c = 0; c < 3; ++c)
      spread(sums.data() + c * 4 * plane, plane, slice.data() + c * plane, w, plane);
    std::fill(slice.begin(), slice.end(), 0.0F);
  }
  /// Contracted along x: [component, four slices, row, column of control points].
  void contract(const SplineGrid& grid, const TileWeights& along_x, double* out) const {
    const std::size_t nx = grid.size()[0];
    for (std::size_t line = 0; line < 3 * 4 * rows; ++line) {
      const float* in = sums.data() + line * columns;
      double* points = out + line * nx;
      std::fill_n(points, nx, 0.0);
      for (std::size_t i = 0, t = 0; i < columns; i += grid.tile[0], ++t) {
        const std::size_t n = std::min(grid.tile[0], columns - i);
        for (std::size_t a = 0; a < 4; ++a) {
          double sum = 0;
          for (std::size_t v = 0; v < n; ++v)
            sum += static_cast<double>(along_x[a][v]) * static_cast<double>(in[i + v]);
          points[t + a] += sum;
        }
      }
    }
  }
};

}  // namespace

TileWeights tile_weights(std::size_t tile) {
  TileWeights weights;
  for (std::size_t voxel = 0; voxel < tile; ++voxel) {
    const double f = static_cast<double>(voxel) / static_cast<double>(tile);
    const double g = 1 - f;
    const std::array<double, 4> exact{g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6,
                                      (4 - 6 * g * g + 3 * g * g * g) / 6, f * f * f / 6};
    for (std::size_t a = 0; a < 4; ++a) weights[a].push_back(static_cast<float>(exact[a]));
  }
  return weights;
}

TileWeights tile_slopes(std::size_t tile) {
  TileWeights slopes;
  const double share = 1.0 / static_cast<double>(tile);
  for (std::size_t voxel = 0; voxel < tile; ++voxel) {
    const double f = static_cast<double>(voxel) * share;
    const double g = 1 - f;
    const std::array<double, 4> exact{-g * g / 2, (-4 * f + 3 * f * f) / 2, (4 * g - 3 * g * g) / 2,
                                      f * f / 2};
    for (std::size_t a = 0; a < 4; ++a) slopes[a].push_back(static_cast<float>(share * exact[a]));
  }
  return slopes;
}

ExpandedSpline::ExpandedSpline(const SplineGrid& grid, const Coefficients& coefficients, Slope slope)
    : grid_(grid),
      points_(grid.size()),
      along_y_(is_along(slope, Slope::y) ? tile_slopes(grid.tile[1]) : tile_weights(grid.tile[1])),
      along_z_(is_along(slope, Slope::z) ? tile_slopes(grid.tile[2]) : tile_weights(grid.tile[2])) {
  const TileWeights along_x =
      is_along(slope, Slope::x) ? tile_slopes(grid.tile[0]) : tile_weights(grid.tile[0]);
  const std::size_t columns = grid.image.size[0];
  const std::size_t lines = 3 * points_[1] * points_[2];
  rows_.resize(lines * columns);
  tbb::parallel_for(std::size_t{0}, lines, [&](std::size_t line) {
    const double* in = coefficients.data() + line * points_[0];
    float* out = rows_.data() + line * columns;
    for (std::size_t i = 0, t = 0; i < columns; i += grid.tile[0], ++t) {
      const std::size_t n = std::min(grid.tile[0], columns - i);
      std::array<float, 4> c{};
      for (std::size_t a = 0; a < 4; ++a) c[a] = static_cast<float>(in[t + a]);
      for (std::size_t v = 0; v < n; ++v)
        out[i + v] =
            c[0] * along_x[0][v] + c[1] * along_x[1][v] + c[2] * along_x[2][v] + c[3] * along_x[3][v];
    }
  });
}

void ExpandedSpline::visit_slice(std::size_t k, const std::function<bool(std::size_t)>& wanted,
                                 const std::function<void(const SplineRow&)>& visit) const {
  const std::size_t columns = grid_.image.size[0];
  const std::size_t plane = points_[1] * columns;
  std::vector<float> slice(3 * plane);
  const std::size_t tile = k / grid_.tile[2];
  const auto w = weights_at(along_z_, k % grid_.tile[2]);
  for (std::size_t c = 0; c < 3; ++c) {
    const float* in = rows_.data() + (c * points_[2] + tile) * plane;
    blend(slice.data() + c * plane, {in, in + plane, in + 2 * plane, in + 3 * plane}, w, plane);
  }
  std::vector<float> row(3 * columns);
  for (std::size_t j = 0; j < grid_.image.size[1]; ++j) {
    if (!wanted(j)) continue;
    const auto wy = weights_at(along_y_, j % grid_.tile[1]);
    SplineRow view{j, k, {}};
    for (std::size_t c = 0; c < 3; ++c) {
      const float* in = slice.data() + c * plane + (j / grid_.tile[1]) * columns;
      float* out = row.data() + c * columns;
      blend(out, {in, in + columns, in + 2 * columns, in + 3 * columns}, wy, columns);
      view.components[c] = out;
    }
    visit(view);
  }
}

void gather(const SplineGrid& grid, const RowSource& rows, Coefficients& sums) {
  const auto [nx, ny, nz] = grid.size();
  const TileWeights along_x = tile_weights(grid.tile[0]);
  const TileWeights along_y = tile_weights(grid.tile[1]);
  const TileWeights along_z = tile_weights(grid.tile[2]);
  const std::size_t slices = grid.image.size[2];
  const std::size_t tiles = nz - 3;
  const std::size_t share = 3 * 4 * ny * nx;  // of one z-tile
  std::vector<double> parts(tiles * share);
  tbb::parallel_for(std::size_t{0}, tiles, [&, ny = ny](std::size_t tile) {
    TileSums tile_sums(grid.image.size[0], ny);
    for (std::size_t k = tile * grid.tile[2]; k < std::min(slices, (tile + 1) * grid.tile[2]); ++k) {
      rows(k, [&](const SplineRow& row) { tile_sums.add_row(row, grid, along_y); });
      tile_sums.close_slice(weights_at(along_z, k % grid.tile[2]));
    }
    tile_sums.contract(grid, along_x, parts.data() + tile * share);
  });
  const std::size_t plane = nx * ny;
  sums.assign(3 * plane * nz, 0.0);
  for (std::size_t tile = 0; tile < tiles; ++tile)  // one order, whatever the threads did
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t four = 0; four < 4; ++four) {
        const double* in = parts.data() + tile * share + (c * 4 + four) * plane;
        double* out = sums.data() + (c * nz + tile + four) * plane;
        for (std::size_t i = 0; i < plane; ++i) out[i] += in[i];
      }
}

}  // namespace snitt::image_registration
