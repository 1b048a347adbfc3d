#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "data/ct_phantom.hpp"
#include "data/volume.hpp"
#include "quality/body_circle.hpp"
#include "quality/coarse_scan.hpp"

/// What a scan shows before any model is held against it: circles, their common axis, what lies around it.
namespace snitt::quality {

/// A straight line through the slices, in mm of the image plane: centre = start + slope * slice.
struct ScanAxis {
  bool is_known = false;
  std::array<double, 2> start_mm{0, 0};  ///< along the columns, along the rows, in slice 0
  std::array<double, 2> slope_mm_per_slice{0, 0};
  double rms_mm = 0;  ///< of the circles' centres that count
};

struct ScanEvidence {
  std::string path;  ///< for messages
  CoarseScan coarse;
  std::vector<float> hu;  ///< [slice, row, column] of the scan
  std::array<std::size_t, 3> size{1, 1, 1};
  std::array<double, 3> spacing_mm{1, 1, 1};  ///< columns, rows, slices
  std::vector<BodyCircle> circles;            ///< in pixels of the coarse planes
  ScanAxis axis;
  std::vector<bool> on_axis;      ///< whether the slice has a circle about the axis
  double median_diameter_mm = 0;  ///< of those on the axis; 0: none
  std::size_t first_slice = 0;    ///< of the stretch between the outermost circles on the axis
  std::size_t end_slice = 0;      ///< one past its last
  std::vector<PolarPlane> polar;  ///< about the axis; empty outside of that stretch
  bool is_body_cut = false;       ///< no edge of the body is in the field of view; inserts told the axis
  double field_mm = 0;            ///< smaller side of the field of view
  PlanePoint coarse_centre(std::size_t slice) const;
  PlanePoint centre(std::size_t slice) const;  ///< of the axis, in pixels of the scan
  ImagePlane plane(std::size_t slice) const;   ///< of the scan
};

constexpr std::size_t pattern_angles = 120;

/// Throws InputError for a volume that is no stack of CT slices.
ScanEvidence scan_evidence(const Volume& ct, const std::string& path);

/// For a scan without any circle: the axis by the inserts of the models, as far as six and more of a module
/// are in the slices.
void find_axis_by_inserts(ScanEvidence& evidence, const std::vector<CtPhantomModel>& models);

/// Fills in what depends on the axis: the stretch of slices, diameter and polar planes.
void look_around_axis(ScanEvidence& evidence);

/// The line through the centres of circles that the largest number of slices agrees on.
ScanAxis fit_axis(const std::vector<BodyCircle>& circles, const std::array<double, 2>& spacing_mm,
                  std::vector<bool>& on_axis);

}  // namespace snitt::quality
