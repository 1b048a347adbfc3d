#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/volume.hpp"

namespace snitt::quality {

/// What counts as a body.
struct BodyOptions {
  double threshold_hu = -250;       ///< tissue is at least this dense; what it encloses is body too
  double smallest_area_mm2 = 2000;  ///< a disk of 50 mm
  double lightest_hu = -500;        ///< a couch is a shell around foam and air; a chest is denser
  double smallest_fill = 0.3;       ///< share of its upright box that a body fills; a bare shell fills less
};

enum class SectionStatus {
  body,
  truncated,  ///< 1 % or more of the contour is the edge of what the scanner reconstructed
  no_body     ///< nothing there, or a couch alone: the numbers measure it
};

/// Sizes of the body in one slice. What there is nothing to measure of is NaN.
struct BodySection {
  SectionStatus status = SectionStatus::no_body;
  double area_mm2 = 0;  ///< pixels times their area
  double mean_hu;
  double water_equivalent_diameter_mm;  ///< of the water disk that attenuates as much (AAPM report 220)
  double lateral_mm;
  double ap_mm;
  double effective_diameter_mm;   ///< of the disk as large as the ellipse with both widths (AAPM report 204)
  double truncated_share;         ///< of the contour's length, that lies on the edge of the field of view
  double corrected_diameter_mm;   ///< water-equivalent, as if not truncated (Anam 2017, thorax)
  std::size_t beyond_tissue = 0;  ///< pixels of the body above 20 000 HU, which count as 20 000 HU
  double other_area_mm2 = 0;      ///< of further bodies, as arms and a second leg, that are left out
  bool has_air = false;           ///< whether any value was below the threshold

  BodySection();
};

/// The body in slice `slice` of a CT in HU. Lateral is along the rows of pixels unless `turned`.
///
/// Published masks of -400 and of -200 HU, each with its holes filled, joined by AND, are nothing but the
/// filled mask of -200 HU: what is filled at the higher threshold is filled at the lower. So one mask is
/// made, at -250 HU by default (docs/patient-size.md says why). Holes are what no path over pixel sides
/// connects with the image's rim; the body is the largest component, over pixel sides, that is a body by
/// `options`. Values below -1024 HU, or that are no numbers, count as -1024 HU.
///
/// Values above 20 000 HU, which no implant has, count as 20 000 HU, so that one of them cannot make a
/// diameter; `beyond_tissue` says how many there were.
///
/// The edge of the field of view is the image's rim and the padding beyond the circle of reconstruction,
/// which is told by one value of at most -1024 HU in all four corners, or by a circle that cuts the body off
/// (field_circle.hpp). `mask`, when given, becomes the pixels
/// measured, [row, column] of zeros and ones.
BodySection measure_section(const Volume& ct, std::size_t slice, bool turned, const BodyOptions& options,
                            std::vector<std::uint8_t>* mask = nullptr);

/// Diameter without truncation: Dw * exp(1.15 * share^3). Anam et al. 2017.
double corrected_for_truncation(double diameter_mm, double truncated_share);

/// Whether the values of a body can be HU: Dw is 0.6 to 1.3 times the effective diameter and the mean at most
/// 1000 HU. Bodies of tissue with lungs, bone, contrast agent and metal are well inside.
bool is_plausible(const BodySection& section);

/// What to say of bodies whose values cannot be HU, or hold single values above 20 000 HU; "" for none.
/// `sections` are those with a body.
std::vector<std::string> doubts_of_hu(const std::vector<const BodySection*>& sections);

const char* name_of(SectionStatus status);

}  // namespace snitt::quality
