#pragma once
#include <numbers>

#include "data/ct_phantom.hpp"

namespace snitt::ct_phantom_parts {

CtPhantomModel catphan_500();
CtPhantomModel catphan_504();
CtPhantomModel catphan_600();
CtPhantomModel catphan_604();
CtPhantomModel acr_464();
CtPhantomModel mercury_4();

/// An object at a radius and an angle from the axis, which is how manuals draw them: 0 deg to the right,
/// 90 deg down, as x and y of the frame.
PhantomObject at(PhantomObjectKind kind, double radius_mm, double angle_deg, double diameter_mm, double hu);

/// The same with a name and the limits that go with it.
PhantomObject rod(const std::string& material, double radius_mm, double angle_deg, double diameter_mm,
                  double hu, double hu_tolerance);

/// Bars of aluminum, evenly spaced along the circle about the axis, `per_cm` pairs in a centimetre.
PhantomObject line_pairs(double per_cm, int bars, double radius_mm, double angle_deg, double bar_length_mm);

inline PhantomObject confirmed(PhantomObject object) {
  object.confirmed = true;
  return object;
}

/// Aluminum against water at the effective energy of some 120 kV: a number that only has to be large.
inline constexpr double aluminum_hu = 2600;

}  // namespace snitt::ct_phantom_parts
