#include "phantom/sweep_kernel.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "phantom/noise.hpp"

namespace snitt::phantom {
namespace {

template <typename T>
inline T to_pixel(double v) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(v);
  } else {
    constexpr double low = std::numeric_limits<T>::lowest();
    constexpr double high = std::numeric_limits<T>::max();
    const double clamped = v < low ? low : v > high ? high : v;
    // By way of a wide integer, which the compiler turns into packed conversions; a NaN becomes the lowest
    // value.
    using Wide = std::conditional_t<(sizeof(T) < 4), std::int32_t, std::int64_t>;
    return static_cast<T>(static_cast<Wide>(clamped + (clamped < 0 ? -0.5 : 0.5)));
  }
}

constexpr double channel_gain[3] = {1.0, 0.75, 0.5};

template <typename T>
void quantize_to(std::span<const double> values, double gain, std::size_t components, T* out) {
  if (components == 1) {
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = to_pixel<T>(gain * values[i]);
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t c = 0; c < components; ++c)
      out[i * components + c] = to_pixel<T>(gain * channel_gain[c % 3] * values[i]);
}

}  // namespace

void quantize(std::span<const double> values, double gain, PixelFormat format, std::span<std::byte> out) {
  visit_pixel_type(format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    quantize_to(values, gain, format.components, reinterpret_cast<T*>(out.data()));
  });
}

void add_pixel_noise(std::uint64_t seed, std::uint64_t frame, std::uint64_t first_pixel, double sigma,
                     std::span<double> values) {
  const std::uint64_t key = random_bits(seed, 0x706978656c, frame);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] += sigma * quick_normal(mix(key ^ (first_pixel + i)));
}

void apply_mask(std::span<const std::uint8_t> mask, std::size_t bytes_per_pixel, std::span<std::byte> out) {
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (mask[i] == 0) std::memset(out.data() + i * bytes_per_pixel, 0, bytes_per_pixel);
}

}  // namespace snitt::phantom
