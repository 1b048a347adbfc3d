#include "phantom/phantom_scene.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

constexpr double sigma_mm = 0.3;
constexpr double wall_mm = 1;
constexpr double echo_level = 230;
constexpr double water_level = 12;

bool has_wires(const PhantomDefinition& phantom) {
  return !phantom.patterns.empty() || !phantom.wires.empty();
}

bool shows_walls(const PhantomDefinition& phantom) { return !has_wires(phantom) && phantom.points.empty(); }

/// Box around all that is seen.
class Region {
 public:
  void add(Vec3 p) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low_[axis] = std::min(low_[axis], p[axis]);
      high_[axis] = std::max(high_[axis], p[axis]);
    }
  }
  Vec3 center() const { return 0.5 * (low_ + high_); }
  Vec3 size() const { return high_ - low_; }

 private:
  static constexpr double inf = std::numeric_limits<double>::infinity();
  Vec3 low_{inf, inf, inf};
  Vec3 high_{-inf, -inf, -inf};
};

}  // namespace

Matrix4 default_phantom_to_reference() {
  return translation(default_placement_mm) * rotation_deg(default_orientation_deg);
}

Scene scene_of_phantom(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference) {
  Scene scene;
  scene.name = phantom.name.empty() ? "phantom" : phantom.name;
  scene.background = water_level;
  Region region;
  const auto placed = [&](Vec3 p) {
    const Vec3 q = transform_point(phantom_to_reference, p);
    region.add(q);
    return q;
  };
  const auto add_wire = [&](const PhantomWire& wire) {
    scene.objects.push_back(line(placed(wire.front_mm), placed(wire.back_mm), sigma_mm, echo_level));
  };
  for (const WirePattern& pattern : phantom.patterns)
    for (const PhantomWire& wire : pattern.wires) add_wire(wire);
  for (const PhantomWire& wire : phantom.wires) add_wire(wire);
  for (const PhantomPoint& point : phantom.points)
    scene.objects.push_back(blob(placed(point.position_mm), {sigma_mm, sigma_mm, sigma_mm}, echo_level));
  if (shows_walls(phantom))
    for (const PhantomPlane& plane : phantom.planes) {
      const Vec3 base = placed(plane.base_mm);
      const Vec3 normal = cross(placed(plane.end1_mm) - base, placed(plane.end2_mm) - base);
      scene.objects.push_back(wall(base, (1 / norm(normal)) * normal, wall_mm, echo_level, wall_mm));
    }
  if (scene.objects.empty())
    throw InputError(
        "phantom '{}' has nothing that an image shows; expected patterns, wires, points or planes",
        scene.name);
  scene.center_mm = region.center();
  constexpr double margin_mm = 10;
  scene.size_mm = region.size() + margin_mm * Vec3{1, 1, 1};
  return scene;
}

TrajectorySettings path_around(const PhantomDefinition& phantom, const Matrix4& phantom_to_reference,
                               const Scene& scene) {
  TrajectorySettings path;
  path.motion = Motion::calibration;
  path.center_mm = scene.center_mm;
  Matrix4 plane_to_phantom;  // columns: rows of the image, depth, normal
  plane_to_phantom.m = {-1, 0, 0, 0, 0, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 1};
  path.axes = phantom_to_reference * plane_to_phantom;
  for (std::size_t axis = 0; axis < 3; ++axis) path.axes(axis, 3) = 0;
  if (shows_walls(phantom)) {
    path.amplitude_mm = {25, 5, 25};
    path.amplitude_deg = {30, 120, 25};
  } else if (phantom.patterns.empty() && !phantom.points.empty()) {
    path.amplitude_mm = {15, 12, 0};
    path.amplitude_deg = {35, 60, 35};
  }
  return path;
}

}  // namespace snitt::phantom
