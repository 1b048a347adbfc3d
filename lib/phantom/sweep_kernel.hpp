#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "data/pixel.hpp"

namespace snitt::phantom {

/// Rounds gain * value to nearest (half away from zero), clamped to the type's range, for each of the
/// format's components. out.size() == values.size() * size_of(format).
void quantize(std::span<const double> values, double gain, PixelFormat format, std::span<std::byte> out);

/// Adds noise of standard deviation `sigma` to values[i]; pixel i of the row has counter first_pixel + i.
void add_pixel_noise(std::uint64_t seed, std::uint64_t frame, std::uint64_t first_pixel, double sigma,
                     std::span<double> values);

/// Sets pixels to 0 where mask is 0. out.size() == mask.size() * bytes_per_pixel.
void apply_mask(std::span<const std::uint8_t> mask, std::size_t bytes_per_pixel, std::span<std::byte> out);

}  // namespace snitt::phantom
