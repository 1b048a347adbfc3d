#include "formats/rescale.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace snitt::formats {
namespace {

template <typename T>
bool holds(const ValueNeeds& needs) {
  return needs.low >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
         needs.high <= static_cast<double>(std::numeric_limits<T>::max());
}

/// Whether int32 holds every product and sum of values of at most 16 bits, so that whole numbers give what
/// doubles would.
bool is_small_and_whole(Rescale rescale) {
  constexpr double largest = 16384;
  return rescale.slope == std::trunc(rescale.slope) && rescale.intercept == std::trunc(rescale.intercept) &&
         std::abs(rescale.slope) < largest && std::abs(rescale.intercept) < 1e9;
}

}  // namespace

ValueNeeds needs_of(const Elements& stored, Rescale rescale) {
  return needs_of(stored.bytes, stored.type, rescale);
}

ValueNeeds needs_of(std::span<const std::byte> stored, PixelType stored_type, Rescale rescale) {
  return visit_pixel_type(stored_type, [&](auto tag) -> ValueNeeds {
    using T = typename decltype(tag)::type;
    const std::span<const T> values(reinterpret_cast<const T*>(stored.data()), stored.size() / sizeof(T));
    if (values.empty()) return {};
    T least = values.front();
    T most = values.front();
    // Two plain comparisons, which the compiler does many at once, unlike those of std::minmax.
    for (const T value : values) {
      least = value < least ? value : least;
      most = most < value ? value : most;
    }
    const double a = static_cast<double>(least) * rescale.slope + rescale.intercept;
    const double b = static_cast<double>(most) * rescale.slope + rescale.intercept;
    const bool whole = std::is_integral_v<T> && rescale.slope == std::trunc(rescale.slope) &&
                       rescale.intercept == std::trunc(rescale.intercept);
    return {std::min(a, b), std::max(a, b), whole,
            std::is_same_v<T, double> || (std::is_integral_v<T> && sizeof(T) == 4)};
  });
}

ValueNeeds combined(const ValueNeeds& a, const ValueNeeds& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.whole && b.whole, a.wide || b.wide};
}

PixelType narrowest_type(const ValueNeeds& needs) {
  if (needs.whole && holds<std::int16_t>(needs)) return PixelType::i16;
  if (needs.whole && holds<std::uint16_t>(needs)) return PixelType::u16;
  if (needs.whole && holds<std::int32_t>(needs)) return PixelType::i32;
  return needs.wide ? PixelType::f64 : PixelType::f32;
}

void rescale_into(std::span<std::byte> out, PixelType type, std::span<const std::byte> stored,
                  PixelType stored_type, Rescale rescale) {
  visit_pixel_type(stored_type, [&](auto from) {
    using From = typename decltype(from)::type;
    const From* values = reinterpret_cast<const From*>(stored.data());
    const std::size_t count = stored.size() / sizeof(From);
    visit_pixel_type(type, [&](auto to) {
      using To = typename decltype(to)::type;
      if constexpr (std::is_integral_v<From> && std::is_integral_v<To> && sizeof(From) <= 2) {
        if (is_small_and_whole(rescale)) {
          const auto slope = static_cast<std::int32_t>(rescale.slope);
          const auto intercept = static_cast<std::int32_t>(rescale.intercept);
          for (std::size_t i = 0; i < count; ++i) {
            const To value = static_cast<To>(values[i] * slope + intercept);
            std::memcpy(out.data() + i * sizeof(To), &value, sizeof(To));
          }
          return;
        }
      }
      for (std::size_t i = 0; i < count; ++i) {
        const To value = static_cast<To>(static_cast<double>(values[i]) * rescale.slope + rescale.intercept);
        std::memcpy(out.data() + i * sizeof(To), &value, sizeof(To));
      }
    });
  });
}

void rescale_into(std::span<std::byte> out, PixelType type, const Elements& stored, Rescale rescale) {
  rescale_into(out, type, stored.bytes, stored.type, rescale);
}

Elements rescaled(Elements stored, Rescale rescale) {
  if (rescale == Rescale{}) return stored;
  const PixelType type = narrowest_type(needs_of(stored, rescale));
  Elements out{type, std::vector<std::byte>(stored.bytes.size() / size_of(stored.type) * size_of(type))};
  rescale_into(out.bytes, type, stored, rescale);
  return out;
}

}  // namespace snitt::formats
