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

template <typename T>
std::span<const T> values_of(const Elements& elements) {
  return {reinterpret_cast<const T*>(elements.bytes.data()), elements.bytes.size() / sizeof(T)};
}

}  // namespace

ValueNeeds needs_of(const Elements& stored, Rescale rescale) {
  return visit_pixel_type(stored.type, [&](auto tag) -> ValueNeeds {
    using T = typename decltype(tag)::type;
    const std::span<const T> values = values_of<T>(stored);
    if (values.empty()) return {};
    const auto [least, most] = std::ranges::minmax(values);
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

void rescale_into(std::span<std::byte> out, PixelType type, const Elements& stored, Rescale rescale) {
  visit_pixel_type(stored.type, [&](auto from) {
    const auto values = values_of<typename decltype(from)::type>(stored);
    visit_pixel_type(type, [&](auto to) {
      using To = typename decltype(to)::type;
      for (std::size_t i = 0; i < values.size(); ++i) {
        const To value = static_cast<To>(static_cast<double>(values[i]) * rescale.slope + rescale.intercept);
        std::memcpy(out.data() + i * sizeof(To), &value, sizeof(To));
      }
    });
  });
}

Elements rescaled(Elements stored, Rescale rescale) {
  if (rescale == Rescale{}) return stored;
  const PixelType type = narrowest_type(needs_of(stored, rescale));
  Elements out{type, std::vector<std::byte>(stored.bytes.size() / size_of(stored.type) * size_of(type))};
  rescale_into(out.bytes, type, stored, rescale);
  return out;
}

}  // namespace snitt::formats
