#pragma once
#include <string>

#include "base/monitor.hpp"
#include "base/options.hpp"
#include "data/volume.hpp"
#include "formats/ct_exposure.hpp"

/// CT series as the tools of dose and quality take them.
namespace snitt::shell {

/// What the user says about where a series is and how it lies.
struct CtInput {
  std::string path;  ///< DICOM folder, file or archive, or a volume
  std::string series;
  std::string tilted_gantry = "refuse";
};

struct CtSeries {
  Volume ct;
  formats::CtExposures exposures;  ///< of DICOM files; empty for other volumes
};

/// --series and --tilted-gantry, under a heading of their own.
void declare_ct_series(Options& options, CtInput& input);

/// Unpacks an archive beside `output` for as long as it reads. Throws InputError that names `input.path`,
/// also where the fault lies in an archive's file.
CtSeries read_ct(const CtInput& input, const std::string& output, Monitor& monitor);

}  // namespace snitt::shell
