#include <cmath>

#include "base/error.hpp"
#include "data/ct_phantom_parts.hpp"

namespace snitt {

namespace ct_phantom_parts {

PhantomObject at(PhantomObjectKind kind, double radius_mm, double angle_deg, double diameter_mm, double hu) {
  const double angle = angle_deg * std::numbers::pi / 180;
  PhantomObject object;
  object.kind = kind;
  object.x_mm = radius_mm * std::cos(angle);
  object.y_mm = radius_mm * std::sin(angle);
  object.diameter_mm = diameter_mm;
  object.hu = hu;
  return object;
}

PhantomObject rod(const std::string& material, double radius_mm, double angle_deg, double diameter_mm,
                  double hu, double hu_tolerance) {
  PhantomObject object = at(PhantomObjectKind::rod, radius_mm, angle_deg, diameter_mm, hu);
  object.material = material;
  object.hu_tolerance = hu_tolerance;
  return object;
}

PhantomObject line_pairs(double per_cm, int bars, double radius_mm, double angle_deg, double bar_length_mm) {
  PhantomObject object = at(PhantomObjectKind::line_pairs, radius_mm, angle_deg, 0, aluminum_hu);
  object.material = "aluminum";
  object.angle_deg = angle_deg + 90;
  object.value = per_cm;
  object.bars = bars;
  object.span_mm = bar_length_mm;
  object.diameter_mm = (2 * bars - 1) * 5 / per_cm;  // across the bars: bar and gap are 5 / per_cm wide
  return object;
}

}  // namespace ct_phantom_parts

const PhantomModule* CtPhantomModel::find(const std::string& module) const {
  for (const PhantomModule& candidate : modules)
    if (candidate.name == module) return &candidate;
  return nullptr;
}

CtPhantomModel water_cylinder(double diameter_mm, double length_mm) {
  if (!(diameter_mm > 0 && length_mm > 0))
    throw InputError("a water cylinder needs a diameter and a length above zero");
  CtPhantomModel model;
  model.name = "water";
  model.title = "water cylinder";
  model.source = "a cylinder of water; the wall is left out";
  model.body_diameter_mm = diameter_mm;
  PhantomModule module;
  module.name = "water";
  module.purpose = "uniformity";
  module.length_mm = length_mm;
  module.background_tolerance_hu = 4;  // IEC 61223-3-5
  module.confirmed = true;
  model.modules.push_back(module);
  return model;
}

const std::vector<CtPhantomModel>& ct_phantom_models() {
  // 200 mm is what scanner makers ship; others are asked for by diameter.
  static const std::vector<CtPhantomModel> models{
      ct_phantom_parts::catphan_500(), ct_phantom_parts::catphan_504(), ct_phantom_parts::catphan_600(),
      ct_phantom_parts::catphan_604(), ct_phantom_parts::acr_464(),     ct_phantom_parts::mercury_4(),
      water_cylinder(200, 100)};
  return models;
}

const CtPhantomModel& ct_phantom_model(const std::string& name) {
  std::string known;
  for (const CtPhantomModel& model : ct_phantom_models()) {
    if (model.name == name) return model;
    known += (known.empty() ? "" : ", ") + model.name;
  }
  throw InputError("no test object is called \"{}\" (known: {})", name, known);
}

}  // namespace snitt
