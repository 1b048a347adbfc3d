#include "formats/custusx_text.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "formats/input_file.hpp"
#include "formats/number_text.hpp"
#include "formats/xml_file.hpp"

namespace snitt::formats {
namespace {

/// Calls `take(line, number)` for every line that is not empty.
template <typename Take>
void for_each_line(const std::string& path, Take take) {
  const InputFile file(path);
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, std::as_writable_bytes(std::span(text))));
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = stripped(rest.substr(0, length));
    if (!line.empty()) take(line, number);
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
}

std::optional<std::array<double, 2>> two_numbers(const std::string& path, const pugi::xml_node& node,
                                                 const char* name) {
  const char* const text = node.attribute(name).as_string(nullptr);
  if (text == nullptr) return std::nullopt;
  std::array<double, 3> values{};  // some versions write x y z
  const auto count = parse_numbers(text, values);
  if (!count || *count < 2 || !std::isfinite(values[0]) || !std::isfinite(values[1]))
    throw InputError("{}: <image> has {} '{}'; expected two numbers", path, name, text);
  return std::array<double, 2>{values[0], values[1]};
}

}  // namespace

std::vector<double> read_custusx_times(const std::string& path) {
  std::vector<double> times_s;
  for_each_line(path, [&](std::string_view line, std::size_t number) {
    const auto value = parse_number(line);
    if (!value || !std::isfinite(*value))
      throw InputError("{}: line {} is '{}'; expected a time in ms", path, number, line.substr(0, 60));
    if (!times_s.empty() && *value / 1000 <= times_s.back())
      throw InputError("{}: line {}: {} ms is not later than the line before; expected rising times", path,
                       number, line);
    times_s.push_back(*value / 1000);
  });
  if (times_s.empty()) throw InputError("{}: is empty; expected one time per line", path);
  return times_s;
}

std::vector<Matrix4> read_custusx_poses(const std::string& path) {
  std::vector<Matrix4> poses;
  std::size_t rows = 0;
  Matrix4 matrix;
  for_each_line(path, [&](std::string_view line, std::size_t number) {
    const std::size_t row = rows % 3;
    if (parse_numbers(line, std::span(matrix.m).subspan(4 * row, 4)) != 4)
      throw InputError("{}: line {} is '{}'; expected 4 numbers, a row of a pose", path, number,
                       line.substr(0, 100));
    if (++rows % 3 != 0) return;
    if (!is_affine(matrix))
      throw InputError("{}: the pose that ends in line {} is '{}'; expected finite numbers and a rotation",
                       path, number, fmt::join(std::span(matrix.m).first(12), " "));
    poses.push_back(matrix);
  });
  if (rows % 3 != 0) throw InputError("{}: has {} rows of numbers; expected three per pose", path, rows);
  return poses;
}

CustusxProbe read_custusx_probe(const std::string& path) {
  const pugi::xml_document document = read_xml(path);
  const pugi::xml_node configuration = document.select_node("//configuration").node();
  if (!configuration) throw InputError("{}: has no <configuration>", path);
  CustusxProbe probe;
  for (const pugi::xml_attribute& attribute : configuration.attributes())
    probe.header.emplace_back(std::string("probe.") + attribute.name(), attribute.value());
  const std::string_view calibration = configuration.attribute("temporalCalibration").as_string("0");
  const auto milliseconds = parse_number(calibration);
  if (!milliseconds || !std::isfinite(*milliseconds))
    throw InputError("{}: temporalCalibration is '{}'; expected milliseconds", path, calibration);
  probe.temporal_calibration_ms = *milliseconds;
  const pugi::xml_node image = document.select_node("//image").node();
  for (const pugi::xml_attribute& attribute : image.attributes())
    probe.header.emplace_back(std::string("probe.image.") + attribute.name(), attribute.value());
  probe.spacing_mm = two_numbers(path, image, "spacing");
  if (probe.spacing_mm && (!((*probe.spacing_mm)[0] > 0) || !((*probe.spacing_mm)[1] > 0)))
    throw InputError("{}: <image> has spacing '{}'; expected positive millimetres", path,
                     image.attribute("spacing").value());
  probe.origin_px = two_numbers(path, image, "origin_p");
  return probe;
}

}  // namespace snitt::formats
