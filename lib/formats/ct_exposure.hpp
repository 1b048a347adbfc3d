#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "data/dose.hpp"

/// What the headers of a CT series say about dose, slice by slice; and series that travel in archives.
namespace snitt::formats {

struct CtExposures {
  std::vector<CtSliceDose> slices;             ///< in the order of the files
  DosePhantom phantom = DosePhantom::unknown;  ///< of the CTDIvol; unknown also where slices differ
};

/// Of a DICOM file, or of the files in a folder (not below it); of one series if `series` is not empty.
/// Localizers, and files that are no CT image, are passed over.
CtExposures read_ct_exposures(const std::string& path, const std::string& series);

/// Writes the DICOM files of an archive into an existing folder, under names of their own. Throws InputError
/// naming the member for damage and for members that are too long, and the archive when it holds no DICOM.
std::size_t unpack_dicom(const std::string& archive, const std::string& folder);

}  // namespace snitt::formats
