#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/monitor.hpp"
#include "data/volume.hpp"
#include "temporary_folder.hpp"

namespace snitt::volume_test {

using Scratch = TemporaryFolder;

class ListeningMonitor : public Monitor {
 public:
  void warn(std::string_view message) override {
    const std::lock_guard lock(mutex_);
    warnings += std::string(message) + "\n";
  }
  std::string warnings;

 private:
  std::mutex mutex_;
};

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}
inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The message of the Error of kind E that `function` throws.
template <typename E, typename Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error";
  return {};
}

/// Axes turned by odd angles about all three, so that no sign or order can be mixed up unnoticed.
inline VolumeGeometry oblique_geometry() {
  const double a = 0.3, b = -0.7, c = 1.9;
  const double ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b), cc = std::cos(c),
               sc = std::sin(c);
  VolumeGeometry g;
  g.size = {5, 4, 3};
  g.spacing_mm = {0.7, 1.25, 2.1};
  g.origin_mm = {-12.5, 33.1, 7.77};
  g.axis_directions = {Vec3{cc * cb, sc * cb, -sb},
                       Vec3{cc * sb * sa - sc * ca, sc * sb * sa + cc * ca, cb * sa},
                       Vec3{cc * sb * ca + sc * sa, sc * sb * ca - cc * sa, cb * ca}};
  return g;
}

/// Random bytes, but no NaN among floating-point values.
inline Volume random_volume(PixelFormat format, int dimensions) {
  Volume volume;
  volume.geometry = oblique_geometry();
  volume.dimensions = dimensions;
  volume.format = format;
  if (dimensions == 2) {
    volume.geometry.size[2] = 1;
    volume.geometry.spacing_mm.z = 1;
    volume.geometry.origin_mm.z = 0;
    volume.geometry.axis_directions = {Vec3{0.6, 0.8, 0}, Vec3{-0.8, 0.6, 0}, Vec3{0, 0, 1}};
  }
  if (dimensions == 4) {
    volume.time_points = 2;
    volume.time_step_s = 0.5;
  }
  volume.voxels.resize(volume.geometry.voxels() * volume.time_points * size_of(format));
  std::mt19937 random(7);
  visit_pixel_type(format.type, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (T& value : volume.values<T>()) value = static_cast<T>(static_cast<std::int32_t>(random()) / 7.0);
    if constexpr (std::is_integral_v<T>)
      for (T& value : volume.values<T>()) value = static_cast<T>(random());
  });
  return volume;
}

inline std::string shared_data() {
  const char* variable = std::getenv("SNITT_SHARED_DATA");
  return variable != nullptr ? variable
                             : (std::filesystem::path(SNITT_SOURCE_DIR) / ".." / "shared" / "data").string();
}

inline double largest_difference(const Vec3& a, const Vec3& b) {
  return std::max({std::abs(a.x - b.x), std::abs(a.y - b.y), std::abs(a.z - b.z)});
}

}  // namespace snitt::volume_test
