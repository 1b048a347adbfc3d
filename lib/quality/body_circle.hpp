#pragma once
#include "data/image_plane.hpp"

namespace snitt::quality {

/// The circle along which a slice of a cylinder meets the air.
struct BodyCircle {
  bool is_found = false;
  PlanePoint centre;  ///< in pixels of the plane
  double radius_mm = 0;
  double rms_mm = 0;     ///< distance of the edge from the circle, of the points that count
  double arc_share = 0;  ///< share of the whole circle along which the edge lies on it
  /// Of what stands above the air, for a message: width along the columns and height along the rows.
  double width_mm = 0;
  double height_mm = 0;
};

/// Looks for one circle of 20 to 260 mm radius between air and body. What else touches the body, as a table,
/// and what the field of view cuts off does not matter as long as 55 % of the circle inside of the image are
/// free. The edge of the circle of reconstruction is no edge of a body.
BodyCircle find_body_circle(const ImagePlane& plane);

}  // namespace snitt::quality
