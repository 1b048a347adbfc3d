#include "image_registration/bending_energy.hpp"

#include <tbb/parallel_for.h>

#include <array>
#include <cmath>

namespace snitt::image_registration {
namespace {

/// B-splines a = 0 … 3 of one cell (or a derivative of them by the cell's fraction) at fraction f.
std::array<double, 4> cell_values(double f, std::size_t order) {
  const double g = 1 - f;
  if (order == 0)
    return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
            f * f * f / 6};
  if (order == 1) return {-g * g / 2, (-4 * f + 3 * f * f) / 2, (4 * g - 3 * g * g) / 2, f * f / 2};
  return {g, -2 + 3 * f, -2 + 3 * g, f};
}

/// Integrals over one cell of all products: exact, as four Gauss points integrate
/// polynomials of degree 7 and the products have degree 6.
std::array<std::array<double, 4>, 4> cell_products(std::size_t order) {
  static constexpr std::array<double, 4> nodes{-0.8611363115940526, -0.3399810435848563, 0.3399810435848563,
                                               0.8611363115940526};
  static constexpr std::array<double, 4> weights{0.3478548451374538, 0.6521451548625461, 0.6521451548625461,
                                                 0.3478548451374538};
  std::array<std::array<double, 4>, 4> products{};
  for (std::size_t node = 0; node < 4; ++node) {
    const auto values = cell_values(0.5 * (1 + nodes[node]), order);
    for (std::size_t a = 0; a < 4; ++a)
      for (std::size_t b = 0; b < 4; ++b) products[a][b] += 0.5 * weights[node] * values[a] * values[b];
  }
  return products;
}

/// out = band applied to `in` along one axis.
void apply_band(const std::vector<std::array<double, 7>>& band, const std::array<std::size_t, 3>& size,
                std::size_t axis, const double* in, double* out) {
  std::array<std::size_t, 3> stride{1, size[0], size[0] * size[1]};
  const std::size_t step = stride[axis];
  const std::size_t n = size[axis];
  const std::size_t total = size[0] * size[1] * size[2];
  for (std::size_t i = 0; i < total; ++i) {
    const std::size_t at = (i / step) % n;
    const auto& row = band[at];
    double sum = 0;
    for (std::size_t o = 0; o < 7; ++o) {
      const std::size_t other = at + o;
      if (other < 3 || other - 3 >= n) continue;
      sum += row[o] * in[i + (o * step) - 3 * step];
    }
    out[i] = sum;
  }
}

}  // namespace

BendingEnergy::BendingEnergy(const SplineGrid& grid) : grid_(grid) {
  const auto size = grid.size();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    // Whole cells, also where the image ends within one: the outermost control points, which hardly move a
    // voxel, are held by the energy alone.
    const auto cells = static_cast<double>(size[axis] - 3);
    const double cell_mm = grid.image.spacing_mm[axis] * static_cast<double>(grid.tile[axis]);
    volume_mm3_ *= cells * cell_mm;
    for (std::size_t order = 0; order < 3; ++order) {
      Band& band = bands_[axis][order];
      band.resize(size[axis]);
      const double scale = cell_mm / std::pow(cell_mm, 2.0 * static_cast<double>(order));
      for (std::size_t cell = 0; cell + 3 < size[axis]; ++cell) {
        const auto products = cell_products(order);
        for (std::size_t a = 0; a < 4; ++a)
          for (std::size_t b = 0; b < 4; ++b) band[cell + a][3 + b - a] += scale * products[a][b];
      }
    }
  }
}

double BendingEnergy::evaluate(const Coefficients& coefficients_mm, double factor,
                               Coefficients& gradient) const {
  static constexpr std::array<std::array<std::size_t, 3>, 6> orders{
      {{2, 0, 0}, {0, 2, 0}, {0, 0, 2}, {1, 1, 0}, {1, 0, 1}, {0, 1, 1}}};
  const auto size = grid_.size();
  const std::size_t points = grid_.points();
  std::array<double, 3> energy{};
  tbb::parallel_for(std::size_t{0}, std::size_t{3}, [&](std::size_t c) {
    const double* in = coefficients_mm.data() + c * points;
    std::vector<double> total(points);
    std::vector<double> one(points);
    std::vector<double> two(points);
    // Terms that share their factor along x share its application.
    for (std::size_t term = 0; term < orders.size(); ++term) {
      const double weight = term < 3 ? 1 : 2;
      apply_band(bands_[0][orders[term][0]], size, 0, in, one.data());
      apply_band(bands_[1][orders[term][1]], size, 1, one.data(), two.data());
      apply_band(bands_[2][orders[term][2]], size, 2, two.data(), one.data());
      for (std::size_t i = 0; i < points; ++i) total[i] += weight * one[i];
    }
    for (std::size_t i = 0; i < points; ++i) {
      energy[c] += in[i] * total[i];
      gradient[c * points + i] += 2 * factor / volume_mm3_ * total[i];
    }
  });
  return (energy[0] + energy[1] + energy[2]) / volume_mm3_;
}

}  // namespace snitt::image_registration
