#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "geometry/matrix.hpp"

/// What linear_metric.cpp and its kernels hand to each other.
namespace snitt::image_registration::detail {

constexpr std::size_t block_size = 256;  ///< samples per round of the kernels
constexpr std::size_t bins = 32;
constexpr std::size_t rim = 2;  ///< bins beyond either end, for the width of the window
constexpr std::size_t moving_bins = bins + 2 * rim;

/// The moving image at one block of samples. What fell outside has is_inside 0, the rest of it undefined.
struct SampledBlock {
  std::array<float, block_size> value;
  std::array<float, block_size> gx;  ///< derivative by the place in moving space, per mm
  std::array<float, block_size> gy;
  std::array<float, block_size> gz;
  std::array<std::uint8_t, block_size> is_inside;
};

/// What each sample adds to the score's gradient and curvature per change of its moving value.
struct BlockWeights {
  std::array<float, block_size> slope;
  std::array<float, block_size> curvature;
};

/// Place of a sample relative to the center, in moving space, over the radius.
struct BlockLevers {
  std::array<float, block_size> x;
  std::array<float, block_size> y;
  std::array<float, block_size> z;
};

struct SlopeSums {
  std::array<double, 12> gradient{};
  std::array<double, 144> curvature{};  ///< upper triangle, row length 12
};

/// Adds a block's part; parameters as in linear_model.hpp. Lanes are added in one fixed order.
void add_rigid_slope(const SampledBlock& block, const BlockWeights& weights, const BlockLevers& levers,
                     SlopeSums& sums);
void add_similarity_slope(const SampledBlock& block, const BlockWeights& weights, const BlockLevers& levers,
                          SlopeSums& sums);
void add_affine_slope(const SampledBlock& block, const BlockWeights& weights, const BlockLevers& levers,
                      SlopeSums& sums);

}  // namespace snitt::image_registration::detail
