#include <cmath>
#include <string>

#include "data/ct_phantom_parts.hpp"

namespace snitt::ct_phantom_parts {
namespace {

using Kind = PhantomObjectKind;

/// Steel beads at 3, 6, 9 and 12 o'clock on the rim, by which the ACR phantom is aligned.
void add_alignment_beads(PhantomModule& module) {
  for (const double angle : {-90.0, 0.0, 90.0, 180.0}) {
    PhantomObject bead = at(Kind::bead, 98, angle, 1, 20000);
    bead.material = "steel";
    module.objects.push_back(bead);
  }
}

PhantomModule acr_ct_numbers() {
  PhantomModule module;
  module.name = "module 1";
  module.purpose = "sensitometry";
  module.length_mm = 40;
  module.confirmed = true;
  // Limits of the ACR (120 kV): bone 850 to 970, air -1005 to -970, acrylic 110 to 135, water -7 to 7,
  // polyethylene -107 to -84. The middle of each, and half its width.
  module.objects = {
      confirmed(rod("Bone", 63, -45, 25, 910, 60)), confirmed(rod("Air", 63, 45, 25, -987.5, 17.5)),
      confirmed(rod("Acrylic", 63, 135, 25, 122.5, 12.5)),
      confirmed(rod("Polyethylene", 63, -135, 25, -95.5, 11.5)), confirmed(rod("Water", 63, 180, 50, 0, 7))};
  // Rows of short wires, one every 0.5 mm of z: counting them gives the slice. Where the rows lie and how far
  // the wires stand apart in the slice is recalled.
  for (const double side : {-1.0, 1.0}) {
    PhantomObject ramp = at(Kind::ramp, 25, 90 * side, 0.3, 40000);
    ramp.material = "wires";
    ramp.angle_deg = side > 0 ? 0 : 180;
    ramp.value = std::atan(0.25) * 180 / std::numbers::pi;
    ramp.z_step_mm = 0.5;
    ramp.length_mm = 14;
    ramp.span_mm = 56;
    module.objects.push_back(ramp);
  }
  add_alignment_beads(module);
  return module;
}

PhantomModule acr_low_contrast() {
  PhantomModule module;
  module.name = "module 2";
  module.purpose = "low contrast";
  module.z_mm = 40;
  module.length_mm = 40;
  module.background_hu = 90;
  module.confirmed = true;
  const auto add = [&](double x_mm, double y_mm, double diameter_mm, bool is_confirmed) {
    PhantomObject target;
    target.kind = Kind::low_contrast;
    target.x_mm = x_mm;
    target.y_mm = y_mm;
    target.diameter_mm = diameter_mm;
    target.value = 6;
    target.hu = module.background_hu + target.value;
    target.confirmed = is_confirmed;
    module.objects.push_back(target);
  };
  add(0, -60, 25, true);
  // Four rods of each size in a row, twice their diameter apart; the order of the rows is recalled.
  for (int group = 0; group < 5; ++group) {
    const double diameter_mm = 6 - group;
    const double angle = (-30 + 60.0 * group) * std::numbers::pi / 180;
    for (int index = 0; index < 4; ++index) {
      const double along = (index - 1.5) * 2 * diameter_mm;
      add(60 * std::cos(angle) - along * std::sin(angle), 60 * std::sin(angle) + along * std::cos(angle),
          diameter_mm, false);
    }
  }
  return module;
}

PhantomModule acr_uniformity() {
  PhantomModule module;
  module.name = "module 3";
  module.purpose = "uniformity";
  module.z_mm = 80;
  module.length_mm = 40;
  module.confirmed = true;
  module.background_tolerance_hu = 7;  // as the water of module 1
  module.edge_tolerance_hu = 5;        // ACR; 7 HU and more fail
  // Two beads 100 mm apart; where on the circle is recalled.
  for (const double angle : {45.0, -135.0}) {
    PhantomObject bead = at(Kind::bead, 50, angle, 0.28, 100000);
    bead.material = "tungsten carbide";
    module.objects.push_back(bead);
  }
  return module;
}

PhantomModule acr_resolution() {
  PhantomModule module;
  module.name = "module 4";
  module.purpose = "resolution";
  module.z_mm = 120;
  module.length_mm = 40;
  module.confirmed = true;
  constexpr double per_cm[] = {4, 5, 6, 7, 8, 9, 10, 12};
  for (int index = 0; index < 8; ++index) {
    // Squares of 15 mm, from 4 pairs a centimetre at the upper left against the clock.
    PhantomObject group = line_pairs(per_cm[index], static_cast<int>(std::lround(1.5 * per_cm[index])), 70,
                                     -135 - 45.0 * index, 15);
    group.length_mm = 38;
    group.z_mm = -1;  // they begin at module 3
    module.objects.push_back(confirmed(group));
  }
  add_alignment_beads(module);
  return module;
}

}  // namespace

CtPhantomModel acr_464() {
  CtPhantomModel model;
  model.name = "acr-464";
  model.title = "ACR CT accreditation phantom (Gammex 464)";
  model.source =
      "phantom testing instructions of the ACR and documentation of pylinac; rows of low contrast rods and "
      "of "
      "wires recalled";
  model.body_diameter_mm = 200;
  model.modules = {acr_ct_numbers(), acr_low_contrast(), acr_uniformity(), acr_resolution()};
  return model;
}

CtPhantomModel mercury_4() {
  CtPhantomModel model;
  model.name = "mercury-4";
  model.title = "Mercury phantom 4.0";
  model.source =
      "diameters, inserts, their size and circle from an open analysis; lengths along z, HU of the inserts "
      "and "
      "the angle of the first recalled";
  model.body_hu = -75;
  constexpr double diameters_mm[] = {160, 210, 260, 310, 360};
  constexpr double part_mm = 30;
  constexpr double taper_mm = 10;
  double z_mm = 0;
  for (const double diameter_mm : diameters_mm) {
    const std::string name = std::to_string(static_cast<int>(diameter_mm)) + " mm";
    PhantomModule inserts;
    inserts.name = name + " inserts";
    inserts.purpose = "sensitometry";
    inserts.length_mm = part_mm;
    inserts.background_hu = model.body_hu;
    inserts.body_diameter_mm = diameter_mm;
    inserts.z_mm = z_mm;
    // A fifth of the circle from one to the next, in this order.
    const PhantomObject rods[] = {rod("Iodine", 45, -90, 26, 230, 0), rod("Polystyrene", 45, -18, 26, -35, 0),
                                  rod("Bone", 45, 54, 26, 900, 0), rod("Water", 45, 126, 26, 0, 0),
                                  rod("Air", 45, 198, 26, -1000, 0)};
    for (const PhantomObject& object : rods) inserts.objects.push_back(confirmed(object));
    PhantomModule uniform = inserts;
    uniform.name = name + " uniform";
    uniform.purpose = "uniformity";
    uniform.z_mm = z_mm + part_mm;
    uniform.objects.clear();
    model.modules.push_back(inserts);
    model.modules.push_back(uniform);
    z_mm += 2 * part_mm + taper_mm;
  }
  model.body_diameter_mm = diameters_mm[4];
  return model;
}

}  // namespace snitt::ct_phantom_parts
