#include "quality/patient_size.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "quality/axial_slices.hpp"
#include "quality/size_summary.hpp"

namespace snitt::quality {
namespace {

/// In proportion to the tube current, with the mean over the body as stated.
void follow_current(std::vector<SliceSize>& slices) {
  double current = 0;
  double ctdi = 0;
  for (const SliceSize& slice : slices) {
    if (slice.body.status == SectionStatus::no_body) continue;
    current += slice.tube_current_ma;
    ctdi += slice.ctdivol_mgy;
  }
  if (std::isnan(ctdi))
    throw ComputationError("CTDIvol is to follow the tube current, but is not known; expected --ctdivol-mgy");
  if (!(current > 0))
    throw ComputationError(
        "CTDIvol is to follow the tube current, but not every slice states one (XRayTubeCurrent)");
  for (SliceSize& slice : slices) slice.ctdivol_mgy = ctdi / current * slice.tube_current_ma;
}

void estimate_dose(SliceSize& slice, const SizeOptions& options) {
  if (slice.body.status == SectionStatus::no_body) {
    slice.no_ssde = "no body";
  } else if (options.phantom != DosePhantom::head_16cm && options.phantom != DosePhantom::body_32cm) {
    slice.no_ssde = "phantom not known";
  } else {
    const bool is_head = options.phantom == DosePhantom::head_16cm;
    const SizeFactor& factor = is_head ? options.factor_16cm : options.factor_32cm;
    slice.factor = factor.at(slice.body.water_equivalent_diameter_mm);
    slice.ssde_mgy = slice.factor * slice.ctdivol_mgy;
    slice.corrected_ssde_mgy = factor.at(slice.body.corrected_diameter_mm) * slice.ctdivol_mgy;
    if (std::isnan(slice.factor))
      slice.no_ssde = fmt::format("diameter outside {:g} to {:g} cm", factor.smallest_cm, factor.largest_cm);
    else if (std::isnan(slice.ctdivol_mgy))
      slice.no_ssde = "CTDIvol not known";
  }
}

}  // namespace

double SizeFactor::at(double diameter_mm) const {
  const double cm = diameter_mm / 10;
  if (!(cm >= smallest_cm && cm <= largest_cm)) return not_stated;
  return amplitude * std::exp(-slope_per_cm * cm);
}

std::vector<CtSliceDose> matched_to_slices(const VolumeGeometry& geometry,
                                           const std::vector<CtSliceDose>& headers) {
  std::vector<CtSliceDose> matched(geometry.size[2]);
  for (std::size_t k = 0; k < matched.size(); ++k) {
    const double z = position_of(geometry, k).z;
    double nearest = geometry.spacing_mm.z / 2;
    for (const CtSliceDose& header : headers)
      if (std::abs(header.z_mm - z) < nearest) {
        nearest = std::abs(header.z_mm - z);
        matched[k] = header;
      }
  }
  return matched;
}

PatientSize patient_size(const Volume& ct, const std::string& path, const std::vector<CtSliceDose>& dose,
                         const SizeOptions& options, Monitor& monitor) {
  check_axial_ct(ct, path);
  if (ct.units != "HU")
    monitor.warn(fmt::format("{}: its values have units '{}'; they are taken for HU", path, ct.units));
  PatientSize size;
  size.slices.resize(ct.geometry.size[2]);
  const bool turned = is_turned(ct.geometry);
  tbb::parallel_for(std::size_t{0}, size.slices.size(), [&](std::size_t k) {
    SliceSize& slice = size.slices[k];
    slice.slice = k;
    slice.z_mm = position_of(ct.geometry, k).z;
    slice.body = measure_section(ct, k, turned, options.body);
    slice.tube_current_ma = dose[k].tube_current_ma;
    slice.ctdivol_mgy = dose[k].ctdivol_mgy;
  });
  if (std::ranges::none_of(size.slices, [](const SliceSize& slice) { return slice.body.has_air; }))
    throw InputError("{}: has no value below {:g}; expected CT in HU, with air around the body at -1000",
                     path, options.body.threshold_hu);
  const auto is_body = [](const SliceSize& s) { return s.body.status != SectionStatus::no_body; };
  if (options.follow_current && std::ranges::any_of(size.slices, is_body)) follow_current(size.slices);
  for (SliceSize& slice : size.slices) estimate_dose(slice, options);
  size.record = size_summary(size.slices, options);
  return size;
}

}  // namespace snitt::quality
