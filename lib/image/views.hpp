#pragma once
#include <cstddef>
#include <optional>

#include "data/picture.hpp"
#include "data/volume.hpp"

/// Volumes as pictures for the eye.
namespace snitt::image {

/// Values from `low` to `high` become grey 0 to 255, as level - width/2 to level + width/2 of a viewer.
struct Window {
  double low = 0;
  double high = 255;
};

/// Hounsfield units: level 40, width 400, the soft tissue window. Other images: from the 0.5th to the 99.5th
/// percentile, so that a few hot voxels do not darken the rest; where at least 5 % of the voxels are exactly
/// 0 (never filled by a sweep, or masked out), zeros do not count and the window starts at 0. 8-bit colour
/// images are shown as they are: 0 to 255.
Window default_window(const Volume& volume);

/// Slice `index` across voxel axis `axis` (0, 1 or 2), one pixel per voxel, rows and columns as in
/// `slice_axes`. Colour images of 3 components keep their colours. `time` selects a point of a 4-D image.
Picture slice_picture(const Volume& volume, std::size_t axis, std::size_t index, Window window,
                      std::size_t time = 0);

struct OrthogonalViews {
  std::size_t view_pixels = 512;  ///< length of the longest edge of all three views
  std::optional<Vec3> voxel;      ///< where the planes meet (i, j, k); the middle when not given
  bool crosshair = false;
  std::size_t time = 0;
};

/// The planes across axes 2, 1 and 0 side by side, at one scale in both directions (mm are square), linearly
/// interpolated, each with a thin frame in the colours that viewers use (red, green, yellow) and, below, a
/// scale bar of a round length. In a patient's space (frame LPS) whose third axis points up, up is at the
/// top.
Picture orthogonal_views(const Volume& volume, Window window, const OrthogonalViews& options = {});

}  // namespace snitt::image
