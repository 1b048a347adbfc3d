#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "base/options.hpp"
#include "data/point_set.hpp"
#include "formats/point_file.hpp"

namespace snitt::shell {

/// What tools that read points let their user say of a file in a foreign format.
struct PointInput {
  std::string coordinates = "file";  ///< one of coordinate_choices()
  std::int64_t volume = 0;           ///< of an MNI file with two; 0 for a file of one
  std::string image;                 ///< whose voxel indices the points are; "" when they are in mm
};

std::vector<Choice> coordinate_choices();
/// One of those words.
formats::Coordinates coordinates_from(const std::string& word);
/// Meaning of one of these choices.
formats::Coordinates coordinates_from(const std::string& word);

/// Points of a Snitt file, or of anything that formats::read_point_file reads, under the name `frame` (a
/// Snitt file has its own, and refuses what is said otherwise of it). Throws InputError and UsageError.
PointSet read_points(const std::string& path, const PointInput& input, const std::string& frame,
                     Monitor& monitor);

}  // namespace snitt::shell
