#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include "data/image_plane.hpp"

/// Values inside of circles and rings of a slice.
namespace snitt::quality {

struct DiskStatistics {
  std::size_t pixels = 0;
  double mean_hu = 0;
  double deviation_hu = 0;
  double median_hu = 0;
};

/// Pixels whose centres lie from `inner_mm` to `outer_mm` from the point; those outside of the image are left
/// out.
DiskStatistics disk_statistics(const ImagePlane& plane, PlanePoint centre, double inner_mm, double outer_mm);

/// Calls for every such pixel with value and distances from the point in mm along the columns and the rows.
void for_disk(const ImagePlane& plane, PlanePoint centre, double outer_mm,
              const std::function<void(float hu, double x_mm, double y_mm)>& visit);

/// Centre of a disk of about that radius that stands out of its surroundings by contrast_hu, near the guess;
/// false where it runs out of the window of radius + margin.
bool disk_centre(const ImagePlane& plane, PlanePoint& guess, double radius_mm, double margin_mm,
                 double background_hu, double contrast_hu);

}  // namespace snitt::quality
