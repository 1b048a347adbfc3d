#include "base/vector_clones.hpp"
#include "image_registration/linear_metric_parts.hpp"

namespace snitt::image_registration::detail {
namespace {

constexpr std::size_t lanes = 16;

/// Per parameter, how a sample's value changes: [parameter][sample].
template <std::size_t N>
using Jacobian = std::array<std::array<float, block_size>, N>;

template <std::size_t N>
[[gnu::always_inline]] inline void fill(const SampledBlock& b, const BlockLevers& r, Jacobian<N>& j) {
  for (std::size_t i = 0; i < block_size; ++i) {
    j[0][i] = b.gx[i];
    j[1][i] = b.gy[i];
    j[2][i] = b.gz[i];
    if constexpr (N < 12) {
      j[3][i] = r.y[i] * b.gz[i] - r.z[i] * b.gy[i];
      j[4][i] = r.z[i] * b.gx[i] - r.x[i] * b.gz[i];
      j[5][i] = r.x[i] * b.gy[i] - r.y[i] * b.gx[i];
    } else {
      j[3][i] = b.gx[i] * r.x[i];
      j[4][i] = b.gx[i] * r.y[i];
      j[5][i] = b.gx[i] * r.z[i];
      j[6][i] = b.gy[i] * r.x[i];
      j[7][i] = b.gy[i] * r.y[i];
      j[8][i] = b.gy[i] * r.z[i];
      j[9][i] = b.gz[i] * r.x[i];
      j[10][i] = b.gz[i] * r.y[i];
      j[11][i] = b.gz[i] * r.z[i];
    }
    if constexpr (N == 7) j[6][i] = b.gx[i] * r.x[i] + b.gy[i] * r.y[i] + b.gz[i] * r.z[i];
  }
}

[[gnu::always_inline]] inline double product(const float* a, const float* b) {
  std::array<float, lanes> sums{};
  for (std::size_t i = 0; i < block_size; i += lanes)
    for (std::size_t l = 0; l < lanes; ++l) sums[l] += a[i + l] * b[i + l];
  double sum = 0;
  for (const float s : sums) sum += static_cast<double>(s);
  return sum;
}

template <std::size_t N>
[[gnu::always_inline]] inline void add(const SampledBlock& block, const BlockWeights& weights,
                                       const BlockLevers& levers, SlopeSums& sums) {
  Jacobian<N> jacobian;
  fill<N>(block, levers, jacobian);
  std::array<float, block_size> weighted;
  for (std::size_t p = 0; p < N; ++p) {
    sums.gradient[p] += product(weights.slope.data(), jacobian[p].data());
    for (std::size_t i = 0; i < block_size; ++i) weighted[i] = weights.curvature[i] * jacobian[p][i];
    for (std::size_t q = p; q < N; ++q)
      sums.curvature[p * 12 + q] += product(weighted.data(), jacobian[q].data());
  }
}

}  // namespace

SNITT_VECTOR_CLONES void add_rigid_slope(const SampledBlock& block, const BlockWeights& weights,
                                         const BlockLevers& levers, SlopeSums& sums) {
  add<6>(block, weights, levers, sums);
}
SNITT_VECTOR_CLONES void add_similarity_slope(const SampledBlock& block, const BlockWeights& weights,
                                              const BlockLevers& levers, SlopeSums& sums) {
  add<7>(block, weights, levers, sums);
}
SNITT_VECTOR_CLONES void add_affine_slope(const SampledBlock& block, const BlockWeights& weights,
                                          const BlockLevers& levers, SlopeSums& sums) {
  add<12>(block, weights, levers, sums);
}

}  // namespace snitt::image_registration::detail
