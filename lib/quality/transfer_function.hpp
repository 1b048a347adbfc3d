#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "data/image_plane.hpp"

/// Resolution as a function of spatial frequency: task transfer function of a circular edge (Richard 2012,
/// AAPM report 233), modulation transfer function of a wire or bead.
namespace snitt::quality {

struct TransferFunction {
  std::vector<double> frequency_per_mm;  ///< equally spaced, from 0
  std::vector<double> value;             ///< 1 at frequency 0; may exceed 1 where the background is not flat
  /// Of the profile below: radius minus that of the edge, or distance from the point.
  std::vector<double> edge_distance_mm;
  std::vector<double> edge_profile_hu;  ///< edge-spread function, or point-spread for a wire
  /// Inside minus outside, of the flat parts of the profile; of a wire: at its centre, minus the background.
  double contrast_hu = 0;
  double noise_hu = 0;           ///< of the averaged planes, around the object, without a linear trend
  double contrast_to_noise = 0;  ///< |contrast| / noise of one plane times the root of the number of planes
  PlanePoint centre;             ///< found with sub-pixel accuracy
  double radius_mm = 0;          ///< found; of a wire 0
  double edge_width_mm = 0;      ///< from 15 % to 85 % of the edge; of a wire the full width at half maximum
  double f50_per_mm = 0;         ///< first linearly interpolated crossing of 0.5; NaN when there is none
  double f10_per_mm = 0;
  double f02_per_mm = 0;
  /// Linear between the frequencies, 0 beyond the last.
  double at(double frequency_per_mm) const;
};

/// First frequency at which the linearly interpolated `value` falls to `level`; NaN when it never does.
double first_crossing(std::span<const double> frequency_per_mm, std::span<const double> value, double level);

/// A transfer function from its values, with the crossings; contrast, centre and profile stay empty. Throws
/// InputError unless the frequencies begin at 0 and are equally spaced.
TransferFunction transfer_function_of(std::vector<double> frequency_per_mm, std::vector<double> value);

enum class EdgeWindow {
  /// 1 near the edge, down to 0 as a cosine over 2 edge widths (15 % to 85 %). 1 up to 6 edge widths where
  /// the
  /// contrast-to-noise is 45 or more, so that a kernel keeps its tails; in proportion less down to 2 at 15,
  /// where noise from far away would do more harm than tails that are lost.
  flat_top,
  hann  ///< half-width of 15 edge widths (actilib, ImQuest), or as far as the profile reaches
};

struct EdgeOptions {
  double bin_per_pixel = 0.1;  ///< width of the bins of the radius
  double search_mm = 0;        ///< how far the centre may lie from the guess; 0: half the radius
  double outer_factor = 2;     ///< the profile ends at this many radii
  double highest_frequency_per_mm = 2;
  std::size_t frequencies = 256;
  EdgeWindow window = EdgeWindow::flat_top;
  double smallest_contrast_to_noise = 3;  ///< of all planes together; less is no edge
};

/// Of a rod whose circular edge lies near `guess` with about `radius_mm`; the planes are averaged. The values
/// around the guess must hold nothing but the rod out to outer_factor * (radius_mm), or to search_mm beyond
/// the edge.
///
/// Centre, radius and width come from a least-squares fit of a blurred disk. The derivative of the radial
/// profile is multiplied by sqrt(r / radius) before its transform, which takes away the curvature of the edge
/// to second order in blur / radius; binning and differences are undone by their known transforms. Two halves
/// of the circle, every other of eight sectors, are transformed by themselves; the value is the root of the
/// real part of one times the conjugate of the other, because noise does not bias it as it does an absolute
/// value. Report 233 wants a contrast_to_noise of 15 or more: with less the result is noisy.
///
/// Throws InputError when no edge is there that rises above the noise, when it is no full circle, when it
/// lies elsewhere or has another radius (by half), when the image ends too close by, and for values that are
/// not finite, naming what was found.
TransferFunction edge_transfer(std::span<const ImagePlane> planes, PlanePoint guess, double radius_mm,
                               const EdgeOptions& options = {});

enum class PointObject {
  wire,  ///< along z: its section is a uniform disk
  bead   ///< a sphere within the slice, seen as its projection
};

/// Of a wire along z or a small bead within `search_mm` of `guess`; `object_diameter_mm` > 0 is corrected
/// for, as far as its own transform is 0.2 or more (0 beyond). The Hankel transform of the values around the
/// fitted centre, over 3 full widths at half maximum and faded out over another; frequencies to 2 /mm or half
/// a cycle per pixel, whichever is less: beyond, a point sampled once says nothing. Errors as edge_transfer.
TransferFunction point_transfer(std::span<const ImagePlane> planes, PlanePoint guess, double search_mm,
                                double object_diameter_mm = 0, PointObject object = PointObject::wire);

}  // namespace snitt::quality
