#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace snitt {

enum class PixelType : std::uint8_t { u8, i8, u16, i16, u32, i32, f32, f64 };

struct PixelFormat {
  PixelType type = PixelType::u8;
  std::size_t components = 1;  ///< 3 for RGB, interleaved
  friend bool operator==(const PixelFormat&, const PixelFormat&) = default;
};

constexpr std::size_t size_of(PixelType type) {
  switch (type) {
    case PixelType::u8:
    case PixelType::i8:
      return 1;
    case PixelType::u16:
    case PixelType::i16:
      return 2;
    case PixelType::u32:
    case PixelType::i32:
    case PixelType::f32:
      return 4;
    case PixelType::f64:
      return 8;
  }
  return 0;
}

constexpr std::size_t size_of(PixelFormat format) { return size_of(format.type) * format.components; }

/// "uint8", "int16", "float32" …: the names used in files, options and messages.
std::string_view name_of(PixelType type);
std::optional<PixelType> pixel_type_from_name(std::string_view name);

template <typename T>
constexpr PixelType pixel_type_of();
template <>
constexpr PixelType pixel_type_of<std::uint8_t>() {
  return PixelType::u8;
}
template <>
constexpr PixelType pixel_type_of<std::int8_t>() {
  return PixelType::i8;
}
template <>
constexpr PixelType pixel_type_of<std::uint16_t>() {
  return PixelType::u16;
}
template <>
constexpr PixelType pixel_type_of<std::int16_t>() {
  return PixelType::i16;
}
template <>
constexpr PixelType pixel_type_of<std::uint32_t>() {
  return PixelType::u32;
}
template <>
constexpr PixelType pixel_type_of<std::int32_t>() {
  return PixelType::i32;
}
template <>
constexpr PixelType pixel_type_of<float>() {
  return PixelType::f32;
}
template <>
constexpr PixelType pixel_type_of<double>() {
  return PixelType::f64;
}

template <typename T>
struct PixelTag {
  using type = T;
};

/// Calls `function(PixelTag<T>{})` with the C++ type of `type`; all calls must return the same type.
template <typename Function>
decltype(auto) visit_pixel_type(PixelType type, Function&& function) {
  switch (type) {
    case PixelType::u8:
      return std::forward<Function>(function)(PixelTag<std::uint8_t>{});
    case PixelType::i8:
      return std::forward<Function>(function)(PixelTag<std::int8_t>{});
    case PixelType::u16:
      return std::forward<Function>(function)(PixelTag<std::uint16_t>{});
    case PixelType::i16:
      return std::forward<Function>(function)(PixelTag<std::int16_t>{});
    case PixelType::u32:
      return std::forward<Function>(function)(PixelTag<std::uint32_t>{});
    case PixelType::i32:
      return std::forward<Function>(function)(PixelTag<std::int32_t>{});
    case PixelType::f32:
      return std::forward<Function>(function)(PixelTag<float>{});
    case PixelType::f64:
      break;
  }
  return std::forward<Function>(function)(PixelTag<double>{});
}

}  // namespace snitt
