#pragma once
#include <span>
#include <string>
#include <vector>

#include "data/image_plane.hpp"

/// Resolution as a function of spatial frequency: task transfer function of a circular edge (Richard 2012,
/// AAPM report 233), modulation transfer function of a wire or bead.
namespace snitt::quality {

struct TransferFunction {
  std::vector<double> frequency_per_mm;  ///< equally spaced, from 0
  std::vector<double> value;             ///< 1 at frequency 0; may exceed 1 where the background is not flat
  std::vector<double>
      edge_distance_mm;  ///< of the profile below: radius minus that of the edge, or distance from the point
  std::vector<double> edge_profile_hu;  ///< edge-spread function, or point-spread for a wire
  double contrast_hu = 0;               ///< inside minus outside
  double noise_hu = 0;                  ///< of the averaged planes, around the object
  double contrast_to_noise = 0;  ///< |contrast| / noise of one plane times the root of the number of planes
  PlanePoint centre;             ///< found with sub-pixel accuracy
  double radius_mm = 0;          ///< found
  double f50_per_mm = 0;         ///< first linearly interpolated crossing of 0.5; NaN when there is none
  double f10_per_mm = 0;
  double f02_per_mm = 0;
  /// Linear between the frequencies, 0 beyond the last.
  double at(double frequency_per_mm) const;
};

struct EdgeOptions {
  double bin_per_pixel = 0.1;  ///< width of the bins of the radius
  double search_mm = 0;        ///< how far the centre may lie from the guess; 0: half the radius
  double outer_factor = 2;     ///< the profile ends at this many radii
  double highest_frequency_per_mm = 2;
  std::size_t frequencies = 256;
};

/// Of a rod whose circular edge lies near `guess` with about `radius_mm`; the planes are averaged. Throws
/// InputError when no edge is there that rises above the noise, naming what was found.
TransferFunction edge_transfer(std::span<const ImagePlane> planes, PlanePoint guess, double radius_mm,
                               const EdgeOptions& options = {});

/// Of a wire along z or a small bead near `guess`; `object_diameter_mm` > 0 is corrected for.
TransferFunction point_transfer(std::span<const ImagePlane> planes, PlanePoint guess, double search_mm,
                                double object_diameter_mm = 0);

}  // namespace snitt::quality
