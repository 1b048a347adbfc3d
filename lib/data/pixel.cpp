#include "data/pixel.hpp"

#include <array>

namespace snitt {
namespace {
constexpr std::array<std::string_view, 8> names{"uint8",  "int8",  "uint16",  "int16",
                                                "uint32", "int32", "float32", "float64"};
}

std::string_view name_of(PixelType type) { return names[static_cast<std::size_t>(type)]; }

std::optional<PixelType> pixel_type_from_name(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<PixelType>(i);
  return std::nullopt;
}

}  // namespace snitt
