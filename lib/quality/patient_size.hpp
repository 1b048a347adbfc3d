#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/calibration.hpp"
#include "data/dose.hpp"
#include "data/volume.hpp"
#include "quality/body_section.hpp"

/// Size of a patient slice by slice, and the dose estimate that goes with it (AAPM reports 204, 220, 293).
namespace snitt::quality {

/// Factor from CTDIvol to SSDE: amplitude * exp(-slope * diameter in cm), where it was fitted.
struct SizeFactor {
  double amplitude;
  double slope_per_cm;
  double smallest_cm;
  double largest_cm;
  /// NaN outside of the range.
  double at(double diameter_mm) const;
};

/// Report 204, 32 cm phantom, its table from 8 to 45 cm.
constexpr SizeFactor body_factor{3.704369, 0.03671937, 8, 45};
/// Report 204, 16 cm phantom, its table from 6 to 55 cm.
constexpr SizeFactor head_factor{1.874799, 0.03871313, 6, 55};

struct SizeOptions {
  BodyOptions body;
  SizeFactor factor_32cm = body_factor;
  SizeFactor factor_16cm = head_factor;
  DosePhantom phantom = DosePhantom::unknown;  ///< of the CTDIvol; unknown: no SSDE
  /// CTDIvol(z) in proportion to the tube current, its mean over the body being the mean CTDIvol stated.
  bool follow_current = false;
};

struct SliceSize {
  std::size_t slice = 0;
  double z_mm = 0;
  BodySection body;
  double tube_current_ma = not_stated;
  double ctdivol_mgy = not_stated;
  double factor = not_stated;
  double ssde_mgy = not_stated;
  double corrected_ssde_mgy = not_stated;  ///< with the diameter corrected for truncation
  std::string no_ssde;                     ///< why there is none; "" when there is one
};

struct PatientSize {
  std::vector<SliceSize> slices;  ///< in the order of the volume
  CalibrationRecord record;       ///< means and what is doubtful
};

/// What the headers say, brought to the slices of the volume by z: the nearest within half a slice distance.
/// Slices without a header get NaN.
std::vector<CtSliceDose> matched_to_slices(const VolumeGeometry& geometry,
                                           const std::vector<CtSliceDose>& headers);

/// Sizes in `ct`, in HU, of which `path` is the name in messages; `dose` has one entry per slice.
/// Throws InputError for colours, several time points, slices that are not axial, and volumes without air
/// (values that are not HU). ComputationError when --follow-current lacks currents.
PatientSize patient_size(const Volume& ct, const std::string& path, const std::vector<CtSliceDose>& dose,
                         const SizeOptions& options, Monitor& monitor);

/// One row per slice.
Table size_table(const PatientSize& size);

}  // namespace snitt::quality
