#pragma once
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geometry/matrix.hpp"

/// The text files of a CustusX acquisition.
namespace snitt::formats {

/// One time per line, in ms; rising. Returns seconds.
std::vector<double> read_custusx_times(const std::string& path);
/// Three lines of four numbers per pose: the upper rows of an affine matrix.
std::vector<Matrix4> read_custusx_poses(const std::string& path);

struct CustusxProbe {
  double temporal_calibration_ms = 0;
  std::optional<std::array<double, 2>> spacing_mm;
  std::optional<std::array<double, 2>>
      origin_px;  ///< column and row of the tool's origin, 0 at the upper left pixel
  std::vector<std::pair<std::string, std::string>> header;
};
CustusxProbe read_custusx_probe(const std::string& path);

}  // namespace snitt::formats
