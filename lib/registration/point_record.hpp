#pragma once
#include <optional>

#include "registration/point_registration.hpp"
#include "registration/pose_certainty.hpp"

namespace snitt::registration {

/// What was found out on the way, for the record.
struct PointFindings {
  ClosestPoints linear;  ///< pairs under the linear map
  PoseCertainty certainty;
  SurfaceDistances distances;  ///< under the whole map
  double cover_mm = 0;         ///< a point nearer than this to the other surface is covered
  std::vector<Pose> poses;     ///< the other poses, the best first, with misfits comparable to …
  Pose chosen;                 ///< … that of the linear map
  bool is_alike = false;       ///< the first other pose fits as well
  std::optional<Drift> drift;  ///< the bending
  double spline_rms_mm = 0;    ///< by which the thin-plate spline misses the drift, between its points
  double spline_largest_mm = 0;
  double least_determinant = 1;
  double largest_bend_mm = 0;
};

void write_record(const PointCloud& fixed, const PointCloud& moving, const PointRegistrationOptions& options,
                  const PointFindings& findings, PointRegistration& result);

/// "turned by 180 deg about (0, 0, 1), its center 3 mm away": how a pose differs from another.
std::string difference_text(const Matrix4& pose, const Matrix4& other, const PointCloud& fixed);

}  // namespace snitt::registration
