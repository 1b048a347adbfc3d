#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "formats/pose_table.hpp"

/// A folder of pictures, or one DICOM multi-frame ultrasound image, with clocks and poses beside it.
namespace snitt::formats {

struct FrameFolderOptions {
  ImageClockOptions clock;
  PoseTableOptions poses;
  std::string orientation = "MF";  ///< how the images were recorded; they are turned to MF
  std::optional<std::array<double, 2>> pixel_spacing_mm;
};

/// Whether a folder holds PNG, JPEG or TIFF files.
bool is_frame_folder(const std::string& path);

/// Opens the PNG, JPEG and TIFF files of a folder as one recording, in natural order of their names. The
/// pictures are read one at a time, when asked for. Other files are passed over with a warning. Throws
/// InputError naming the first picture whose size or type differs, and what read_pose_table and
/// read_image_times throw.
std::unique_ptr<FrameSource> open_frame_folder(const std::string& path, const FrameFolderOptions& options,
                                               Monitor& monitor);

/// Adds the poses that `options` names to a recording whose `count` is set. Throws InputError when poses
/// without a time column are not one per frame.
void add_poses(Frames& frames, const PoseTableOptions& options, Monitor& monitor);

}  // namespace snitt::formats
