#pragma once
#include <memory>
#include <string>

#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "formats/frame_folder.hpp"

namespace snitt::formats {

/// Clocks and poses for recordings that do not carry their own; see frame_folder.hpp.
using SequenceOptions = FrameFolderOptions;

/// What a recording is kept in, told by content, not by name.
enum class SequenceKind { none, igs, custusx, pictures, dicom_cine };
SequenceKind sequence_kind(const std::string& path);
/// "IGS sequence", "CustusX acquisition", "folder of images", "DICOM ultrasound".
std::string name_of(SequenceKind kind);

/// Whether open_sequence knows the file or folder.
bool is_sequence(const std::string& path);

/// Opens a recording of any kind; `monitor` must live as long as the source. IGS sequences and CustusX
/// acquisitions have clocks of their own: options for images are refused there, poses may be added. Throws
/// InputError, also for what is no recording.
std::unique_ptr<FrameSource> open_sequence(const std::string& path, const SequenceOptions& options,
                                           Monitor& monitor);

}  // namespace snitt::formats
