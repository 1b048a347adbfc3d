#pragma once
#include <cstddef>
#include <span>

namespace snitt::quality {

/// Takes from a square region [row, column] of `size` x `size` pixels the polynomial of order 0, 1 or 2 that
/// fits it best (1, 3 or 6 terms).
void remove_polynomial(std::span<double> region, std::size_t size, int order);

}  // namespace snitt::quality
