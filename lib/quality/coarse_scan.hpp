#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "data/image_plane.hpp"
#include "data/volume.hpp"

/// A scan at about one millimetre per pixel: enough to find a test object, and quickly looked through.
namespace snitt::quality {

struct CoarseScan {
  std::vector<float> values;  ///< [slice, row, column] means of blocks
  std::size_t slices = 0;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::array<std::size_t, 2> factor{1, 1};  ///< rows, columns of a block
  std::array<double, 2> spacing_mm{1, 1};   ///< of the coarse rows and columns
  ImagePlane plane(std::size_t slice) const;
  /// The position of a coarse pixel in the pixels of the scan.
  PlanePoint fine(PlanePoint coarse) const;
  PlanePoint coarse(PlanePoint fine) const;
};

/// Also fills `hu` [slice, row, column] with all values as floats, those below -1024 and those that are no
/// numbers as -1024.
CoarseScan coarse_scan(const Volume& ct, std::vector<float>& hu);

/// Linear between the pixels, the rim's values beyond.
float value_at(const ImagePlane& plane, PlanePoint at);

bool is_inside(const ImagePlane& plane, PlanePoint at);

/// Values around a point, NaN outside of the image: [radius, angle], radius i being i + 0.5 mm, angle j (j +
/// 0.5) * 360 / angles degrees from the columns' direction to the rows'.
struct PolarPlane {
  std::size_t radii = 0;
  std::size_t angles = 0;
  std::vector<float> values;
};
PolarPlane polar_plane(const ImagePlane& plane, PlanePoint centre, std::size_t radii, std::size_t angles);

/// Largest over all turns of sum_j a[i, j] b[i, j + turn], for rows of `angles` values.
struct TurnedProduct {
  double largest = 0;
  double turn = 0;  ///< in steps of an angle, of the parabola through the largest sum and its neighbours
};
TurnedProduct best_turn(std::span<const float> pattern, std::span<const float> image, std::size_t angles);
/// The sums for every turn.
std::vector<float> turned_products(std::span<const float> pattern, std::span<const float> image,
                                   std::size_t angles);

}  // namespace snitt::quality
