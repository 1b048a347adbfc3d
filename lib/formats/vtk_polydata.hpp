#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geometry/matrix.hpp"

namespace snitt::formats {

/// Values of one array of VTK's point data, [point, component].
struct VtkArray {
  std::string name;
  std::size_t components = 1;
  std::vector<double> values;
};

/// A legacy VTK file of points, lines and polygons, as it stands.
struct VtkPolydata {
  std::string title;  ///< second line; 3D Slicer says there which space it is: "SPACE=LPS"
  std::vector<Vec3> points;
  std::vector<std::vector<std::uint32_t>> vertices;  ///< [cell, corner]
  std::vector<std::vector<std::uint32_t>> lines;
  std::vector<std::vector<std::uint32_t>> polygons;  ///< strips of triangles are taken apart
  std::vector<VtkArray> point_data;
  const VtkArray* array(std::string_view name) const;
};

/// Versions 1 to 5.1, ASCII and binary. Throws InputError naming file, line or place, and expectation:
/// another dataset than POLYDATA (or an UNSTRUCTURED_GRID), a cell of a point that is not there, a cut-off
/// file, .vtp.
VtkPolydata read_vtk_polydata(const std::string& path);
/// Legacy VTK as ASCII, version 3.0, which every program reads.
std::string vtk_polydata_text(const VtkPolydata& data);

}  // namespace snitt::formats
