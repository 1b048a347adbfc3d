#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/volume.hpp"
#include "formats/dicom_series.hpp"
#include "formats/dicom_slice.hpp"

namespace snitt::formats {

/// Slices as a volume: which comes when, and where the voxels lie.
struct SliceStack {
  VolumeGeometry geometry;
  std::vector<std::size_t> order;  ///< indices into the slices, along the third axis
};

/// Sorts along the common normal and checks that the slices form a regular grid. `source` names them in
/// messages. Throws InputError as read_dicom_series says.
SliceStack stack_slices(const std::string& source, const std::vector<DicomSlice>& slices,
                        TiltedGantry tilted_gantry, Monitor& monitor);

/// "IM0003" for a file with one frame, "IM0003 frame 12" for one of many.
std::string label_of(const DicomSlice& slice);

}  // namespace snitt::formats
