#pragma once
#include <string>

#include "base/atomic_file.hpp"
#include "base/monitor.hpp"
#include "data/point_set.hpp"
#include "data/volume.hpp"

/// Landmarks and surfaces in other people's formats.
namespace snitt::formats {

enum class PointFileKind {
  none,
  fcsv,          ///< 3D Slicer, list of fiducials: of Slicer 3, and of Slicer 4 and later
  markups_json,  ///< 3D Slicer, .mrk.json
  tag,           ///< MNI, of one or two volumes
  elastix,       ///< input of transformix: "point" or "index", a count, coordinates
  transformix,   ///< its output: outputpoints.txt
  ply,           ///< Stanford PLY: points, normals, triangles; ASCII or binary
  stl,           ///< triangles, ASCII or binary
  obj,           ///< Wavefront
  vtk,           ///< legacy VTK polydata
  csv,           ///< columns x_lps, y_lps, z_lps (or _ras), and label, weight, standard_deviation if it likes
};

/// By content, but for .obj and ASCII .stl, which their names tell. A CSV file counts only when its columns
/// say LPS or RAS; any other is a table unless somebody says what its x, y, z are.
PointFileKind point_file_kind(const std::string& path);
/// "list of fiducials of 3D Slicer" and so on.
std::string name_of(PointFileKind kind);

/// What the numbers of a file are. `as_the_file_says` refuses a file that does not say; `lps` and `ras` are
/// for such files and refuse one that says otherwise; `as_they_are` takes the numbers without a question, for
/// the coordinates of a tracker or a phantom.
enum class Coordinates { as_the_file_says, lps, ras, as_they_are };

struct PointFileOptions {
  Coordinates coordinates = Coordinates::as_the_file_says;
  int volume = 0;             ///< of an MNI file with two: 1 or 2
  std::string frame = "LPS";  ///< name for the coordinate frame
  /// Of the image whose voxel indices the file has (elastix "index", fcsv "IJK").
  const VolumeGeometry* image = nullptr;
};

/// Points in LPS millimetres (unless `as_they_are`). Points that Slicer's user has not placed yet are left
/// out and counted to `monitor`. Throws InputError naming file, line, value and expectation.
PointSet read_point_file(const std::string& path, const PointFileOptions& options, Monitor& monitor);

/// Whether write_point_file knows the extension: .fcsv, .mrk.json, .csv, .pts and .txt for elastix; .ply,
/// .stl, .obj, .vtk for surfaces.
bool is_point_extension(const std::string& path);

/// Writes by extension, in LPS. What a format has no room for is said to `monitor`. Numbers read back the
/// same. Throws UsageError for another extension or a label that the format cannot hold, OutputError.
void write_point_file(const std::string& path, const PointSet& set, IfExists if_exists, Monitor& monitor);

}  // namespace snitt::formats
