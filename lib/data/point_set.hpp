#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt {

/// Labelled points: landmarks, fiducials, targets, and surfaces with their triangles.
struct PointSet {
  std::vector<Vec3> points_mm;      ///< [point]
  std::vector<std::string> labels;  ///< [point]; "" for a point without a name
  std::vector<double> weights;      ///< [point], relative, at least 0; empty: all count alike
  /// [point], of the error of each coordinate, above 0; empty: not known.
  std::vector<double> standard_deviations_mm;
  std::vector<Vec3> normals;                            ///< [point], unit vectors; empty: none
  std::vector<std::array<std::uint32_t, 3>> triangles;  ///< of a surface, counter-clockwise from outside
  std::string frame = "LPS";  ///< name of the coordinate frame; "LPS" is patient space without a better name
  std::size_t size() const { return points_mm.size(); }
  bool has_labels() const;
  friend bool operator==(const PointSet&, const PointSet&) = default;
};

/// What is wrong with it, as a sentence without a full stop: lists of different lengths, a coordinate that is
/// not finite, a weight below 0, a standard deviation that is not above 0, a normal that is no unit vector, a
/// triangle of a point that is not there, no name of the frame. "" when nothing is.
std::string fault_of(const PointSet& set);

}  // namespace snitt
