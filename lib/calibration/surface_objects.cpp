#include "calibration/surface_objects.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "geometry/tip_frame.hpp"

namespace snitt::calibration {
namespace {

SurfaceObject object_of(const PhantomPlane& plane) {
  SurfaceObject o;
  o.name = plane.name;
  o.kind = SurfaceKind::plane;
  o.axis[0] = unit(plane.end1_mm - plane.base_mm);
  o.axis[2] = unit(cross(plane.end1_mm - plane.base_mm, plane.end2_mm - plane.base_mm));
  o.axis[1] = cross(o.axis[2], o.axis[0]);
  Vec3 low;
  Vec3 high;
  for (const Vec3 corner : {plane.end1_mm, plane.end2_mm})
    for (std::size_t a = 0; a < 2; ++a) {
      const double along = dot(corner - plane.base_mm, o.axis[a]);
      low[a] = std::min(low[a], along);
      high[a] = std::max(high[a], along);
    }
  o.center_mm = plane.base_mm;
  for (std::size_t a = 0; a < 2; ++a) {
    o.center_mm = o.center_mm + 0.5 * (low[a] + high[a]) * o.axis[a];
    o.half_extent_mm[a] = 0.5 * (high[a] - low[a]);
  }
  return o;
}

SurfaceObject object_of(const PhantomLine& line) {
  SurfaceObject o;
  o.name = line.name;
  o.kind = SurfaceKind::line;
  o.center_mm = 0.5 * (line.from_mm + line.to_mm);
  const Matrix4 frame = tip_frame({}, line.to_mm - line.from_mm);
  o.axis[0] = transform_vector(frame, {0, 0, 1});
  o.axis[1] = transform_vector(frame, {1, 0, 0});
  o.axis[2] = transform_vector(frame, {0, 1, 0});
  o.half_extent_mm.x = 0.5 * norm(line.to_mm - line.from_mm);
  return o;
}

}  // namespace

Vec3 SurfaceObject::residual_mm(Vec3 point) const {
  const Vec3 away = point - center_mm;
  if (kind == SurfaceKind::plane) return {dot(away, axis[2]), 0, 0};
  if (kind == SurfaceKind::line) return {dot(away, axis[1]), dot(away, axis[2]), 0};
  return away;
}

double SurfaceObject::distance_mm(Vec3 point, double margin_mm) const {
  const Vec3 away = point - center_mm;
  const std::size_t spans = kind == SurfaceKind::plane ? 2 : kind == SurfaceKind::line ? 1 : 0;
  for (std::size_t a = 0; a < spans; ++a)
    if (std::abs(dot(away, axis[a])) > half_extent_mm[a] + margin_mm)
      return std::numeric_limits<double>::infinity();
  return norm(residual_mm(point));
}

std::vector<SurfaceObject> surface_objects(const PhantomDefinition& phantom) {
  std::vector<SurfaceObject> objects;
  for (const PhantomPlane& plane : phantom.planes) objects.push_back(object_of(plane));
  for (const PhantomLine& line : phantom.lines) objects.push_back(object_of(line));
  for (const PhantomPoint& point : phantom.landmarks) {
    SurfaceObject o;
    o.name = point.name;
    o.center_mm = point.position_mm;
    objects.push_back(o);
  }
  return objects;
}

Firmness firmness(const std::vector<SurfaceObject>& objects, const std::vector<Vec3>& points,
                  const std::vector<int>& object_of_point) {
  Vec3 mean;
  double count = 0;
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (object_of_point[k] < 0) continue;
    count += 1;
    mean = mean + (1 / count) * (points[k] - mean);
  }
  double squares = 0;
  for (std::size_t k = 0; k < points.size(); ++k)
    if (object_of_point[k] >= 0) squares += dot(points[k] - mean, points[k] - mean);
  const double size = std::max(std::sqrt(squares / std::max(count, 1.0)), 1e-9);

  Eigen::Matrix<double, 6, 6> sum = Eigen::Matrix<double, 6, 6>::Zero();
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (object_of_point[k] < 0) continue;
    const SurfaceObject& o = objects[static_cast<std::size_t>(object_of_point[k])];
    for (std::size_t r = 0; r < o.residuals(); ++r) {
      const Vec3 n = o.kind == SurfaceKind::plane  ? o.axis[2]
                     : o.kind == SurfaceKind::line ? o.axis[1 + r]
                                                   : o.axis[r];
      const Vec3 turned = (1 / size) * cross(points[k] - mean, n);  // n · (ω × x) = ω · (x × n)
      Eigen::Matrix<double, 6, 1> row;
      row << turned.x, turned.y, turned.z, n.x, n.y, n.z;
      sum += row * row.transpose();
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, 6, 6>> solver(sum / std::max(count, 1.0));
  const Eigen::Matrix<double, 6, 1> v = solver.eigenvectors().col(0);
  return {std::sqrt(std::max(0.0, solver.eigenvalues()[0])), {v[0], v[1], v[2]}, {v[3], v[4], v[5]}};
}

}  // namespace snitt::calibration
