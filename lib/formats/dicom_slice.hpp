#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "formats/element_data.hpp"
#include "formats/rescale.hpp"
#include "geometry/matrix.hpp"

namespace snitt::formats {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// One image plane as its header describes it, in LPS millimetres.
struct DicomSlice {
  std::string file;
  std::size_t frame = 0;  ///< within a multi-frame file
  std::size_t rows = 0;
  std::size_t columns = 0;
  Vec3 row_direction;                      ///< along a row: the x axis
  Vec3 column_direction;                   ///< down a column: the y axis
  Vec3 position;                           ///< centre of the first pixel
  std::array<double, 2> spacing_mm{1, 1};  ///< {x, y}
  double thickness_mm = 0;                 ///< 0 when not said
  double tilt_deg = 0;                     ///< GantryDetectorTilt as declared
  Rescale rescale;
  bool localizer = false;
  NamedValues apart;      ///< what may tell two slices at one place apart: acquisition, echo, time
  NamedValues technical;  ///< candidates for metadata
};

/// One file as far as its header goes.
struct DicomFile {
  std::string path;
  bool is_image = false;  ///< false for anything without pixels, DICOM or not
  std::string problem;    ///< why an image cannot be used; "" when it can
  std::string series_uid;
  std::string modality;
  std::string photometric;
  std::string units;  ///< of rescaled values: "HU", "BQML"; "" when not said
  bool has_rescale = false;
  std::vector<DicomSlice> slices;
};

/// Never throws for the content of a file. May be called from several threads.
DicomFile read_dicom_header(const std::string& path);

/// Stored values of all frames [frame, row, column] of a file, sign-extended from their stored bits.
/// Throws InputError for damaged pixels and compressions that cannot be decoded. May be called from several
/// threads.
Elements read_dicom_pixels(const std::string& path);

}  // namespace snitt::formats
