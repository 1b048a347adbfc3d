#include "formats/phantom_check.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "base/error.hpp"

namespace snitt::formats {
namespace {

/// Lengths below this are slips of the pen: no phantom is made so precisely.
constexpr double shortest_mm = 1e-3;
/// Nothing in front of an ultrasound probe is as far away as this; metres or micrometres may be.
constexpr double farthest_mm = 1e5;
constexpr double parallel_deg = 1;
constexpr double off_plane_mm = 1;

std::string shown(Vec3 p) { return fmt::format("{} {} {}", p.x, p.y, p.z); }

Vec3 direction(const PhantomWire& wire) {
  const Vec3 along = wire.back_mm - wire.front_mm;
  return (1 / norm(along)) * along;
}

/// Between lines without a sense, 0 to 90.
double angle_deg(Vec3 a, Vec3 b) {
  return std::atan2(norm(cross(a, b)), std::abs(dot(a, b))) * 180 / std::numbers::pi;
}

class Check {
 public:
  explicit Check(const std::string& origin) : origin_(origin) {}

  template <typename... Args>
  [[noreturn]] void refuse(const std::string& object, fmt::format_string<Args...> format,
                           Args&&... args) const {
    throw InputError("{}: {} {}", origin_, object, fmt::format(format, std::forward<Args>(args)...));
  }

  void point(const std::string& object, Vec3 p) const {
    for (std::size_t i = 0; i < 3; ++i)
      if (!(std::abs(p[i]) <= farthest_mm))  // also catches NaN
        refuse(object, "is at {}; expected millimetres within {}", shown(p), farthest_mm);
  }

  void apart(const std::string& object, Vec3 a, Vec3 b) const {
    point(object, a);
    point(object, b);
    if (norm(b - a) < shortest_mm)
      refuse(object, "goes from {} to {}, which is the same point; expected two", shown(a), shown(b));
  }

  /// A name that nothing of its kind has had yet.
  void name(const std::string& kind, const std::string& name) {
    if (name.empty()) refuse("a " + kind, "has no name; every {} needs one", kind);
    if (!names_.insert({kind, name}).second)
      refuse(kind + " '" + name + "'", "is there twice; expected another name for one of them");
  }

  void wire(const PhantomWire& wire) {
    name("wire", wire.name);
    apart("wire '" + wire.name + "'", wire.front_mm, wire.back_mm);
  }

  void pattern(const WirePattern& pattern, std::size_t number) {
    for (const PhantomWire& one : pattern.wires) wire(one);
    const auto& [first, middle, last] = pattern.wires;
    const std::string object = fmt::format("pattern {}", number);
    const std::string& across = middle.name;
    if (const double angle = angle_deg(direction(first), direction(last)); angle > parallel_deg)
      refuse(
          object,
          "is no N: its outer wires '{}' and '{}' differ by {:.3g} degrees; expected parallel ones, and the "
          "wire that runs across between them in the list",
          first.name, last.name, angle);
    if (const double angle = angle_deg(direction(first), direction(middle)); angle < parallel_deg)
      refuse(object,
             "is no N: its middle wire '{}' runs beside '{}' ({:.3g} degrees); expected it to run across",
             across, first.name, angle);
    const Vec3 normal = cross(direction(first), direction(middle));
    const double height_mm = std::abs(dot(last.front_mm - first.front_mm, normal)) / norm(normal);
    const double tilt_mm = std::abs(dot(middle.front_mm - first.front_mm, normal)) / norm(normal);
    if (std::max(height_mm, tilt_mm) > off_plane_mm)
      refuse(object, "is no N: its wires leave their common plane by {:.3g} mm; expected at most {}",
             std::max(height_mm, tilt_mm), off_plane_mm);
    between(pattern, object);
  }

  void plane(const PhantomPlane& plane) {
    name("plane", plane.name);
    const std::string object = "plane '" + plane.name + "'";
    apart(object, plane.base_mm, plane.end1_mm);
    apart(object, plane.base_mm, plane.end2_mm);
    if (angle_deg(plane.end1_mm - plane.base_mm, plane.end2_mm - plane.base_mm) < 0.1)
      refuse(object, "has three points on one line ({}; {}; {}); expected them to span a plane",
             shown(plane.base_mm), shown(plane.end1_mm), shown(plane.end2_mm));
  }

 private:
  /// The middle wire stays between the outer ones all the way, or dots would swap their order.
  void between(const WirePattern& pattern, const std::string& object) const {
    const auto& [first, middle, last] = pattern.wires;
    const Vec3 along = direction(first);
    const Vec3 gap = last.front_mm - first.front_mm;
    const Vec3 sideways = gap - dot(gap, along) * along;
    if (norm(sideways) < shortest_mm)
      refuse(object, "is no N: its outer wires '{}' and '{}' lie on one line", first.name, last.name);
    constexpr double slack = 1e-6;  // the middle wire may end on an outer one
    for (const Vec3 end : {middle.front_mm, middle.back_mm}) {
      const double share = dot(end - first.front_mm, sideways) / dot(sideways, sideways);
      if (share < -slack || share > 1 + slack)
        refuse(object, "is no N: its middle wire '{}' ends at {}, which is not between '{}' and '{}'",
               middle.name, shown(end), first.name, last.name);
    }
  }

  const std::string& origin_;
  std::set<std::pair<std::string, std::string>> names_;
};

}  // namespace

void check_phantom(const PhantomDefinition& phantom, const std::string& origin) {
  Check check(origin);
  for (std::size_t i = 0; i < phantom.patterns.size(); ++i) check.pattern(phantom.patterns[i], i + 1);
  for (const PhantomWire& wire : phantom.wires) check.wire(wire);
  for (const PhantomPoint& point : phantom.points) {
    check.name("point", point.name);
    check.point("point '" + point.name + "'", point.position_mm);
  }
  for (const PhantomPoint& landmark : phantom.landmarks) {
    check.name("landmark", landmark.name);
    check.point("landmark '" + landmark.name + "'", landmark.position_mm);
  }
  for (const PhantomPlane& plane : phantom.planes) check.plane(plane);
  for (const PhantomLine& line : phantom.lines) {
    check.name("line", line.name);
    check.apart("line '" + line.name + "'", line.from_mm, line.to_mm);
  }
  if (phantom.patterns.empty() && phantom.wires.empty() && phantom.points.empty() &&
      phantom.landmarks.empty() && phantom.planes.empty() && phantom.lines.empty())
    throw InputError("{}: defines nothing; expected patterns, wires, points, landmarks, planes or lines",
                     origin);
}

}  // namespace snitt::formats
