#pragma once
#include <array>
#include <cstddef>
#include <vector>

/// The circle of reconstruction where only the image tells it.
namespace snitt::quality {

using PixelIndex = std::array<std::size_t, 2>;  ///< {row, column}

/// Which directions a circle around the image's centre cuts a body off in. A body is cut off where its
/// contour runs along the circle for 20 degrees and more and leaves it at an angle: a round body that merely
/// touches the smallest circle around it bends away from it slowly, and one that fills the circle cannot be
/// told from a cylinder in its middle.
class FieldCircle {
 public:
  /// `radius_mm`: beyond it the image holds one value only. `outside`: the pixels outside of the body that
  /// share a side with it.
  FieldCircle(std::size_t rows, std::size_t columns, const std::array<double, 2>& spacing_mm,
              double radius_mm, const std::vector<PixelIndex>& outside);
  bool cuts_anywhere() const;
  /// Whether that pixel, which shares a side with the body, lies beyond the circle where that cuts.
  bool cuts(std::size_t row, std::size_t column) const;

 private:
  struct Polar {
    double radius_mm;
    std::size_t sector;
  };
  Polar polar(std::size_t row, std::size_t column) const;

  std::array<double, 2> centre_;
  std::array<double, 2> spacing_mm_;
  double least_mm_;  ///< of a pixel beyond the circle
  std::vector<bool> is_cut_;
};

}  // namespace snitt::quality
