#pragma once
#include <memory>
#include <string>

#include "base/monitor.hpp"
#include "data/frames.hpp"

/// Acquisition folders of CustusX: US_Acq/US-Acq_<nn>_<time>[_<stream>]/.
namespace snitt::formats {

/// Whether a folder holds a .fts file (times of the frames).
bool is_custusx_folder(const std::string& path);

/// Opens an acquisition folder:
/// - frames `<base>_<i>.mhd` (one file each) or the older `<base>.mhd` (one stack), read when asked for;
/// - `.fts`: times of the frames in ms; `.tts` and `.tp`: times (ms) and poses prMt (3 rows of 4 numbers
/// each) of the tool;
/// - `.fp` (optional): pose rMu of every frame;
/// - `.probedata.xml` (optional): spacing, origin, and temporalCalibration in ms;
/// - `.mask.mhd` (optional): the sector of the image.
///
/// In the recording, in our words (CustusX' letters in brackets):
/// - tracked `ToolToPatientReference` (prMt), on the tracker's own clock, which is moved by
/// +temporalCalibration;
/// - tracked `UltrasoundToReference` (rMu), on the frames' clock. Ultrasound (u) has millimetres from the
/// centre of the
///   lower-left pixel, y upwards;
/// - constant `ImageToUltrasound` and, when the probe data name the origin, `ImageToTool`: x' = -z, y' = -(u
/// - u0) sx,
///   z' = (v - v0) sy, so that the tool's z axis is the beam direction;
/// - header: probe data as probe.<attribute>, and custusx.temporal_calibration_ms as it was applied.
/// Throws InputError naming file and line: times that do not rise, other numbers of lines than frames or
/// poses, a pose of other than 12 numbers, frames that are missing or differ in size.
std::unique_ptr<FrameSource> open_custusx(const std::string& path, Monitor& monitor);

}  // namespace snitt::formats
