#pragma once
#include <memory>
#include <string>

#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "formats/frame_folder.hpp"

namespace snitt::formats {

/// Whether the file is a DICOM image of modality US.
bool is_dicom_cine(const std::string& path);

/// Opens a DICOM multi-frame ultrasound image (MONOCHROME2, RGB or YBR_FULL; uncompressed, RLE or JPEG).
/// Frames are decoded when asked for. The clock is `options.clock` where it says anything, else
/// FrameTimeVector, FrameTime or (with a warning) CineRate, from options.clock.start_time_s on. Pixel spacing
/// is PhysicalDeltaX/Y of the largest 2-D region in centimetres. Nothing about the patient is kept. Throws
/// InputError.
std::unique_ptr<FrameSource> open_dicom_cine(const std::string& path, const FrameFolderOptions& options,
                                             Monitor& monitor);

}  // namespace snitt::formats
