#pragma once
#include <string>

#include "base/options.hpp"
#include "data/transform.hpp"

namespace snitt::shell {

/// What tools that register let their user call the two spaces.
struct RegistrationFrames {
  std::string fixed;   ///< "" for the default
  std::string moving;  ///< likewise
};

/// Declares --fixed-frame and --moving-frame in a section of their own.
void declare_frames(Options& options, RegistrationFrames& frames);

/// From the fixed to the moving space. A space that was given no name has that of its file, unless it is LPS,
/// the space of any patient's image and no name to tell two of them apart: then Fixed or Moving. Throws
/// UsageError when both would be called the same.
TransformName registration_name(const RegistrationFrames& asked, const std::string& fixed_frame,
                                const std::string& moving_frame);

}  // namespace snitt::shell
