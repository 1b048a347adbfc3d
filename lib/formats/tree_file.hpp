#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/tree.hpp"
#include "formats/point_file.hpp"

/// Center lines in other people's formats.
namespace snitt::formats {

enum class TreeFileKind {
  none,
  vtk,  ///< legacy VTK polydata with lines and without polygons, as VMTK and CustusX write center lines
  csv,  ///< columns x_lps, y_lps, z_lps (or _ras, or x, y, z) and parent; radius, branch, label if it likes
};

/// By content.
TreeFileKind tree_file_kind(const std::string& path);
/// "center lines of VTK" and so on.
std::string name_of(TreeFileKind kind);

struct TreeFileOptions {
  Coordinates coordinates = Coordinates::as_the_file_says;
  std::string frame = "LPS";  ///< name for the coordinate frame
  std::string quantity;       ///< "airways" or "vessels"; "": what the file says, else vessels
};

/// A tree in LPS millimetres (unless `as_they_are`). Lines of VTK are joined where they share a point or a
/// place; points of no line are left out; of a network with loops the shortest ways from the root are the
/// tree (see tree_from_links). Radii are the point data Radius, radius, radii, MaximumInscribedSphereRadius
/// (VMTK) or CenterlineRadius; parent, branch and so on come from the file where it has them. Throws
/// InputError naming file, line or object, value and expectation.
Tree read_tree_file(const std::string& path, const TreeFileOptions& options, Monitor& monitor);

/// Whether write_tree_file knows the extension: .vtk or .csv.
bool is_tree_extension(const std::string& path);

/// Writes by extension, in LPS: one line per branch with radius, parent, branch and generation as point data,
/// or one row per node. What a format has no room for is said to `monitor`. Throws UsageError, OutputError.
void write_tree_file(const std::string& path, const Tree& tree, IfExists if_exists, Monitor& monitor);

}  // namespace snitt::formats
