#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/frames.hpp"

namespace snitt::formats {

/// A recording of any kind: a `frames` file, or anything open_sequence knows. `monitor` must live as long as
/// the source. Throws InputError.
std::unique_ptr<FrameSource> open_recording(const std::string& path, Monitor& monitor);

/// The recording with constant transforms from elsewhere, which go before those of the same name in the
/// recording. Throws InputError, beginning with `origin`, for one that was measured in every frame.
std::unique_ptr<FrameSource> with_constants(std::unique_ptr<FrameSource> source,
                                            const std::vector<StaticTransform>& constants,
                                            const std::string& origin);

}  // namespace snitt::formats
