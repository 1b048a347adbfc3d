#include "phantom/ct_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace snitt::phantom {
namespace {

struct Composition {
  const char* material;
  double electron_density;  ///< relative to water
  double atomic_number;     ///< effective
};

/// Of the maker's table (manual of the CatPhan 503); bone and iodine are recalled.
constexpr Composition compositions[] = {
    {"Water", 1, 7.42},           {"PMP", 0.853, 5.44},          {"LDPE", 0.945, 5.44},
    {"Polystyrene", 0.998, 5.70}, {"Acrylic", 1.147, 6.47},      {"Delrin", 1.363, 6.95},
    {"Teflon", 1.868, 8.43},      {"Polyethylene", 0.945, 5.44}, {"Bone 20%", 1.084, 9.3},
    {"Bone 50%", 1.312, 11.5},    {"Bone", 1.37, 11.9},          {"Iodine", 1.0, 10.5}};

/// Attenuation per electron, relative to incoherent scattering. The two numbers are the parts of
/// photoelectric absorption (4.8 %) and coherent scattering (11.3 %) in water at 60 keV.
double per_electron(double atomic_number, double energy_kev) {
  const double ratio = 60 / energy_kev;
  const double photoelectric = 3.38e-5 * std::pow(atomic_number, 3.62) * ratio * ratio * ratio;
  const double coherent = 2.71e-3 * std::pow(atomic_number, 1.86) * ratio * ratio;
  return 1 + photoelectric + coherent;
}

/// Effective energy of a CT beam behind a body: some 55 keV at 80 kV and 72 keV at 140 kV, linear between.
double effective_energy_kev(double tube_voltage_kv) { return 66 + 0.28 * (tube_voltage_kv - 120); }

double hu_of(const Composition& material, double energy_kev) {
  return 1000 * (material.electron_density * per_electron(material.atomic_number, energy_kev) /
                     per_electron(7.42, energy_kev) -
                 1);
}

void add_sphere(CtScene& scene, const PhantomObject& object, double z_mm, double contrast_hu) {
  if (object.diameter_mm <= 1) {
    const double volume_mm3 = std::numbers::pi / 6 * std::pow(object.diameter_mm, 3);
    scene.points.push_back({object.x_mm, object.y_mm, z_mm, object.diameter_mm, contrast_hu * volume_mm3});
    return;
  }
  // A pile of disks, each with the volume of its part of the sphere.
  const double radius_mm = object.diameter_mm / 2;
  const int slabs = std::max(8, static_cast<int>(2 * object.diameter_mm));
  const double height_mm = object.diameter_mm / slabs;
  for (int slab = 0; slab < slabs; ++slab) {
    const double middle_mm = (slab + 0.5) * height_mm - radius_mm;
    const double area = radius_mm * radius_mm - middle_mm * middle_mm - height_mm * height_mm / 12;
    scene.cylinders.push_back({object.x_mm,
                               object.y_mm,
                               std::sqrt(area),
                               {z_mm + middle_mm - height_mm / 2, z_mm + middle_mm + height_mm / 2},
                               contrast_hu});
  }
}

void add_ramp(CtScene& scene, const PhantomObject& object, double z_mm, double contrast_hu) {
  const double slope = std::tan(object.value * std::numbers::pi / 180);
  if (object.z_step_mm == 0) {
    const double section_mm2 = std::numbers::pi / 4 * object.diameter_mm * object.diameter_mm;
    scene.wires.push_back({object.x_mm, object.y_mm, z_mm, object.angle_deg, object.value, object.span_mm / 2,
                           object.diameter_mm, contrast_hu * section_mm2});
    return;
  }
  const double angle = object.angle_deg * std::numbers::pi / 180;
  const double volume_mm3 = std::numbers::pi / 6 * std::pow(object.diameter_mm, 3);
  const int half = static_cast<int>(object.length_mm / 2 / object.z_step_mm);
  for (int index = -half; index <= half; ++index) {
    const double dz_mm = index * object.z_step_mm;
    scene.points.push_back({object.x_mm + dz_mm / slope * std::cos(angle),
                            object.y_mm + dz_mm / slope * std::sin(angle), z_mm + dz_mm, object.diameter_mm,
                            contrast_hu * volume_mm3});
  }
}

void add_line_pairs(CtScene& scene, const PhantomObject& object, ZRange z, double contrast_hu) {
  const double width_mm = 5 / object.value;
  const double angle = object.angle_deg * std::numbers::pi / 180;
  for (int bar = 0; bar < object.bars; ++bar) {
    const double along_mm = (2 * bar - (object.bars - 1)) * width_mm;
    scene.bars.push_back({object.x_mm + along_mm * std::cos(angle), object.y_mm + along_mm * std::sin(angle),
                          width_mm / 2, object.span_mm / 2, object.angle_deg, z, contrast_hu});
  }
}

void add_object(CtScene& scene, const PhantomObject& object, const PhantomModule& module,
                double tube_voltage_kv) {
  const double z_mm = module.z_mm + object.z_mm;
  const double half_mm = (object.length_mm > 0 ? object.length_mm : module.length_mm) / 2;
  const double contrast_hu =
      hu_at_voltage(object.material, object.hu, tube_voltage_kv) - module.background_hu;
  switch (object.kind) {
    case PhantomObjectKind::bead:
      add_sphere(scene, object, z_mm, contrast_hu);
      break;
    case PhantomObjectKind::ramp:
      add_ramp(scene, object, z_mm, contrast_hu);
      break;
    case PhantomObjectKind::line_pairs:
      add_line_pairs(scene, object, {z_mm - half_mm, z_mm + half_mm}, contrast_hu);
      break;
    default:
      scene.cylinders.push_back(
          {object.x_mm, object.y_mm, object.diameter_mm / 2, {z_mm - half_mm, z_mm + half_mm}, contrast_hu});
  }
}

}  // namespace

double hu_at_voltage(const std::string& material, double hu_at_120_kv, double tube_voltage_kv) {
  for (const Composition& composition : compositions)
    if (material == composition.material)
      return hu_at_120_kv + hu_of(composition, effective_energy_kev(tube_voltage_kv)) -
             hu_of(composition, effective_energy_kev(120));
  return hu_at_120_kv;
}

CtScene ct_phantom_scene(const CtPhantomModel& model, double tube_voltage_kv, double cupping_hu) {
  std::vector<const PhantomModule*> modules;
  for (const PhantomModule& module : model.modules) modules.push_back(&module);
  std::sort(modules.begin(), modules.end(),
            [](const PhantomModule* a, const PhantomModule* b) { return a->z_mm < b->z_mm; });
  CtScene scene;
  double from_mm = modules.front()->z_mm - modules.front()->length_mm / 2;
  scene.z.from_mm = from_mm;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const PhantomModule& module = *modules[i];
    double to_mm = module.z_mm + module.length_mm / 2;
    if (i + 1 < modules.size()) to_mm = (to_mm + modules[i + 1]->z_mm - modules[i + 1]->length_mm / 2) / 2;
    const ZRange z{from_mm, to_mm};
    const double diameter_mm = module.body_diameter_mm > 0 ? module.body_diameter_mm : model.body_diameter_mm;
    const bool has_housing = model.insert_diameter_mm > 0;
    scene.cylinders.push_back(
        {0, 0, diameter_mm / 2, z, (has_housing ? model.body_hu : module.background_hu) - air_hu});
    if (has_housing) {
      const double gap_mm = model.insert_gap_mm;
      if (gap_mm > 0)
        scene.cylinders.push_back({0, 0, model.insert_diameter_mm / 2 + gap_mm, z, air_hu - model.body_hu});
      scene.cylinders.push_back({0, 0, model.insert_diameter_mm / 2, z,
                                 module.background_hu - (gap_mm > 0 ? air_hu : model.body_hu)});
    }
    for (const PhantomObject& object : module.objects) add_object(scene, object, module, tube_voltage_kv);
    from_mm = to_mm;
  }
  scene.z.to_mm = from_mm;
  scene.cupping = {model.body_diameter_mm / 2, model.body_diameter_mm / 2, scene.z, cupping_hu};
  return scene;
}

}  // namespace snitt::phantom
