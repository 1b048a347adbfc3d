#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/pixel.hpp"
#include "geometry/matrix.hpp"

namespace snitt {

/// Where the voxels of an image lie: the centre of voxel (i, j, k) is at
/// origin + i·spacing.x·axis[0] + j·spacing.y·axis[1] + k·spacing.z·axis[2].
struct VolumeGeometry {
  std::array<std::size_t, 3> size{1, 1, 1};  ///< columns (x), rows (y), slices (z); unused axes are 1
  Vec3 spacing_mm{1, 1, 1};
  Vec3 origin_mm;
  std::array<Vec3, 3> axis_directions{Vec3{1, 0, 0}, Vec3{0, 1, 0},
                                      Vec3{0, 0, 1}};  ///< [axis, xyz], unit vectors
  std::size_t voxels() const { return size[0] * size[1] * size[2]; }
  friend bool operator==(const VolumeGeometry&, const VolumeGeometry&) = default;
};

/// Voxel indices (i, j, k) to millimetres.
Matrix4 index_to_space(const VolumeGeometry& geometry);

/// A 2-D, 3-D or 4-D (time) image in memory. Voxels: [time, slice, row, column, component], column fastest.
struct Volume {
  VolumeGeometry geometry;
  int dimensions = 3;  ///< 2, 3 or 4: what the file calls it
  std::size_t time_points = 1;
  double time_step_s = 0;  ///< of a 4-D image
  PixelFormat format;
  std::vector<std::byte> voxels;
  std::string frame = "LPS";  ///< name of the coordinate frame; "LPS" is patient space without a better name
  std::string quantity = "intensity";  ///< "attenuation", "echo amplitude", "label" …
  std::string units = "1";             ///< of the voxel values: "HU", "1" for plain numbers
  std::vector<std::pair<std::string, std::string>>
      metadata;  ///< free keys of the source; never patient names

  template <typename T>
  std::span<T> values() {
    return {reinterpret_cast<T*>(voxels.data()), voxels.size() / sizeof(T)};
  }
  template <typename T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(voxels.data()), voxels.size() / sizeof(T)};
  }
};

}  // namespace snitt
