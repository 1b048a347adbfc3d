#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "base/vector_clones.hpp"
#include "image_registration/similarity.hpp"

namespace snitt::image_registration {
namespace {

using Lattice = std::vector<float>;  ///< [slice, row, column] of blocks

SNITT_VECTOR_CLONES void add_moments(const float* w, const float* f, const float* m, float* __restrict sums,
                                     std::size_t n) {
  float* s_n = sums;
  float* s_f = sums + n;
  float* s_ff = sums + 2 * n;
  float* s_m = sums + 3 * n;
  float* s_fm = sums + 4 * n;
  float* s_mm = sums + 5 * n;
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const float wf = w[i] * f[i];
    const float wm = w[i] * m[i];
    s_n[i] += w[i];
    s_f[i] += wf;
    s_ff[i] += wf * f[i];
    s_m[i] += wm;
    s_fm[i] += wm * f[i];
    s_mm[i] += wm * m[i];
  }
}

/// Sums of a second channel, after the six of the first.
SNITT_VECTOR_CLONES void add_second_moments(const float* w, const float* f, const float* m, const float* g,
                                            float* __restrict sums, std::size_t n) {
  float* s_g = sums;
  float* s_fg = sums + n;
  float* s_gg = sums + 2 * n;
  float* s_mg = sums + 3 * n;
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const float wg = w[i] * g[i];
    s_g[i] += wg;
    s_fg[i] += wg * f[i];
    s_gg[i] += wg * g[i];
    s_mg[i] += wg * m[i];
  }
}

SNITT_VECTOR_CLONES void derive_one(const float* w, const float* f, const float* m, const float* a,
                                    const float* b, const float* d, float* __restrict out, float factor,
                                    std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = factor * (w[i] * (f[i] * a[i] - m[i] * b[i] - d[i]));
}

SNITT_VECTOR_CLONES void derive_two(const float* w, const float* f, const float* m, const float* g,
                                    const float* a, const float* b, const float* c, const float* d,
                                    float* __restrict out, float factor, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    out[i] = factor * (w[i] * (f[i] * a[i] - m[i] * b[i] - g[i] * c[i] - d[i]));
}

SNITT_VECTOR_CLONES void add_scaled(float* __restrict out, const float* in, float weight, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += weight * in[i];
}

class Regression {
 public:
  Regression(const std::vector<float>& fixed, const Domain& domain, const LocalRegressionSettings& settings)
      : fixed_(fixed), domain_(domain), settings_(settings) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      blocks_[axis] = (domain.size[axis] + settings.block[axis] - 1) / settings.block[axis];
    const double sigma = settings.sigma_blocks;
    const auto radius = static_cast<std::size_t>(std::ceil(2.5 * sigma));
    std::vector<double> exact;
    for (std::size_t r = 0; r <= radius; ++r)
      exact.push_back(std::exp(-0.5 * static_cast<double>(r * r) / (sigma * sigma)));
    const double sum = 2 * std::accumulate(exact.begin(), exact.end(), 0.0) - exact[0];
    for (const double value : exact) window_.push_back(static_cast<float>(value / sum));
    find_total();
  }

  double evaluate(const Warped& warped, std::vector<std::vector<float>>& derivatives) {
    const std::size_t channels = warped.channels.size();
    sums_.resize(channels == 1 ? 6 : 10);
    for (Lattice& sums : sums_) sums.resize(lattice_size());
    sum_blocks(warped);
    for (Lattice& sums : sums_) filter(sums);
    const double value = channels == 1 ? solve_one() : solve_two();
    const std::size_t kept = channels == 1 ? 3 : 7;
    for (std::size_t i = 0; i < kept; ++i) filter(sums_[i]);
    derive(warped, derivatives);
    return 1 - value / total_;
  }

 private:
  std::size_t lattice_size() const { return blocks_[0] * blocks_[1] * blocks_[2]; }

  /// Weight of a window's R^2, given the fixed image's variance in it.
  double contrast(double variance) const { return settings_.is_weighted_by_contrast ? variance : 1.0; }

  /// The sum of all windows' weights where nothing is missed: what the value is divided by.
  void find_total() {
    Warped all;
    all.channels.resize(1);
    all.channels[0].values.assign(fixed_.size(), 0.0F);
    sums_.assign(6, Lattice(lattice_size()));
    sum_blocks(all);
    for (Lattice& sums : sums_) filter(sums);
    for (std::size_t i = 0; i < sums_[0].size(); ++i) {
      const double n = static_cast<double>(sums_[0][i]);
      if (n <= 0) continue;
      const double mean = static_cast<double>(sums_[1][i]) / n;
      total_ += n * contrast(std::max(0.0, static_cast<double>(sums_[2][i]) / n - mean * mean));
    }
    total_ = std::max(total_, 1e-30);
  }

  void sum_blocks(const Warped& warped) {
    const auto [nx, ny, nz] = domain_.size;
    const auto [bx, by, bz] = settings_.block;
    const std::size_t quantities = sums_.size();
    tbb::parallel_for(std::size_t{0}, blocks_[2],
                      [&, nx = nx, ny = ny, nz = nz, bx = bx, by = by, bz = bz](std::size_t kb) {
                        std::vector<float> rows(quantities * nx);
                        for (std::size_t jb = 0; jb < blocks_[1]; ++jb) {
                          std::fill(rows.begin(), rows.end(), 0.0F);
                          for (std::size_t k = kb * bz; k < std::min(nz, (kb + 1) * bz); ++k)
                            for (std::size_t j = jb * by; j < std::min(ny, (jb + 1) * by); ++j) {
                              if (domain_.has_row[k * ny + j] == 0) continue;
                              const std::size_t at = (k * ny + j) * nx;
                              const float* w = domain_.weights.data() + at;
                              const float* f = fixed_.data() + at;
                              const float* m = warped.channels[0].values.data() + at;
                              add_moments(w, f, m, rows.data(), nx);
                              if (quantities > 6)
                                add_second_moments(w, f, m, warped.channels[1].values.data() + at,
                                                   rows.data() + 6 * nx, nx);
                            }
                          for (std::size_t q = 0; q < quantities; ++q) {
                            float* out = sums_[q].data() + (kb * blocks_[1] + jb) * blocks_[0];
                            const float* in = rows.data() + q * nx;
                            for (std::size_t ib = 0; ib < blocks_[0]; ++ib) {
                              float sum = 0;
                              for (std::size_t i = ib * bx; i < std::min(nx, (ib + 1) * bx); ++i)
                                sum += in[i];
                              out[ib] = sum;
                            }
                          }
                        }
                      });
  }

  /// The Gaussian window along each axis, nothing beyond the rim: its own adjoint.
  void filter(Lattice& lattice) {
    const auto [nx, ny, nz] = blocks_;
    const std::size_t radius = window_.size() - 1;
    scratch_.resize(lattice.size());
    tbb::parallel_for(std::size_t{0}, nz, [&, nx = nx, ny = ny](std::size_t k) {
      std::vector<float> padded(nx + 2 * radius);
      for (std::size_t j = 0; j < ny; ++j) {
        float* row = lattice.data() + (k * ny + j) * nx;
        std::copy_n(row, nx, padded.begin() + static_cast<std::ptrdiff_t>(radius));
        std::fill_n(row, nx, 0.0F);
        for (std::size_t r = 0; r <= 2 * radius; ++r)
          add_scaled(row, padded.data() + r, window_[r < radius ? radius - r : r - radius], nx);
      }
      for (std::size_t j = 0; j < ny; ++j) {
        float* out = scratch_.data() + (k * ny + j) * nx;
        std::fill_n(out, nx, 0.0F);
        for (std::size_t r = j >= radius ? j - radius : 0; r <= std::min(ny - 1, j + radius); ++r)
          add_scaled(out, lattice.data() + (k * ny + r) * nx, window_[r < j ? j - r : r - j], nx);
      }
    });
    const std::size_t plane = nx * ny;
    tbb::parallel_for(std::size_t{0}, nz, [&, nz = nz](std::size_t k) {
      float* out = lattice.data() + k * plane;
      std::fill_n(out, plane, 0.0F);
      for (std::size_t r = k >= radius ? k - radius : 0; r <= std::min(nz - 1, k + radius); ++r)
        add_scaled(out, scratch_.data() + r * plane, window_[r < k ? k - r : r - k], plane);
    });
  }

  /// Calls solve(i, n) for each window that holds anything, slices in parallel, and adds up what it returns.
  template <typename Solve>
  double sum_of_windows(const Solve& solve) {
    std::vector<double> sums(blocks_[2]);
    const std::size_t plane = blocks_[0] * blocks_[1];
    tbb::parallel_for(std::size_t{0}, blocks_[2], [&](std::size_t k) {
      for (std::size_t i = k * plane; i < (k + 1) * plane; ++i) sums[k] += solve(i, sums_[0][i]);
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  }

  static constexpr float least = 1e-3F;  ///< voxels in a window that counts

  /// Replaces the first sums by what the derivative wants: f's factor, m's factor, the constant.
  double solve_one() {
    const auto noise_f = static_cast<float>(settings_.fixed_noise);
    const auto noise_m = static_cast<float>(settings_.moving_noise[0]);
    return sum_of_windows([&](std::size_t i, float n) {
      if (n < least) {
        for (std::size_t q = 0; q < 3; ++q) sums_[q][i] = 0;
        return 0.0;
      }
      const float mean_f = sums_[1][i] / n;
      const float mean_m = sums_[3][i] / n;
      const float var_f = std::max(0.0F, sums_[2][i] / n - mean_f * mean_f);
      const float cov = sums_[4][i] / n - mean_f * mean_m;
      const float var_m = std::max(0.0F, sums_[5][i] / n - mean_m * mean_m) + noise_m;
      const float a = cov / var_m;
      const float q = static_cast<float>(contrast(static_cast<double>(var_f))) / (var_f + noise_f);
      sums_[0][i] = q * a;
      sums_[1][i] = q * a * a;
      sums_[2][i] = q * a * (mean_f - a * mean_m);
      return static_cast<double>(n * q * a * cov);
    });
  }

  /// Two channels m and g: factors of f, m, g and the constant for m's derivative, then f's, g's and the
  /// constant for g's (the mixed factor is shared).
  double solve_two() {
    const auto noise_f = static_cast<float>(settings_.fixed_noise);
    const auto noise_m = static_cast<float>(settings_.moving_noise[0]);
    const auto noise_g = static_cast<float>(settings_.moving_noise[1]);
    return sum_of_windows([&](std::size_t i, float n) {
      if (n < least) {
        for (std::size_t q = 0; q < 7; ++q) sums_[q][i] = 0;
        return 0.0;
      }
      const float mean_f = sums_[1][i] / n;
      const float mean_m = sums_[3][i] / n;
      const float mean_g = sums_[6][i] / n;
      const float var_f = std::max(0.0F, sums_[2][i] / n - mean_f * mean_f);
      const float cov_m = sums_[4][i] / n - mean_f * mean_m;
      const float cov_g = sums_[7][i] / n - mean_f * mean_g;
      const float mm = std::max(0.0F, sums_[5][i] / n - mean_m * mean_m) + noise_m;
      const float gg = std::max(0.0F, sums_[8][i] / n - mean_g * mean_g) + noise_g;
      const float mg = sums_[9][i] / n - mean_m * mean_g;
      const float determinant = std::max(mm * gg - mg * mg, 1e-6F * mm * gg);
      const float a = (cov_m * gg - cov_g * mg) / determinant;
      const float b = (cov_g * mm - cov_m * mg) / determinant;
      const float q = static_cast<float>(contrast(static_cast<double>(var_f))) / (var_f + noise_f);
      const float rest = mean_f - a * mean_m - b * mean_g;
      sums_[0][i] = q * a;
      sums_[1][i] = q * a * a;
      sums_[2][i] = q * a * b;
      sums_[3][i] = q * a * rest;
      sums_[4][i] = q * b;
      sums_[5][i] = q * b * b;
      sums_[6][i] = q * b * rest;
      return static_cast<double>(n * q * (a * cov_m + b * cov_g));
    });
  }

  /// One row of block values as a row of voxels.
  void widen(const Lattice& lattice, std::size_t block_row, float* out) const {
    const float* in = lattice.data() + block_row * blocks_[0];
    const std::size_t b = settings_.block[0];
    for (std::size_t i = 0, at = 0; i < blocks_[0]; ++i)
      for (const std::size_t end = std::min(domain_.size[0], (i + 1) * b); at < end; ++at) out[at] = in[i];
  }

  void derive(const Warped& warped, std::vector<std::vector<float>>& derivatives) const {
    const auto [nx, ny, nz] = domain_.size;
    const std::size_t channels = warped.channels.size();
    const std::size_t kept = channels == 1 ? 3 : 7;
    const auto factor = static_cast<float>(-2 / total_);
    tbb::parallel_for(std::size_t{0}, blocks_[2], [&, nx = nx, ny = ny, nz = nz](std::size_t kb) {
      std::vector<float> wide(kept * nx);
      for (std::size_t j = 0; j < ny; ++j) {
        const std::size_t block_row = kb * blocks_[1] + j / settings_.block[1];
        if (j % settings_.block[1] == 0)
          for (std::size_t q = 0; q < kept; ++q) widen(sums_[q], block_row, wide.data() + q * nx);
        for (std::size_t k = kb * settings_.block[2]; k < std::min(nz, (kb + 1) * settings_.block[2]); ++k) {
          const std::size_t at = (k * ny + j) * nx;
          const float* w = domain_.weights.data() + at;
          const float* f = fixed_.data() + at;
          const float* m = warped.channels[0].values.data() + at;
          const auto of = [&](std::size_t q) { return wide.data() + q * nx; };
          if (channels == 1) {
            derive_one(w, f, m, of(0), of(1), of(2), derivatives[0].data() + at, factor, nx);
            continue;
          }
          const float* g = warped.channels[1].values.data() + at;
          derive_two(w, f, m, g, of(0), of(1), of(2), of(3), derivatives[0].data() + at, factor, nx);
          derive_two(w, f, m, g, of(4), of(2), of(5), of(6), derivatives[1].data() + at, factor, nx);
        }
      }
    });
  }

  const std::vector<float>& fixed_;
  const Domain& domain_;
  LocalRegressionSettings settings_;
  std::array<std::size_t, 3> blocks_{};
  std::vector<float> window_;
  double total_ = 0;
  std::vector<Lattice> sums_;
  Lattice scratch_;
};

}  // namespace

Similarity local_regression(const std::vector<float>& fixed, const Domain& domain,
                            const LocalRegressionSettings& settings) {
  auto regression = std::make_shared<Regression>(fixed, domain, settings);
  return [regression](const Warped& warped, std::vector<std::vector<float>>& derivatives) {
    return regression->evaluate(warped, derivatives);
  };
}

}  // namespace snitt::image_registration
