#include "image_registration/block_matching.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "geometry/landmark_fit.hpp"
#include "image_registration/linear_registration.hpp"
#include "image_registration/pyramid.hpp"
#include "image_registration/starts.hpp"

namespace snitt::image_registration {
namespace {

constexpr std::size_t side = 4;
constexpr std::size_t block_voxels = side * side * side;
constexpr std::ptrdiff_t reach = 3;
constexpr int rounds = 12;  // per resolution, at most

using Block = std::array<float, block_voxels>;

struct Match {
  Vec3 from;  ///< center of the block, fixed mm
  Vec3 to;    ///< where it was found, fixed mm as the present map sees the moving image
};

/// The block whose first voxel is `at`; its sum and its sum of squares about the mean. Values that are not
/// there are NaN, and so are the sums then.
struct Content {
  Block values;
  float spread;
};

Content content_of(const image::ScalarVolume& volume, std::size_t i, std::size_t j, std::size_t k) {
  Content content{};
  std::size_t n = 0;
  float sum = 0;
  for (std::size_t c = 0; c < side; ++c)
    for (std::size_t b = 0; b < side; ++b)
      for (std::size_t a = 0; a < side; ++a) sum += content.values[n++] = volume.at(i + a, j + b, k + c);
  const float mean = sum / static_cast<float>(block_voxels);
  for (float& v : content.values) {
    v -= mean;
    content.spread += v * v;
  }
  return content;
}

/// Half of the blocks, those that vary most.
std::vector<std::size_t> busy_blocks(const image::ScalarVolume& fixed, const image::VoxelMask* mask) {
  const auto& size = fixed.geometry.size;
  std::vector<std::pair<float, std::size_t>> blocks;
  for (std::size_t k = 0; k + side <= size[2]; k += side)
    for (std::size_t j = 0; j + side <= size[1]; j += side)
      for (std::size_t i = 0; i + side <= size[0]; i += side) {
        const std::size_t voxel = (k * size[1] + j) * size[0] + i;
        if (mask != nullptr &&
            mask->inside[((k + side / 2) * size[1] + j + side / 2) * size[0] + i + side / 2] == 0)
          continue;
        const float spread = content_of(fixed, i, j, k).spread;
        if (spread > 0) blocks.emplace_back(-spread, voxel);
      }
  std::sort(blocks.begin(), blocks.end());
  std::vector<std::size_t> busy;
  for (std::size_t b = 0; b < (blocks.size() + 1) / 2; ++b) busy.push_back(blocks[b].second);
  std::sort(busy.begin(), busy.end());
  return busy;
}

using Shift = std::array<std::ptrdiff_t, 3>;

/// All shifts within reach, the shortest first: where a block could slide along a flat border, it stays.
std::vector<Shift> shortest_first() {
  std::vector<Shift> shifts;
  for (std::ptrdiff_t c = -reach; c <= reach; ++c)
    for (std::ptrdiff_t b = -reach; b <= reach; ++b)
      for (std::ptrdiff_t a = -reach; a <= reach; ++a) shifts.push_back({a, b, c});
  const auto square = [](const Shift& s) { return s[0] * s[0] + s[1] * s[1] + s[2] * s[2]; };
  std::stable_sort(shifts.begin(), shifts.end(),
                   [&](const Shift& a, const Shift& b) { return square(a) < square(b); });
  return shifts;
}

/// Where in `moving`, on the same grid, the block at `voxel` looks most alike, as a shift in voxels.
std::optional<Shift> sought(const image::ScalarVolume& fixed, const image::ScalarVolume& moving,
                            const std::vector<Shift>& shifts, std::size_t voxel) {
  const auto& size = fixed.geometry.size;
  const std::array<std::size_t, 3> at{voxel % size[0], voxel / size[0] % size[1],
                                      voxel / (size[0] * size[1])};
  const Content block = content_of(fixed, at[0], at[1], at[2]);
  float best = 0.3F;  // less is chance: 64 values
  std::optional<Shift> found;
  for (const Shift& by : shifts) {
    std::array<std::size_t, 3> there{};
    bool is_within = true;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(at[axis]) + by[axis];
      is_within = is_within && first >= 0 && static_cast<std::size_t>(first) + side <= size[axis];
      there[axis] = static_cast<std::size_t>(first);
    }
    if (!is_within) continue;
    const Content other = content_of(moving, there[0], there[1], there[2]);
    float product = 0;
    for (std::size_t v = 0; v < block_voxels; ++v) product += block.values[v] * other.values[v];
    const float likeness = std::abs(product) / std::sqrt(block.spread * other.spread);
    if (likeness > best + 1e-5F) {  // never for NaN; not for rounding
      best = likeness;
      found = by;
    }
  }
  return found;
}

std::vector<Match> matches_of(const image::ScalarVolume& fixed, const image::ScalarVolume& moving,
                              const std::vector<std::size_t>& blocks) {
  std::vector<std::optional<Match>> found(blocks.size());
  const std::vector<Shift> shifts = shortest_first();
  const Matrix4 to_space = index_to_space(fixed.geometry);
  const auto& size = fixed.geometry.size;
  tbb::parallel_for(std::size_t{0}, blocks.size(), [&](std::size_t b) {
    const auto by = sought(fixed, moving, shifts, blocks[b]);
    if (!by) return;
    constexpr double half = 0.5 * (side - 1);
    const Vec3 center{static_cast<double>(blocks[b] % size[0]) + half,
                      static_cast<double>(blocks[b] / size[0] % size[1]) + half,
                      static_cast<double>(blocks[b] / (size[0] * size[1])) + half};
    const Vec3 shift{static_cast<double>((*by)[0]), static_cast<double>((*by)[1]),
                     static_cast<double>((*by)[2])};
    found[b] = Match{transform_point(to_space, center), transform_point(to_space, center + shift)};
  });
  std::vector<Match> matches;
  for (const auto& match : found)
    if (match) matches.push_back(*match);
  return matches;
}

LandmarkModel landmark_model(LinearModel model) {
  return model == LinearModel::affine       ? LandmarkModel::affine
         : model == LinearModel::similarity ? LandmarkModel::similarity
                                            : LandmarkModel::rigid;
}

/// The fit to the half of the pairs that it fits best, sought by fitting and sorting in turn.
Matrix4 trimmed_fit(const std::vector<Vec3>& from, const std::vector<Vec3>& to, LinearModel model) {
  std::vector<double> weights(from.size(), 1);
  std::vector<std::size_t> order(from.size());
  Matrix4 matrix;
  for (int i = 0; i < 20; ++i) {
    const LandmarkFit fit = fit_landmarks(landmark_model(model), from, to, weights);
    matrix = fit.matrix;
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto length = [&](std::size_t p) { return norm(fit.residual_mm[p]); };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return length(a) < length(b); });
    std::vector<double> next(from.size());
    for (std::size_t p = 0; p < (from.size() + 1) / 2; ++p) next[order[p]] = 1;
    if (next == weights) break;
    weights = next;
  }
  return matrix;
}

}  // namespace

Matrix4 match_blocks(const ImagePair& pair, const Matrix4& start, LinearModel model) {
  Matrix4 matrix = start;
  std::vector<double> spacings = level_spacings(pair.fixed.geometry, pair.moving.geometry);
  spacings.resize(std::min<std::size_t>(2, spacings.size()));
  for (const double spacing : spacings) {
    const auto small_fixed = at_resolution(pair.fixed, spacing);
    const auto small_moving = at_resolution(pair.moving, spacing);
    const image::ScalarVolume& fixed = small_fixed ? *small_fixed : pair.fixed;
    const image::ScalarVolume& moving = small_moving ? *small_moving : pair.moving;
    std::optional<image::VoxelMask> mask;
    if (pair.fixed_mask) mask = image::on_grid(*pair.fixed_mask, fixed.geometry);
    const std::vector<std::size_t> blocks = busy_blocks(fixed, mask ? &*mask : nullptr);
    for (int round = 0; round < rounds; ++round) {
      const image::ScalarVolume seen =
          image::resampled(moving, fixed.geometry, matrix, std::numeric_limits<float>::quiet_NaN());
      const std::vector<Match> matches = matches_of(fixed, seen, blocks);
      if (matches.size() < 8) return matrix;
      std::vector<Vec3> from;
      std::vector<Vec3> to;
      for (const Match& m : matches) {
        from.push_back(m.from);
        to.push_back(transform_point(matrix, m.to));
      }
      const Matrix4 next = trimmed_fit(from, to, model);
      const double change = distance_mm(next, matrix, center_of(fixed.geometry), 20 * spacing);
      matrix = next;
      if (change < 0.03 * spacing) break;
    }
  }
  return matrix;
}

}  // namespace snitt::image_registration
