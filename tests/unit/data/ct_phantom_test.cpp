#include "data/ct_phantom.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/error.hpp"

namespace snitt {
namespace {

const PhantomObject* rod_of(const PhantomModule& module, const std::string& material) {
  for (const PhantomObject& object : module.objects)
    if (object.kind == PhantomObjectKind::rod && object.material == material) return &object;
  return nullptr;
}

TEST(CtPhantom, EveryModelIsFoundByItsNameAndAnUnknownNameIsToldTheKnownOnes) {
  std::set<std::string> names;
  for (const CtPhantomModel& model : ct_phantom_models()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name;
    EXPECT_EQ(ct_phantom_model(model.name).title, model.title);
    EXPECT_FALSE(model.source.empty());
  }
  EXPECT_EQ(names.size(), 7u);
  try {
    ct_phantom_model("catphan-505");
    FAIL() << "no such phantom";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("catphan-504"), std::string::npos);
  }
}

TEST(CtPhantom, ModulesDoNotOverlapAndTheFirstIsAtZero) {
  for (const CtPhantomModel& model : ct_phantom_models()) {
    EXPECT_EQ(model.modules.front().z_mm, 0) << model.name;
    for (std::size_t i = 0; i < model.modules.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const PhantomModule& a = model.modules[i];
        const PhantomModule& b = model.modules[j];
        EXPECT_GE(std::abs(a.z_mm - b.z_mm), (a.length_mm + b.length_mm) / 2)
            << model.name << ' ' << a.name << ' ' << b.name;
        EXPECT_NE(a.name, b.name);
      }
  }
}

TEST(CtPhantom, ObjectsLieInsideTheirModuleAndRodsDoNotTouch) {
  for (const CtPhantomModel& model : ct_phantom_models())
    for (const PhantomModule& module : model.modules) {
      double diameter_mm = model.insert_diameter_mm;
      if (diameter_mm == 0) diameter_mm = module.body_diameter_mm;
      if (diameter_mm == 0) diameter_mm = model.body_diameter_mm;
      for (std::size_t i = 0; i < module.objects.size(); ++i) {
        const PhantomObject& a = module.objects[i];
        EXPECT_LE(std::hypot(a.x_mm, a.y_mm) + a.diameter_mm / 2, diameter_mm / 2) << module.name << i;
        EXPECT_LE(std::abs(a.z_mm) + a.length_mm / 2, module.length_mm / 2 + 1e-9) << module.name << i;
        if (a.kind == PhantomObjectKind::ramp) continue;
        for (std::size_t j = 0; j < i; ++j) {
          const PhantomObject& b = module.objects[j];
          if (b.kind == PhantomObjectKind::ramp) continue;
          EXPECT_GT(std::hypot(a.x_mm - b.x_mm, a.y_mm - b.y_mm), (a.diameter_mm + b.diameter_mm) / 2)
              << model.name << ' ' << module.name << ' ' << i << ' ' << j;
        }
      }
    }
}

// The inserts measured on the images of a CatPhan 600 (mm from the middle of the four holes). 0.3 mm: a pixel
// of those images.
TEST(CtPhantom, TheCatPhan600IsWhereItsImagesShowIt) {
  const PhantomModule& module = *ct_phantom_model("catphan-600").find("CTP404");
  const struct {
    const char* material;
    double x_mm;
    double y_mm;
  } measured[] = {
      {"Teflon", -29.34, 50.57}, {"Delrin", -58.46, -0.17}, {"LDPE", 58.48, 0.11}, {"PMP", 29.12, 50.70}};
  for (const auto& [material, x_mm, y_mm] : measured) {
    const PhantomObject* found = rod_of(module, material);
    ASSERT_NE(found, nullptr) << material;
    EXPECT_NEAR(found->x_mm, x_mm, 0.3) << material;
    EXPECT_NEAR(found->y_mm, y_mm, 0.3) << material;
  }
}

TEST(CtPhantom, TheCatPhan504IsThe600TurnedUpsideDown) {
  const PhantomModule& a = *ct_phantom_model("catphan-504").find("CTP404");
  const PhantomModule& b = *ct_phantom_model("catphan-600").find("CTP404");
  for (const char* material : {"PMP", "LDPE", "Polystyrene", "Acrylic", "Delrin", "Teflon"}) {
    EXPECT_NEAR(rod_of(a, material)->x_mm, -rod_of(b, material)->x_mm, 1e-9);
    EXPECT_NEAR(rod_of(a, material)->y_mm, -rod_of(b, material)->y_mm, 1e-9);
  }
}

TEST(CtPhantom, LinePairGroupsAreAsWideAsTheirBars) {
  const PhantomModule& module = *ct_phantom_model("acr-464").find("module 4");
  for (const PhantomObject& group : module.objects) {
    if (group.kind != PhantomObjectKind::line_pairs) continue;
    // 15 mm squares: one pair more or less than fits is allowed, for a square ends with a bar or a gap.
    EXPECT_NEAR(group.diameter_mm, 15, 10 / group.value) << group.value;
    EXPECT_EQ(group.span_mm, 15);
  }
}

TEST(CtPhantom, AWaterCylinderHasTheSizeAskedFor) {
  const CtPhantomModel model = water_cylinder(320, 50);
  EXPECT_EQ(model.body_diameter_mm, 320);
  EXPECT_EQ(model.modules.front().length_mm, 50);
  EXPECT_THROW(water_cylinder(0, 50), InputError);
}

}  // namespace
}  // namespace snitt
