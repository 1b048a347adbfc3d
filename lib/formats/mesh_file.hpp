#pragma once
#include <string>

#include "formats/point_lines.hpp"

/// Surfaces and clouds of points in the formats of meshes. None of them says what its coordinates are, but
/// 3D Slicer writes "SPACE=LPS" or "SPACE=RAS" into their comments, which is believed.
namespace snitt::formats {

/// Stanford PLY, ASCII or binary: vertex x, y, z, normals nx, ny, nz; faces with any number of corners.
RawPoints read_ply(const std::string& path);
/// ASCII or binary; corners at the same place become one point.
RawPoints read_stl(const std::string& path);
/// Wavefront OBJ: v, vn (when a point has one), f. Lines, materials and texture are passed over.
RawPoints read_obj(const std::string& path);
/// Legacy VTK polydata.
RawPoints read_vtk_surface(const std::string& path);

std::string ply_text(const PointSet& set);
std::string stl_bytes(const PointSet& set);  ///< binary, of float
std::string obj_text(const PointSet& set);
std::string vtk_surface_text(const PointSet& set);

/// What 3D Slicer says in a comment.
Space space_in_comment(std::string_view text);
/// Triangles of a polygon: a fan about its first corner.
void add_polygon(PointSet& set, const std::vector<std::uint32_t>& corners);

}  // namespace snitt::formats
