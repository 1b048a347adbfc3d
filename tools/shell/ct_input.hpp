#pragma once
#include <string>

#include "base/monitor.hpp"
#include "base/options.hpp"
#include "data/volume.hpp"
#include "formats/ct_exposure.hpp"

namespace snitt::shell {

/// Which series of a folder, and what becomes of a tilted one.
struct CtInputSettings {
  std::string series;
  std::string tilted_gantry = "refuse";
};

/// The section "DICOM series" of a tool that measures CT.
void declare_ct_input(Options& options, CtInputSettings& settings);

struct CtInput {
  Volume ct;
  formats::CtExposures exposures;  ///< of the headers, where the input is DICOM
};

/// A CT series as a folder of DICOM files, an archive of them or a volume. An archive is unpacked into a
/// folder that goes away, beside `output`. Throws InputError, also for series of other modalities.
CtInput read_ct_input(const std::string& path, const std::string& output, const CtInputSettings& settings,
                      Monitor& monitor);

}  // namespace snitt::shell
