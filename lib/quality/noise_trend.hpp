#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace snitt::quality {

/// [order, point]: polynomials of order 0, 1, 2 over equally spaced points, orthonormal (Gram).
std::vector<double> gram_polynomials(std::size_t size);

/// Takes from a square region [row, column] of `size` x `size` pixels the polynomial of order 0, 1 or 2 that
/// fits it best (1, 3 or 6 terms).
void remove_polynomial(std::span<double> region, std::size_t size, int order);

}  // namespace snitt::quality
