#include "shell/registration_frames.hpp"

#include "base/error.hpp"

namespace snitt::shell {
namespace {

std::string name_of(const std::string& asked, const std::string& frame, const std::string& otherwise) {
  if (!asked.empty()) return asked;
  return frame == "LPS" ? otherwise : frame;
}

}  // namespace

void declare_frames(Options& options, RegistrationFrames& frames) {
  options.section("Coordinate frames");
  options.text("--fixed-frame", frames.fixed, "FRAME",
               "name for the fixed space; by default that of a Snitt file unless it is LPS, else Fixed");
  options.text("--moving-frame", frames.moving, "FRAME", "name for the moving space; likewise, else Moving");
}

TransformName registration_name(const RegistrationFrames& asked, const std::string& fixed_frame,
                                const std::string& moving_frame) {
  const TransformName name{name_of(asked.fixed, fixed_frame, "Fixed"),
                           name_of(asked.moving, moving_frame, "Moving")};
  if (name.from == name.to)
    throw UsageError("both spaces are called '{}'; expected two names (see --fixed-frame and --moving-frame)",
                     name.from);
  return name;
}

}  // namespace snitt::shell
