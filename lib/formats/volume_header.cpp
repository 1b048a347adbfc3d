#include "formats/volume_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

constexpr double right_angle_tolerance = 1e-3;  // cosine; 0.057 degrees
constexpr double unit_length_tolerance = 1e-4;  // headers are often written with six digits

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

template <typename T>
std::vector<T> parsed(const std::string& file, std::string_view field, std::string_view text,
                      std::string_view expected) {
  std::vector<T> values;
  for (std::string_view word : words_of(text)) {
    if (word.size() > 1 && word.front() == '+') word.remove_prefix(1);
    T value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    bool good = error == std::errc{} && end == word.data() + word.size();
    if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
    if (!good) throw InputError("{}: header field '{}' has '{}'; expected {}", file, field, word, expected);
    values.push_back(value);
  }
  return values;
}

}  // namespace

std::string lowercase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const std::size_t start = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    if (at > start) words.push_back(text.substr(start, at - start));
  }
  return words;
}

bool ends_with_any_case(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && lowercase(text.substr(text.size() - ending.size())) == ending;
}

std::vector<double> numbers_of(const std::string& file, std::string_view field, std::string_view text) {
  return parsed<double>(file, field, text, "finite numbers");
}

std::vector<std::uint64_t> whole_numbers_of(const std::string& file, std::string_view field,
                                            std::string_view text) {
  return parsed<std::uint64_t>(file, field, text, "whole numbers of 0 or more");
}

std::uint64_t whole_number_of(const std::string& file, std::string_view field, std::string_view text) {
  const std::vector<std::uint64_t> numbers = whole_numbers_of(file, field, text);
  if (numbers.size() != 1 || !std::in_range<std::int64_t>(numbers.front()))
    throw InputError("{}: header field '{}' has '{}'; expected one whole number below 2^63", file, field,
                     text);
  return numbers.front();
}

std::string text_of(double value) { return fmt::format("{}", value); }

void settle_geometry(const std::string& file, VolumeGeometry& geometry, Monitor& monitor) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Vec3& direction = geometry.axis_directions[axis];
    double& spacing = geometry.spacing_mm[axis];
    const double length = norm(direction);
    if (!std::isfinite(spacing) || !std::isfinite(length) || !std::isfinite(geometry.origin_mm[axis]))
      throw InputError("{}: spacing, origin or direction of axis {} is not a finite number", file, axis);
    if (spacing == 0 || length == 0)
      throw InputError("{}: axis {} has spacing {} and a direction of length {}; expected neither to be 0",
                       file, axis, spacing, length);
    if (std::abs(length - 1) > unit_length_tolerance) {
      monitor.warn(
          fmt::format("{}: direction of axis {} has length {:.6g}, not 1: taken into the spacing, which "
                      "becomes {:.6g} mm",
                      file, axis, length, spacing * length));
      spacing *= length;
      direction = (1 / length) * direction;
    }
    if (spacing < 0) {
      monitor.warn(fmt::format("{}: spacing of axis {} is {:.6g} mm: taken as the axis reversed", file, axis,
                               spacing));
      spacing = -spacing;
      direction = -1.0 * direction;
    }
  }
  const auto& axes = geometry.axis_directions;
  const double volume = std::abs(dot(axes[0], cross(axes[1], axes[2])));
  if (volume < 1e-3)
    throw InputError(
        "{}: the directions of the axes lie in one plane (determinant {:.3g}); expected three independent "
        "ones",
        file, volume);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double cosine = dot(axes[axis], axes[(axis + 1) % 3]);
    if (std::abs(cosine) > right_angle_tolerance)
      monitor.warn(
          fmt::format("{}: axes {} and {} meet at {:.3f} degrees, not 90: the sheared geometry is kept", file,
                      axis, (axis + 1) % 3, std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / M_PI));
  }
}

std::string beside(const std::string& header, const std::string& name) {
  const std::filesystem::path path(name);
  return path.is_absolute() ? name : (std::filesystem::path(header).parent_path() / path).string();
}

bool take_own_key(Volume& volume, std::string_view key, std::string_view value) {
  if (key == frame_key)
    volume.frame = value;
  else if (key == quantity_key)
    volume.quantity = value;
  else if (key == units_key)
    volume.units = value;
  else
    return false;
  return true;
}

}  // namespace snitt::formats
