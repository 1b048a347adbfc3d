#include "phantom/ct_body.hpp"

#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace snitt::phantom {
namespace {

constexpr double fat_hu = -100;
constexpr double lung_hu = -850;
constexpr double bone_hu = 500;
constexpr double arm_diameter_mm = 80;
constexpr double arm_gap_mm = 12;

double area_mm2(const CtEllipse& e) { return std::numbers::pi * e.half_u_mm * e.half_v_mm; }

double diameter_mm(double area) { return 2 * std::sqrt(area / std::numbers::pi); }

}  // namespace

CtBody ct_body(const CtBodySettings& s) {
  const double a = s.lateral_mm / 2;
  const double b = s.ap_mm / 2;
  if (s.fat_mm < 0 || s.fat_mm >= std::min(a, b) / 2)
    throw UsageError("a layer of fat of {} mm in a body of {} by {} mm; expected less than a quarter of it",
                     s.fat_mm, s.lateral_mm, s.ap_mm);
  CtBody body;
  CtScene& scene = body.scene;
  const auto add = [&](double x, double y, double half_u, double half_v, double hu) {
    scene.ellipses.push_back({x, y, half_u, half_v, 0, scene.z, hu});
  };
  const double inner_a = a - s.fat_mm;
  const double inner_b = b - s.fat_mm;
  add(0, 0, a, b, (s.fat_mm > 0 ? fat_hu : s.hu) - air_hu);
  if (s.fat_mm > 0) add(0, 0, inner_a, inner_b, s.hu - fat_hu);
  if (s.has_lungs)
    for (const double side : {-1.0, 1.0})
      add(side * 0.45 * inner_a, -0.1 * inner_b, 0.33 * inner_a, 0.6 * inner_b, lung_hu - s.hu);
  if (s.has_bones) {
    add(0, 0.6 * inner_b, 0.13 * inner_a, 0.2 * inner_b, bone_hu - s.hu);
    add(0, -0.87 * inner_b, 0.12 * inner_a, 0.06 * inner_b, bone_hu - s.hu);
  }
  double water = 0;
  for (const CtEllipse& shape : scene.ellipses) water += area_mm2(shape) * shape.hu / 1000;
  body.area_mm2 = area_mm2(scene.ellipses.front());
  body.water_equivalent_mm = diameter_mm(water);
  if (s.has_arms)
    for (const double side : {-1.0, 1.0}) {
      const double x = side * (a + arm_gap_mm + arm_diameter_mm / 2);
      scene.cylinders.push_back({x, 0, arm_diameter_mm / 2, scene.z, s.hu - air_hu});
      double arm = std::numbers::pi * arm_diameter_mm * arm_diameter_mm / 4 * (s.hu - air_hu) / 1000;
      if (s.has_bones) {
        scene.cylinders.push_back({x, 0, 12, scene.z, bone_hu - s.hu});
        arm += std::numbers::pi * 12 * 12 * (bone_hu - s.hu) / 1000;
      }
      water += arm;
    }
  body.water_equivalent_all_mm = diameter_mm(water);
  return body;
}

}  // namespace snitt::phantom
