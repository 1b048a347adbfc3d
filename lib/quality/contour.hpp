#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quality/pixel_runs.hpp"

namespace snitt::quality {

/// Length of a contour in millimetres, and of the part of it that lies on an edge.
struct ContourLength {
  double whole_mm = 0;
  double on_edge_mm = 0;
};

/// Contour of the pixels in `runs` (one component), of an image of rows x columns pixels. The sides of pixels
/// are weighted with the cosine between them and the contour, whose normal is the first moment of the pixels
/// around: straight lines and circles have their length whatever their direction, within about 1 %.
/// `is_edge` says whether a pixel outside of the component, given by row and column, is beyond the field of
/// view; pixels beyond the image always are.
ContourLength contour_length(const std::vector<PixelRun>& runs, std::size_t rows, std::size_t columns,
                             const std::array<double, 2>& spacing_mm,
                             const std::function<bool(std::size_t row, std::size_t column)>& is_edge);

}  // namespace snitt::quality
