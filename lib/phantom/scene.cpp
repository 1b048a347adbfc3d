#include "phantom/scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

/// Right-handed orthonormal axes whose third is `direction`.
std::array<Vec3, 3> axes_along(Vec3 direction) {
  const double length = norm(direction);
  const Vec3 z = length > 0 ? (1 / length) * direction : Vec3{0, 0, 1};
  // The coordinate axis least like z gives a cross product that is far from zero.
  const Vec3 least = std::abs(z.x) <= std::abs(z.y) && std::abs(z.x) <= std::abs(z.z) ? Vec3{1, 0, 0}
                     : std::abs(z.y) <= std::abs(z.z)                                 ? Vec3{0, 1, 0}
                                                                                      : Vec3{0, 0, 1};
  const Vec3 raw = cross(least, z);
  const Vec3 x = (1 / norm(raw)) * raw;
  return {x, cross(z, x), z};
}

bool finite(Vec3 v) { return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z); }

void check_object(const Object& o, const std::string& where) {
  if (!finite(o.center_mm) || !std::isfinite(o.value))
    throw InputError("{} has a centre or value that is not finite; expected plain numbers", where);
  if (!(o.edge_mm >= 0) || !std::isfinite(o.edge_mm))
    throw InputError("{} has edge_mm {}; expected 0 or more", where, o.edge_mm);
  for (std::size_t a = 0; a < 3; ++a) {
    const double half = o.half_size_mm[a];
    const bool wall = o.shape == Shape::box && half == std::numeric_limits<double>::infinity();
    if (!(half > 0) || (!std::isfinite(half) && !wall))
      throw InputError("{} has half size {} along its axis {}; expected more than 0 mm", where, half, a);
    for (std::size_t b = 0; b < 3; ++b)
      if (!(std::abs(dot(o.axes[a], o.axes[b]) - (a == b ? 1 : 0)) < 1e-6))
        throw InputError("{} has axes that are not orthonormal; expected three perpendicular unit vectors",
                         where);
  }
}

}  // namespace

Object sphere(Vec3 center_mm, double radius_mm, double value, double edge_mm) {
  return ellipsoid(center_mm, {radius_mm, radius_mm, radius_mm}, value, edge_mm);
}

Object ellipsoid(Vec3 center_mm, Vec3 radii_mm, double value, double edge_mm) {
  Object o;
  o.shape = Shape::ellipsoid;
  o.center_mm = center_mm;
  o.half_size_mm = radii_mm;
  o.value = value;
  o.edge_mm = edge_mm;
  return o;
}

Object box(Vec3 center_mm, Vec3 size_mm, double value, double edge_mm) {
  Object o = ellipsoid(center_mm, 0.5 * size_mm, value, edge_mm);
  o.shape = Shape::box;
  return o;
}

Object wall(Vec3 point_mm, Vec3 normal, double thickness_mm, double value, double edge_mm) {
  constexpr double endless = std::numeric_limits<double>::infinity();
  Object o = ellipsoid(point_mm, {endless, endless, 0.5 * thickness_mm}, value, edge_mm);
  o.shape = Shape::box;
  o.axes = axes_along(normal);
  return o;
}

Object cylinder(Vec3 from_mm, Vec3 to_mm, double radius_mm, double value, double edge_mm) {
  const Vec3 along = to_mm - from_mm;
  Object o = ellipsoid(0.5 * (from_mm + to_mm), {radius_mm, radius_mm, 0.5 * norm(along)}, value, edge_mm);
  o.shape = Shape::cylinder;
  o.axes = axes_along(along);
  return o;
}

Object line(Vec3 from_mm, Vec3 to_mm, double sigma_mm, double value) {
  Object o = cylinder(from_mm, to_mm, sigma_mm, value);
  o.shape = Shape::line;
  return o;
}

Object blob(Vec3 center_mm, Vec3 sigma_mm, double value) {
  Object o = ellipsoid(center_mm, sigma_mm, value);
  o.shape = Shape::blob;
  o.blend = Blend::add;
  return o;
}

Object turned(Object object, Vec3 axis, double angle_deg) {
  const double length = norm(axis);
  if (!(length > 0)) throw UsageError("an object is to be turned about the axis 0 0 0; expected a direction");
  const Vec3 n = (1 / length) * axis;
  const double angle = angle_deg * std::numbers::pi / 180;
  // Rodrigues' formula.
  for (Vec3& a : object.axes)
    a = std::cos(angle) * a + std::sin(angle) * cross(n, a) + ((1 - std::cos(angle)) * dot(n, a)) * n;
  return object;
}

void check(const Scene& scene, const std::string& origin) {
  if (!std::isfinite(scene.background) || !finite(scene.gradient_per_mm) || !finite(scene.center_mm))
    throw InputError("{}: background, gradient or centre is not finite; expected plain numbers", origin);
  for (std::size_t a = 0; a < 3; ++a)
    if (!(scene.size_mm[a] > 0) || !std::isfinite(scene.size_mm[a]))
      throw InputError("{}: size_mm has {}; expected more than 0 mm", origin, scene.size_mm[a]);
  for (std::size_t i = 0; i < scene.waves.size(); ++i) {
    const Wave& w = scene.waves[i];
    if (!std::isfinite(w.amplitude) || !std::isfinite(w.phase) || !(w.period_mm > 0) ||
        !std::isfinite(w.period_mm))
      throw InputError(
          "{}: wave {} has period_mm {} or an infinite amplitude or phase; expected a period above 0 mm",
          origin, i, w.period_mm);
    if (!(std::abs(norm(w.direction) - 1) < 1e-6))
      throw InputError("{}: wave {} has a direction of length {}; expected 1", origin, i, norm(w.direction));
  }
  for (std::size_t i = 0; i < scene.objects.size(); ++i)
    check_object(scene.objects[i], fmt::format("{}: object {}", origin, i));
  if (scene.speckle) {
    const Speckle& s = *scene.speckle;
    if (!(s.strength >= 0 && s.strength <= 1) || !(s.cell_mm > 0) || !std::isfinite(s.cell_mm))
      throw InputError("{}: speckle has strength {} and cell_mm {}; expected 0 to 1 and more than 0 mm",
                       origin, s.strength, s.cell_mm);
  }
}

double volume_mm3(const Object& o) {
  const Vec3 r = o.half_size_mm;
  const bool round = r.x == r.y && r.y == r.z;
  if (o.shape != Shape::ellipsoid || (o.edge_mm > 0 && !round))
    throw ComputationError(
        "no closed form of the volume of this object; expected a sphere or a sharp ellipsoid");
  if (o.edge_mm > 2 * r.x)
    throw ComputationError("the edge of {} mm reaches past the centre of a sphere of radius {} mm", o.edge_mm,
                           r.x);
  const double widening = round ? 1 + 3 * o.edge_mm * o.edge_mm / (28 * r.x * r.x) : 1.0;
  return 4.0 / 3.0 * std::numbers::pi * r.x * r.y * r.z * widening;
}

}  // namespace snitt::phantom
