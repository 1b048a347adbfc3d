#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/vector_clones.hpp"
#include "image_registration/warp.hpp"

namespace snitt::image_registration {

/// The moving image as the sampling loop sees it.
struct SampleLattice {
  std::array<std::int32_t, 3> last;    ///< index of the last voxel that has a right neighbour
  std::array<float, 3> rim;            ///< index of the outermost voxel center
  std::array<std::int32_t, 3> stride;  ///< in voxels
};

/// Where a row's samples lie: lower corner of their cell, fractions in it, and per axis 1 inside the image
/// and 0 beyond it, where the image goes on with its rim's values.
struct SamplePlaces {
  std::vector<std::int32_t> corner;
  std::array<std::vector<float>, 3> fraction;
  std::array<std::vector<float>, 3> inside;
  std::vector<std::int32_t> nearest;
  explicit SamplePlaces(std::size_t n) : corner(n), nearest(n) {
    for (auto& f : fraction) f.resize(n);
    for (auto& f : inside) f.resize(n);
  }
};

namespace {

using Lattice = SampleLattice;
using Places = SamplePlaces;
/// Positions start + i step + u, per axis.
struct Line {
  std::array<float, 3> start;
  std::array<float, 3> step;
};

SNITT_VECTOR_CLONES void place(const Line& line, const SplineRow& u, const Lattice& lattice, Places& places,
                               std::size_t n) {
  std::int32_t* corner = places.corner.data();
  std::int32_t* nearest = places.nearest.data();
  for (std::size_t i = 0; i < n; ++i) {
    corner[i] = 0;
    nearest[i] = 0;
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const float start = line.start[axis];
    const float step = line.step[axis];
    const float* move = u.components[axis];
    const float rim = lattice.rim[axis];
    const std::int32_t last = lattice.last[axis];
    const std::int32_t stride = lattice.stride[axis];
    float* fraction = places.fraction[axis].data();
    float* inside = places.inside[axis].data();
    for (std::size_t i = 0; i < n; ++i) {
      const float at = (start + static_cast<float>(static_cast<std::int32_t>(i)) * step) + move[i];
      // Rounding must not put an image's own rim outside it.
      inside[i] = (at < -1e-3F) | (at > rim + 1e-3F) ? 0.0F : 1.0F;
      const float held = std::min(std::max(at, 0.0F), rim);
      const std::int32_t low = std::min(static_cast<std::int32_t>(held), last);
      fraction[i] = held - static_cast<float>(low);
      corner[i] += low * stride;
      nearest[i] += static_cast<std::int32_t>(held + 0.5F) * stride;
    }
  }
}

/// Trilinear interpolation and its exact slope.
SNITT_VECTOR_CLONES void sample(const float* image, const Lattice& lattice, const Places& places,
                                float* __restrict values, float* __restrict slope_x,
                                float* __restrict slope_y, float* __restrict slope_z, std::size_t n) {
  const float* p010 = image + lattice.stride[1];
  const float* p001 = image + lattice.stride[2];
  const float* p011 = p010 + lattice.stride[2];
  const std::int32_t* corner = places.corner.data();
  const float* fx = places.fraction[0].data();
  const float* fy = places.fraction[1].data();
  const float* fz = places.fraction[2].data();
  const float* in_x = places.inside[0].data();
  const float* in_y = places.inside[1].data();
  const float* in_z = places.inside[2].data();
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t c = corner[i];
    const float v000 = image[c];
    const float d00 = image[c + 1] - v000;
    const float v010 = p010[c];
    const float d10 = p010[c + 1] - v010;
    const float v001 = p001[c];
    const float d01 = p001[c + 1] - v001;
    const float v011 = p011[c];
    const float d11 = p011[c + 1] - v011;
    const float x = fx[i];
    const float y = fy[i];
    const float z = fz[i];
    const float a0 = v000 + x * d00;
    const float a1 = v010 + x * d10;
    const float b0 = v001 + x * d01;
    const float b1 = v011 + x * d11;
    const float a = a0 + y * (a1 - a0);
    const float b = b0 + y * (b1 - b0);
    const float da = d00 + y * (d10 - d00);
    const float db = d01 + y * (d11 - d01);
    values[i] = a + z * (b - a);
    slope_x[i] = in_x[i] * (da + z * (db - da));
    slope_y[i] = in_y[i] * ((a1 - a0) + z * ((b1 - b0) - (a1 - a0)));
    slope_z[i] = in_z[i] * (b - a);
  }
}

SNITT_VECTOR_CLONES void add_scaled(float* __restrict out, const float* a, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += a[i] * b[i];
}

SNITT_VECTOR_CLONES void multiply(float* __restrict out, const float* a, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

Lattice lattice_of(const VolumeGeometry& geometry) {
  Lattice lattice{};
  std::int32_t stride = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto n = static_cast<std::int32_t>(geometry.size[axis]);
    lattice.last[axis] = std::max(0, n - 2);
    lattice.rim[axis] = static_cast<float>(n - 1);
    lattice.stride[axis] = stride;
    stride *= n;
  }
  return lattice;
}

Domain with_rows(Domain domain) {
  const std::size_t columns = domain.size[0];
  domain.has_row.assign(domain.size[1] * domain.size[2], 0);
  for (std::size_t row = 0; row < domain.has_row.size(); ++row) {
    double inside = 0;
    for (std::size_t i = 0; i < columns; ++i)
      inside += static_cast<double>(domain.weights[row * columns + i]);
    domain.voxels += inside;
    domain.has_row[row] = inside > 0;
  }
  return domain;
}

}  // namespace

Domain whole_domain(const VolumeGeometry& geometry) {
  return with_rows({geometry.size, std::vector<float>(geometry.voxels(), 1.0F), {}, 0});
}

Domain masked_domain(const image::VoxelMask& mask) {
  return with_rows({mask.geometry.size, std::vector<float>(mask.inside.begin(), mask.inside.end()), {}, 0});
}

void Warped::resize(std::size_t channel_count, std::size_t voxels) {
  channels.resize(channel_count);
  for (WarpedChannel& channel : channels) {
    channel.values.resize(voxels);
    for (auto& slope : channel.slopes) slope.resize(voxels);
  }
}

SplineWarp::SplineWarp(const SplineGrid& grid, const Domain& domain, const MovingImages& moving,
                       const Matrix4& fixed_to_moving)
    : grid_(grid), domain_(domain), moving_(moving) {
  mm_to_voxel_ = image::space_to_index(moving.geometry) * fixed_to_moving;
  voxel_to_voxel_ = mm_to_voxel_ * index_to_space(grid.image);
}

Coefficients SplineWarp::turned(const Coefficients& in, bool is_transposed) const {
  const std::size_t points = grid_.points();
  Coefficients out(in.size());
  for (std::size_t row = 0; row < 3; ++row) {
    double m[3];
    for (std::size_t column = 0; column < 3; ++column)
      m[column] = is_transposed ? mm_to_voxel_(column, row) : mm_to_voxel_(row, column);
    for (std::size_t i = 0; i < points; ++i)
      out[row * points + i] = m[0] * in[i] + m[1] * in[points + i] + m[2] * in[2 * points + i];
  }
  return out;
}

void SplineWarp::visit_places(const Coefficients& coefficients_mm, const PlaceVisitor& visit) const {
  const ExpandedSpline spline(grid_, turned(coefficients_mm, false));
  const auto [nx, ny, nz] = grid_.image.size;
  const Lattice lattice = lattice_of(moving_.geometry);
  tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
    Places places(nx);
    spline.visit_slice(
        k, [&](std::size_t j) { return domain_.has_row[k * ny + j] != 0; },
        [&](const SplineRow& row) {
          Line line{};
          const Vec3 start =
              transform_point(voxel_to_voxel_, {0, static_cast<double>(row.j), static_cast<double>(row.k)});
          for (std::size_t axis = 0; axis < 3; ++axis) {
            line.start[axis] = static_cast<float>(start[axis]);
            line.step[axis] = static_cast<float>(voxel_to_voxel_(axis, 0));
          }
          place(line, row, lattice, places, nx);
          visit((k * ny + row.j) * nx, lattice, places);
        });
  });
}

void SplineWarp::warp(const Coefficients& coefficients_mm, Warped& warped) const {
  const std::size_t columns = grid_.image.size[0];
  warped.resize(moving_.channels.size(), grid_.image.voxels());
  visit_places(coefficients_mm, [&](std::size_t at, const Lattice& lattice, const Places& places) {
    for (std::size_t c = 0; c < moving_.channels.size(); ++c) {
      WarpedChannel& out = warped.channels[c];
      sample(moving_.channels[c].data(), lattice, places, out.values.data() + at, out.slopes[0].data() + at,
             out.slopes[1].data() + at, out.slopes[2].data() + at, columns);
    }
  });
}

Domain SplineWarp::reached(const Coefficients& coefficients_mm) const {
  const std::size_t columns = grid_.image.size[0];
  std::vector<float> weights(domain_.weights.size());
  visit_places(coefficients_mm, [&](std::size_t at, const Lattice&, const Places& places) {
    for (std::size_t i = 0; i < columns; ++i) {
      const float inside = places.inside[0][i] * places.inside[1][i] * places.inside[2][i];
      const bool is_masked =
          !moving_.inside.empty() && moving_.inside[static_cast<std::size_t>(places.nearest[i])] == 0;
      weights[at + i] = is_masked ? 0.0F : inside * domain_.weights[at + i];
    }
  });
  return with_rows({domain_.size, std::move(weights), {}, 0});
}

void SplineWarp::pull_back(const Warped& warped, const std::vector<std::vector<float>>& derivatives,
                           Coefficients& gradient) const {
  const std::size_t columns = grid_.image.size[0];
  const std::size_t rows = grid_.image.size[1];
  Coefficients by_voxel;
  gather(
      grid_,
      [&](std::size_t k, const std::function<void(const SplineRow&)>& visit) {
        std::vector<float> row(3 * columns);
        for (std::size_t j = 0; j < rows; ++j) {
          if (domain_.has_row[k * rows + j] == 0) continue;
          const std::size_t at = (k * rows + j) * columns;
          SplineRow view{j, k, {}};
          for (std::size_t axis = 0; axis < 3; ++axis) {
            float* out = row.data() + axis * columns;
            view.components[axis] = out;
            multiply(out, derivatives[0].data() + at, warped.channels[0].slopes[axis].data() + at, columns);
            for (std::size_t c = 1; c < warped.channels.size(); ++c)
              add_scaled(out, derivatives[c].data() + at, warped.channels[c].slopes[axis].data() + at,
                         columns);
          }
          visit(view);
        }
      },
      by_voxel);
  gradient = turned(by_voxel, true);
}

}  // namespace snitt::image_registration
