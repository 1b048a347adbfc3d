#include <cmath>

#include "data/ct_phantom_parts.hpp"

/// The CatPhans of The Phantom Laboratory. docs/ct-phantoms.md names the source of each number; what is
/// marked `confirmed` was read in a public document or measured on the CTP404 and CTP486 images of a
/// CatPhan 600 (120 kV, 0.29 and 0.49 mm pixels).
namespace snitt::ct_phantom_parts {
namespace {

using Kind = PhantomObjectKind;

constexpr double insert_radius_mm = 58.5;    // measured 58.47 on all six seen
constexpr double insert_diameter_mm = 12.2;  // measured, half height
constexpr double ramp_radius_mm = 38.0;
constexpr double ramp_angle_deg = 23;

/// Centre of the manual's range of each material and half its width (air: the range reaches below -1024,
/// so that the nominal value and the upper limit are kept).
struct Material {
  const char* name;
  double hu;
  double tolerance;
};
constexpr Material air{"Air", -1000, 14};
constexpr Material pmp{"PMP", -196, 24};
constexpr Material ldpe{"LDPE", -104, 17};
constexpr Material polystyrene{"Polystyrene", -47, 18};
constexpr Material acrylic{"Acrylic", 115, 23};
constexpr Material delrin{"Delrin", 365, 22};
constexpr Material teflon{"Teflon", 1000, 60};
constexpr Material bone_20{"Bone 20%", 237, 26};
constexpr Material bone_50{"Bone 50%", 725, 58};

PhantomObject insert(const Material& material, double angle_deg) {
  return confirmed(
      rod(material.name, insert_radius_mm, angle_deg, insert_diameter_mm, material.hu, material.tolerance));
}

PhantomModule module(const std::string& name, const std::string& purpose, double z_mm, double length_mm,
                     double background_hu, bool is_confirmed) {
  PhantomModule result;
  result.name = name;
  result.purpose = purpose;
  result.z_mm = z_mm;
  result.length_mm = length_mm;
  result.background_hu = background_hu;
  result.confirmed = is_confirmed;
  return result;
}

/// Four rods on a square of 50 mm, one of Teflon (its hole can be chosen by the owner), the others air.
void add_square(PhantomModule& module, int teflon_quarter) {
  for (int quarter = 0; quarter < 4; ++quarter) {
    const bool is_teflon = quarter == teflon_quarter;
    PhantomObject hole = at(Kind::hole, 25 * std::numbers::sqrt2, 45 + 90.0 * quarter, 3, 0);
    hole.material = is_teflon ? teflon.name : air.name;
    hole.hu = is_teflon ? teflon.hu : air.hu;
    module.objects.push_back(confirmed(hole));
  }
}

/// Four wires at 23 deg; seen along z they turn against the clock. The product of the wire's section and its
/// contrast is fitted to the measured peak (123 HU in slices of 4.8 mm); neither alone is known.
void add_ramps(PhantomModule& module) {
  for (const double angle : {-90.0, 0.0, 90.0, 180.0}) {
    PhantomObject ramp = at(Kind::ramp, ramp_radius_mm, angle, 0.4, 5700);
    ramp.material = "metal wire";
    ramp.angle_deg = angle == 180 ? 90 : angle - 90;
    ramp.value = ramp_angle_deg;
    ramp.span_mm = module.length_mm / std::tan(ramp_angle_deg * std::numbers::pi / 180);
    module.objects.push_back(confirmed(ramp));
  }
}

/// Five spheres of acrylic on a circle about the axis: 10 mm to 2 mm, against the clock.
void add_spheres(PhantomModule& module, double first_angle_deg) {
  for (int index = 0; index < 5; ++index) {
    PhantomObject sphere = at(Kind::bead, 15.2, first_angle_deg - 72.0 * index, 10 - 2.0 * index, acrylic.hu);
    sphere.material = acrylic.name;
    module.objects.push_back(confirmed(sphere));
  }
}

/// `turned` by 180 deg about the axis: the CatPhan 600 holds the module the other way up than the 504.
PhantomModule ctp404(bool turned) {
  PhantomModule result = module("CTP404", "sensitometry", 0, 25, 100, true);
  const double turn = turned ? 180 : 0;
  result.objects = {insert(air, -90),
                    insert(air, 90),
                    insert(pmp, -120 + turn),
                    insert(ldpe, 180 + turn),
                    insert(polystyrene, 120 + turn),
                    insert(acrylic, 60 + turn),
                    insert(delrin, 0 + turn),
                    insert(teflon, -60 + turn)};
  if (turned) {
    // The upper hole takes a vial of water; empty, it is air as on the images measured.
    result.objects[0].hu_tolerance = 0;
  }
  add_square(result, turned ? 1 : 3);
  add_ramps(result);
  add_spheres(result, -90 + turn);
  return result;
}

PhantomObject bead(double x_mm, double y_mm, double diameter_mm, double z_mm) {
  PhantomObject result;
  result.kind = Kind::bead;
  result.material = "tungsten carbide";
  result.x_mm = x_mm;
  result.y_mm = y_mm;
  result.z_mm = z_mm;
  result.diameter_mm = diameter_mm;
  // Far beyond what a beam of 120 kV can show; chosen so that a bead of 0.28 mm peaks near 1000 HU in
  // slices of 1 mm.
  result.hu = 100000;
  return result;
}

/// Twenty-one groups around the axis. The first eight from two sets of boundaries that agree to 2 deg; the
/// others follow with the space that is left. `sense` +1: the way of the 600, -1 of the 504 and 604.
PhantomModule ctp528(double z_mm, int sense, int groups, bool is_confirmed) {
  PhantomModule result = module("CTP528", "resolution", z_mm, 35, 100, is_confirmed);
  constexpr double first_eight[] = {25.5, 51.3, 74.4, 94.4, 112.2, 130.4, 148.2, 164.7};
  constexpr int bars[] = {2, 3, 4, 4, 4, 5, 5, 5};
  for (int index = 0; index < groups; ++index) {
    const double turn = index < 8 ? first_eight[index] : 164.7 + 13.9 * (index - 7);
    PhantomObject group = line_pairs(index + 1, index < 8 ? bars[index] : 5, 47, 180 + sense * turn, 8);
    group.length_mm = 2;  // the gauge is a plate of aluminum of 2 mm
    group.confirmed = index < 8;
    result.objects.push_back(group);
  }
  result.objects.push_back(confirmed(bead(0, 20, 0.28, 10)));  // 20 mm off the axis, 10 mm past the gauge
  result.objects.push_back(confirmed(bead(0, -20, 0.28, 2.5)));
  return result;
}

/// Rods of 15 and 9 to 2 mm in three groups (1.0, 0.5, 0.3 %, so 10, 5 and 3 HU), and shorter ones
/// nearer the axis.
PhantomModule ctp515(const std::string& name, double z_mm, double length_mm, double turn_deg, bool subslice) {
  PhantomModule result = module(name, "low contrast", z_mm, length_mm, 45, true);
  constexpr double diameters[] = {15, 9, 8, 7, 6, 5, 4, 3, 2};
  constexpr double angles[] = {-87.4, -69.1, -52.7, -38.5, -25.1, -12.9, -2.5, 6, 12.5};
  constexpr double contrasts[] = {10, 5, 3};
  for (int group = 0; group < 3; ++group)
    for (int index = 0; index < 9; ++index) {
      PhantomObject target = at(Kind::low_contrast, 50, angles[index] + 120.0 * group + turn_deg,
                                diameters[index], result.background_hu + contrasts[group]);
      target.value = contrasts[group];
      target.material = "supra-slice";
      target.confirmed = group == 0 && index < 6;
      result.objects.push_back(target);
    }
  constexpr double lengths[] = {3, 5, 7};
  for (int group = 0; subslice && group < 3; ++group)
    for (int index = 0; index < 4; ++index) {
      PhantomObject target = at(Kind::low_contrast, 25, -90 + 120.0 * group + 26.0 * index + turn_deg,
                                9 - 2.0 * index, result.background_hu + 10);
      target.value = 10;
      target.length_mm = lengths[group];
      target.material = "sub-slice";
      result.objects.push_back(target);
    }
  return result;
}

/// A fine wire along z and beads that step along z: coarse ramps of 1 mm, fine ones of 0.25 mm.
PhantomModule ctp591() {
  PhantomModule result = module("CTP591", "slice thickness", 32.5, 40, 100, true);
  constexpr double angles[] = {-90, 90, 0, 180};
  for (int index = 0; index < 4; ++index) {
    const bool is_fine = index >= 2;
    PhantomObject ramp = at(Kind::ramp, 38, angles[index], is_fine ? 0.18 : 0.28, 100000);
    ramp.material = "tungsten carbide";
    ramp.angle_deg = angles[index] + 90;
    ramp.value = ramp_angle_deg;
    ramp.z_step_mm = is_fine ? 0.25 : 1;
    ramp.length_mm = is_fine ? 6 : 38;
    ramp.span_mm = ramp.length_mm / std::tan(ramp_angle_deg * std::numbers::pi / 180);
    result.objects.push_back(ramp);
  }
  PhantomObject wire = at(Kind::wire, 60, -45, 0.05, 300000);
  wire.material = "tungsten";
  result.objects.push_back(wire);
  return result;
}

CtPhantomModel housing(const std::string& name, const std::string& title, const std::string& source) {
  CtPhantomModel model;
  model.name = name;
  model.title = title;
  model.source = source;
  model.body_diameter_mm = 201;  // measured 201.2 and 201.4 on CTP486
  model.body_hu = 6;             // measured
  model.insert_diameter_mm = 150;
  model.insert_gap_mm = 0.1;  // what the dark ring around CTP486 amounts to, as a mean around it
  return model;
}

PhantomModule uniformity(const std::string& name, double z_mm, double length_mm, bool is_confirmed) {
  return module(name, "uniformity", z_mm, length_mm, 13, is_confirmed);  // 5 to 18 HU by the manual
}

}  // namespace

CtPhantomModel catphan_500() {
  CtPhantomModel model = housing(
      "catphan-500", "CatPhan 500",
      "inserts of CTP401 from an open analysis; offsets along z recalled from the manual of the CatPhan 500");
  PhantomModule first = module("CTP401", "sensitometry", 0, 25, 100, false);
  first.objects = {insert(ldpe, 0), insert(air, 90), insert(teflon, 180), insert(acrylic, -90)};
  add_square(first, 1);
  add_ramps(first);
  model.modules = {first, ctp528(30, 1, 21, false), ctp515("CTP515", 70, 35, 180, true),
                   uniformity("CTP486", 110, 40, false)};
  return model;
}

CtPhantomModel catphan_504() {
  CtPhantomModel model =
      housing("catphan-504", "CatPhan 504",
              "manuals of the CatPhan 503 and 504, documentation of pylinac, and the CTP404 "
              "and CTP486 images of a CatPhan 600");
  model.modules = {ctp404(false), ctp528(-30, -1, 21, true), ctp515("CTP515", 30, 35, 0, true),
                   uniformity("CTP486", 65, 35, true)};
  return model;
}

CtPhantomModel catphan_600() {
  CtPhantomModel model =
      housing("catphan-600", "CatPhan 600",
              "manual of the CatPhan 500 and 600, documentation of pylinac, and the CTP404 "
              "and CTP486 images of a CatPhan 600");
  model.modules = {ctp404(true), ctp591(), ctp528(70, 1, 21, true), ctp515("CTP515", 110, 35, 180, true),
                   uniformity("CTP486", 150, 40, false)};
  return model;
}

CtPhantomModel catphan_604() {
  CtPhantomModel model = housing("catphan-604", "CatPhan 604",
                                 "notes on the manual of the CatPhan 604 and documentation of pylinac");
  PhantomModule first = module("CTP732", "sensitometry", 0, 25, 100, true);
  first.objects = {insert(air, -90),  insert(air, 90),          insert(pmp, -120),   insert(bone_50, -150),
                   insert(ldpe, 180), insert(polystyrene, 120), insert(acrylic, 60), insert(bone_20, 30),
                   insert(delrin, 0), insert(teflon, -60)};
  add_square(first, 3);
  add_ramps(first);
  PhantomObject wire = at(Kind::wire, 20, -45, 0.05, 300000);
  wire.material = "tungsten";
  first.objects.push_back(wire);
  first.objects.push_back(bead(-20 / std::numbers::sqrt2, 20 / std::numbers::sqrt2, 0.18, 0));
  PhantomModule bars = ctp528(-40, -1, 15, true);
  bars.name = "line pairs";
  std::erase_if(bars.objects, [](const PhantomObject& object) { return object.kind == Kind::bead; });
  model.modules = {first, bars, ctp515("CTP730", 40, 40, 0, false), uniformity("CTP729", 80, 40, true)};
  return model;
}

}  // namespace snitt::ct_phantom_parts
