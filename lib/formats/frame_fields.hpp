#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/monitor.hpp"
#include "data/frames.hpp"
#include "formats/header_lines.hpp"

namespace snitt::formats {

/// What one `Seq_FrameNNNN_<name>` field says, over all frames that have it.
struct FrameFieldText {
  struct Entry {
    std::size_t frame = 0;
    std::string_view value;
    std::size_t line = 0;
  };
  std::string_view name;
  std::vector<Entry> entries;  ///< by rising frame, each frame at most once
};

/// Sorts the per-frame fields of a header by name, in order of first appearance. Throws InputError for a
/// frame beyond `count`, a frame without any field, and a field that a frame has twice.
std::vector<FrameFieldText> collect_frame_fields(const std::string& path,
                                                 const std::vector<HeaderLine>& free_keys, std::size_t count);

/// Fills time, image status, tracked and constant transforms, fields and header of `frames`, whose `count`
/// and `shape` are set.
/// - Timestamp is the time. Where some frames lack it, it is interpolated by frame number; where all do,
///   UnfilteredTimestamp is used, else the frame number as if one frame were recorded per second. All with a
///   warning.
/// - <From>To<To>Transform with its …Status is a tracked transform. A frame without it is MISSING; a pose
/// that is not
///   finite and affine is an error, unless its status says that it cannot be used: then it becomes the
///   identity.
/// - Any other field is kept: as numbers (NaN where a frame lacks it) when every frame that has it spells a
/// number that a
///   double holds, else as text ("" where a frame lacks it). FrameNumber and UnfilteredTimestamp are such
///   fields.
/// - Other keys are the header, in order; those named <From>To<To>Transform are constant transforms.
void interpret_free_keys(const std::string& path, const std::vector<HeaderLine>& free_keys, Frames& frames,
                         Monitor& monitor);

}  // namespace snitt::formats
