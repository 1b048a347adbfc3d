#include <algorithm>
#include <array>
#include <cmath>

#include "quality/uniform_patches.hpp"

namespace snitt::quality {
namespace {

/// Orthonormal polynomials of degree 0, 1, 2 on `size` equally spaced points.
std::array<std::vector<double>, 3> polynomials(std::size_t size) {
  std::array<std::vector<double>, 3> base;
  for (std::size_t degree = 0; degree < base.size(); ++degree) {
    std::vector<double>& p = base[degree];
    for (std::size_t i = 0; i < size; ++i)
      p.push_back(std::pow(static_cast<double>(i) - 0.5 * static_cast<double>(size - 1),
                           static_cast<double>(degree)));
    for (std::size_t lower = 0; lower < degree; ++lower) {
      double product = 0;
      for (std::size_t i = 0; i < size; ++i) product += p[i] * base[lower][i];
      for (std::size_t i = 0; i < size; ++i) p[i] -= product * base[lower][i];
    }
    double norm = 0;
    for (const double x : p) norm += x * x;
    for (double& x : p) x /= std::sqrt(norm);
  }
  return base;
}

/// Variance of a patch about its best polynomial of second order in both directions (six terms).
double detrended_variance(const ImagePlane& plane, std::size_t row, std::size_t column, std::size_t size,
                          const std::array<std::vector<double>, 3>& base) {
  // Far from 0 the square sum would lose digits.
  const double origin = plane.at(row + size / 2, column + size / 2);
  double squares = 0;
  std::array<double, 6> terms{};
  for (std::size_t y = 0; y < size; ++y) {
    std::array<double, 3> line{};
    const float* values = &plane.hu[(row + y) * plane.columns + column];
    for (std::size_t x = 0; x < size; ++x) {
      const double value = static_cast<double>(values[x]) - origin;
      squares += value * value;
      line[0] += value;
      line[1] += value * base[1][x];
      line[2] += value * base[2][x];
    }
    line[0] *= base[0][0];
    terms[0] += line[0] * base[0][y];
    terms[1] += line[0] * base[1][y];
    terms[2] += line[0] * base[2][y];
    terms[3] += line[1] * base[0][y];
    terms[4] += line[1] * base[1][y];
    terms[5] += line[2] * base[0][y];
  }
  for (const double term : terms) squares -= term * term;
  return std::max(0.0, squares) / static_cast<double>(size * size - terms.size());
}

/// Number of zeros of a mask in any rectangle.
class ZeroCounts {
 public:
  ZeroCounts(std::span<const std::uint8_t> mask, std::size_t columns)
      : stride_(columns + 1), totals_((mask.size() / columns + 1) * stride_, 0) {
    for (std::size_t row = 0; row < mask.size() / columns; ++row)
      for (std::size_t column = 0, sum = 0; column < columns; ++column) {
        sum += mask[row * columns + column] == 0 ? 1 : 0;
        totals_[(row + 1) * stride_ + column + 1] =
            static_cast<std::uint32_t>(totals_[row * stride_ + column + 1] + sum);
      }
  }
  bool none(std::size_t row, std::size_t column, std::size_t size) const {
    return totals_[(row + size) * stride_ + column + size] + totals_[row * stride_ + column] ==
           totals_[(row + size) * stride_ + column] + totals_[row * stride_ + column + size];
  }

 private:
  std::size_t stride_;
  std::vector<std::uint32_t> totals_;
};

double mean_local_variance(const ImagePlane& plane, const NoiseField& field, const LocalKernel& kernel,
                           std::size_t row, std::size_t column, std::size_t size) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t y = row + kernel.row_reach; y + kernel.row_reach < row + size; ++y)
    for (std::size_t x = column + kernel.column_reach; x + kernel.column_reach < column + size; ++x) {
      const double deviation = field.local.deviation_hu[y * plane.columns + x];
      sum += deviation * deviation;
      ++count;
    }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

std::size_t patch_size(const ImagePlane& plane, const PatchOptions& options) {
  return std::max<std::size_t>(
      8, static_cast<std::size_t>(std::lround(options.size_mm / plane.column_spacing_mm)));
}

std::vector<UniformPatch> patch_candidates(const ImagePlane& plane, std::size_t slice,
                                           const NoiseField& field, const GlobalNoise& noise,
                                           const LocalKernel& kernel, const PatchOptions& options) {
  std::vector<UniformPatch> found;
  const std::size_t size = patch_size(plane, options);
  if (std::isnan(noise.noise_hu) || size > plane.rows || size > plane.columns) return found;
  const ZeroCounts outside(field.tissue, plane.columns);
  const std::array<std::vector<double>, 3> base = polynomials(size);
  const double bound = (1 + options.noise_tolerance) * (1 + options.noise_tolerance);
  const double usual = noise.rms_hu * noise.rms_hu;
  for (std::size_t row = 0; row + size <= plane.rows; row += size / 2)
    for (std::size_t column = 0; column + size <= plane.columns; column += size / 2) {
      if (!outside.none(row, column, size)) continue;
      const double local = mean_local_variance(plane, field, kernel, row, column, size);
      if (!(local * bound >= usual && local <= usual * bound && local > 0)) continue;
      found.push_back({slice, row, column, detrended_variance(plane, row, column, size, base) / local});
    }
  return found;
}

std::vector<UniformPatch> without_structure(std::vector<UniformPatch> candidates,
                                            const PatchOptions& options) {
  if (candidates.empty()) return candidates;
  std::vector<double> textures;
  for (const UniformPatch& patch : candidates) textures.push_back(patch.texture);
  const auto quartile = textures.begin() + static_cast<std::ptrdiff_t>(textures.size() / 4);
  std::nth_element(textures.begin(), quartile, textures.end());
  const double limit = *quartile * (1 + options.structure_tolerance);
  std::erase_if(candidates, [&](const UniformPatch& patch) { return patch.texture > limit; });
  if (candidates.size() <= options.most_patches) return candidates;
  std::vector<UniformPatch> kept;
  for (std::size_t i = 0; i < options.most_patches; ++i)
    kept.push_back(candidates[i * candidates.size() / options.most_patches]);
  return kept;
}

}  // namespace snitt::quality
