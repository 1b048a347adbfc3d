#include <cmath>

#include "base/error.hpp"
#include "calibration/wire_labelling.hpp"

namespace snitt::calibration {
namespace {

constexpr double parallel_cosine = 0.99619469809;  // 5 degrees

Vec3 unit(Vec3 v) { return (1 / norm(v)) * v; }

/// The point of closest approach of line a to line b, midway between the two.
Vec3 crossing(const PhantomWire& a, const PhantomWire& b) {
  const Vec3 d = a.back_mm - a.front_mm;
  const Vec3 e = b.back_mm - b.front_mm;
  const Vec3 r = b.front_mm - a.front_mm;
  // r + t e - s d is perpendicular to both.
  const double dd = dot(d, d);
  const double de = dot(d, e);
  const double ee = dot(e, e);
  const double determinant = de * de - dd * ee;
  const double s = (de * dot(r, e) - ee * dot(r, d)) / determinant;
  const double t = (dd * dot(r, e) - de * dot(r, d)) / determinant;
  return 0.5 * (a.front_mm + s * d + b.front_mm + t * e);
}

Vec3 direction(const PhantomWire& wire) { return unit(wire.back_mm - wire.front_mm); }

}  // namespace

std::array<double, 2> WireModel::section(std::size_t index) const {
  const PhantomWire& w = wire(index);
  const Vec3 d = w.back_mm - w.front_mm;
  const double share = -dot(w.front_mm, along) / dot(d, along);
  const Vec3 place = w.front_mm + share * d;
  return {dot(place, lateral), dot(place, level)};
}

WireModel wire_model(const PhantomDefinition& phantom, const std::string& origin) {
  if (phantom.patterns.empty())
    throw InputError("{}: has no N-wire pattern; expected at least one (see snitt-phantom-definition)",
                     origin);
  WireModel model;
  model.patterns = phantom.patterns;
  const auto first_wires = phantom.patterns.front().wires;
  model.along = direction(first_wires[0]);
  Vec3 lateral;
  for (const WirePattern& pattern : phantom.patterns) {
    for (const std::size_t outer : {0u, 2u})
      if (dot(direction(pattern.wires[outer]), model.along) < parallel_cosine)
        throw InputError(
            "{}: wire '{}' is not parallel to wire '{}'; expected all outer wires parallel, from front "
            "to back",
            origin, pattern.wires[outer].name, first_wires[0].name);
    lateral = lateral + pattern.wires[2].front_mm - pattern.wires[0].front_mm;
  }
  lateral = lateral - dot(lateral, model.along) * model.along;
  if (!(norm(lateral) > 0))
    throw InputError("{}: the patterns run in opposite directions; expected the first wires on one side",
                     origin);
  model.lateral = unit(lateral);
  model.level = cross(model.lateral, model.along);

  for (const WirePattern& pattern : phantom.patterns) {
    const Vec3 across = pattern.wires[2].front_mm - pattern.wires[0].front_mm;
    const Vec3 flat = across - dot(across, model.along) * model.along;
    if (dot(flat, model.lateral) < parallel_cosine * norm(flat))
      throw InputError(
          "{}: the pattern of wire '{}' is not parallel to the others; expected all Ns side by side or "
          "one above the other",
          origin, pattern.wires[0].name);
    const Vec3 middle = 0.5 * (pattern.wires[0].front_mm + pattern.wires[2].front_mm);
    model.geometry.push_back(
        {norm(flat),
         dot(middle, model.lateral),
         dot(middle, model.level),
         {crossing(pattern.wires[0], pattern.wires[1]), crossing(pattern.wires[2], pattern.wires[1])}});
  }
  const double rise = model.geometry.back().level_mm - model.geometry.front().level_mm;
  if (rise < 0) {
    model.level = -1.0 * model.level;
    for (PatternGeometry& g : model.geometry) g.level_mm = -g.level_mm;
  }
  model.one_level = std::abs(rise) < 0.5;
  return model;
}

}  // namespace snitt::calibration
