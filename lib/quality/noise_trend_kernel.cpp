#include <cmath>
#include <vector>

#include "quality/noise_trend.hpp"

namespace snitt::quality {
std::vector<double> gram_polynomials(std::size_t size) {
  std::vector<double> p(3 * size);
  const double middle = (static_cast<double>(size) - 1) / 2;
  double mean_square = 0;
  for (std::size_t i = 0; i < size; ++i) {
    p[size + i] = static_cast<double>(i) - middle;
    mean_square += p[size + i] * p[size + i] / static_cast<double>(size);
  }
  for (std::size_t i = 0; i < size; ++i) {
    p[i] = 1;
    p[2 * size + i] = p[size + i] * p[size + i] - mean_square;
  }
  for (std::size_t order = 0; order < 3; ++order) {
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += p[order * size + i] * p[order * size + i];
    const double scale = 1 / std::sqrt(sum);
    for (std::size_t i = 0; i < size; ++i) p[order * size + i] *= scale;
  }
  return p;
}

// The products P_a(row) P_b(column) with a + b <= order span the polynomials of that order: the fit is a
// projection.
void remove_polynomial(std::span<double> region, std::size_t size, int order) {
  const std::vector<double> p = gram_polynomials(size);
  double coefficient[3][3] = {};
  for (std::size_t r = 0; r < size; ++r) {
    const double* row = region.data() + r * size;
    for (int b = 0; b <= order; ++b) {
      double sum = 0;
      for (std::size_t c = 0; c < size; ++c) sum += row[c] * p[static_cast<std::size_t>(b) * size + c];
      for (int a = 0; a + b <= order; ++a)
        coefficient[a][b] += sum * p[static_cast<std::size_t>(a) * size + r];
    }
  }
  for (std::size_t r = 0; r < size; ++r) {
    double along[3] = {};
    for (int b = 0; b <= order; ++b)
      for (int a = 0; a + b <= order; ++a)
        along[b] += coefficient[a][b] * p[static_cast<std::size_t>(a) * size + r];
    double* row = region.data() + r * size;
    for (std::size_t c = 0; c < size; ++c)
      row[c] -= along[0] * p[c] + along[1] * p[size + c] + along[2] * p[2 * size + c];
  }
}

}  // namespace snitt::quality
