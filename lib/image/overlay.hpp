#pragma once
#include "data/picture.hpp"
#include "data/volume.hpp"
#include "image/views.hpp"

/// Two images of one grid in one picture, to see whether they fit. Three orthogonal slices through the
/// middle, as orthogonal_views has them. Both throw InputError for different grids and for colours.
namespace snitt::image {

/// Squares of `squares` along the longest edge, by turns of the one and the other: edges must go on across.
Picture checkerboard(const Volume& fixed, Window fixed_window, const Volume& moving, Window moving_window,
                     std::size_t squares = 8);

/// The fixed image in grey with the outlines of the moving one in colour: of its labels where its quantity is
/// "label" or `is_label`, else of what is brighter than Otsu's threshold (Otsu 1979).
Picture contour_overlay(const Volume& fixed, Window fixed_window, const Volume& moving, bool is_label);

/// Threshold between two classes with the largest variance between them, on 256 bins of the values in the
/// window.
double otsu_threshold(const Volume& volume, Window window);

}  // namespace snitt::image
