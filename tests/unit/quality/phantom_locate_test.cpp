#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "phantom/ct_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_quality.hpp"

namespace snitt::quality {
namespace {

phantom::CtScanSettings settings() {
  phantom::CtScanSettings s;
  s.field_of_view_mm = 240;
  s.matrix = 240;
  s.increment_mm = 4;
  s.slice.fwhm_mm = 4;
  s.noise.sigma_hu = 5;
  return s;
}

PhantomScan recognized(const std::string& model, const phantom::CtScanSettings& s) {
  Monitor silent;
  return recognize_phantom(phantom::simulate_ct_phantom(ct_phantom_model(model), s).ct, "scan.h5",
                           ct_phantom_models(), silent);
}

std::string refusal(const Volume& ct, const std::string& model) {
  Monitor silent;
  try {
    locate_phantom(ct, "scan.h5", ct_phantom_model(model), ct_phantom_models(), silent);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

double angle_between(double a, double b) { return std::remainder(a - b, 360.0); }

TEST(RecognizePhantom, TellsTheCatphansApartWhateverTheirPose) {
  for (const char* model : {"catphan-500", "catphan-504", "catphan-600", "catphan-604"})
    for (int pose = 0; pose < 4; ++pose) {
      phantom::CtScanSettings s = settings();
      s.pose.roll_deg = -160 + 97 * pose;
      s.pose.tilt_deg = 0.5 * pose;
      s.pose.tilt_direction_deg = 70 * pose;
      s.pose.offset_x_mm = 5 * pose - 8;
      s.pose.offset_y_mm = 3 * pose;
      s.pose.is_mirrored = pose % 2 == 1;
      s.pose.is_reversed = pose >= 2;
      s.descending = pose == 3;
      s.has_table = pose != 1;
      s.tube_voltage_kv = 80 + 20 * pose;
      const PhantomScan scan = recognized(model, s);
      EXPECT_EQ(scan.model.name, model);
      EXPECT_EQ(scan.is_mirrored, s.pose.is_mirrored) << model << pose;
      // Eight centres found to 0.03 mm at 58 mm tell the turn to 0.02 degrees.
      EXPECT_NEAR(angle_between(scan.roll_deg, s.pose.roll_deg), 0, 0.1) << model << pose;
      // Circles to 0.03 mm over 120 mm tell the tilt to 0.02 degrees.
      EXPECT_NEAR(scan.tilt_deg, s.pose.tilt_deg, 0.06) << model << pose;
      EXPECT_GT(scan.certainty, 0.9) << model << pose;
      EXPECT_EQ(scan.modules.size(), scan.model.modules.size()) << model << pose;
    }
}

TEST(RecognizePhantom, PlacesModulesByWhatTheyHold) {
  phantom::CtScanSettings s = settings();
  s.pose.is_reversed = true;
  const PhantomScan scan = recognized("catphan-504", s);
  for (const FoundModule& found : scan.modules) {
    const PhantomModule& module = scan.description(found);
    EXPECT_TRUE(found.is_seen) << module.name;
    EXPECT_NEAR(found.z_mm, module.z_mm, 2) << module.name;  // half a slice
    for (const std::size_t k : found.slices)
      EXPECT_LE(std::abs(scan.slices[k].z_mm - module.z_mm), module.length_mm / 2) << module.name;
  }
}

TEST(RecognizePhantom, SaysWhatAPartOfAPhantomDoesNotTell) {
  phantom::CtScanSettings s = settings();
  s.from_mm = -4;
  s.to_mm = 4;
  const PhantomScan scan = recognized("catphan-504", s);
  EXPECT_EQ(scan.modules.size(), 1u);
  ASSERT_EQ(scan.alternatives.size(), 1u);
  EXPECT_LT(scan.certainty, 0.5);
  ASSERT_GE(scan.reasons.size(), 2u);
  EXPECT_NE(scan.reasons[0].find("catphan-600"), std::string::npos);
  EXPECT_NE(scan.reasons[1].find("CTP528"), std::string::npos);
  // What is there is measured all the same.
  const PhantomFindings findings = analyze_phantom(scan, {});
  EXPECT_EQ(std::ranges::count(findings.measures, "hu", &PhantomMeasure::measure), 8);
}

TEST(LocatePhantom, RefusesAnotherModelByName) {
  const Volume ct = phantom::simulate_ct_phantom(ct_phantom_model("catphan-604"), settings()).ct;
  const std::string text = refusal(ct, "catphan-504");
  EXPECT_NE(text.find("is not catphan-504: 2 inserts found in CTP404 that catphan-504 does not have"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("it fits catphan-604"), std::string::npos) << text;
  const std::string other =
      refusal(phantom::simulate_ct_phantom(ct_phantom_model("catphan-504"), settings()).ct, "catphan-604");
  EXPECT_NE(other.find("(missing: Bone 50%, Bone 20%)"), std::string::npos) << other;
}

TEST(LocatePhantom, RefusesTheSameModuleInAnotherPlace) {
  const std::string text =
      refusal(phantom::simulate_ct_phantom(ct_phantom_model("catphan-504"), settings()).ct, "catphan-600");
  EXPECT_NE(text.find("only 1 of its 5 modules"), std::string::npos) << text;
  EXPECT_NE(text.find("it fits catphan-504"), std::string::npos) << text;
}

TEST(LocatePhantom, RefusesAnotherDiameter) {
  phantom::CtScanSettings s = settings();
  s.from_mm = -8;
  s.to_mm = 8;
  const std::string text =
      refusal(phantom::simulate_ct_phantom(water_cylinder(186, 60), s).ct, "catphan-504");
  EXPECT_NE(text.find("body diameter 186.0 mm where catphan-504 has 201 mm"), std::string::npos) << text;
}

TEST(LocatePhantom, RefusesABody) {
  phantom::CtScanSettings s = settings();
  s.field_of_view_mm = 400;
  phantom::CtBodySettings body;
  const std::string text = refusal(phantom::simulate_ct_body(body, s).ct, "catphan-504");
  EXPECT_NE(text.find("no round body was found"), std::string::npos) << text;
}

TEST(LocatePhantom, ConfirmsNoModelByUniformSlicesAlone) {
  phantom::CtScanSettings s = settings();
  s.from_mm = 60;
  s.to_mm = 70;
  const Volume ct = phantom::simulate_ct_phantom(ct_phantom_model("catphan-504"), s).ct;
  Monitor silent;
  const PhantomScan scan =
      locate_phantom(ct, "scan.h5", ct_phantom_model("catphan-504"), ct_phantom_models(), silent);
  EXPECT_LT(scan.certainty, 0.3);
  EXPECT_FALSE(scan.is_roll_known);
  EXPECT_THROW(recognize_phantom(ct, "scan.h5", ct_phantom_models(), silent), InputError);
}

TEST(RecognizePhantom, FindsTheInsertsWhereNoEdgeOfTheBodyIsInTheField) {
  phantom::CtScanSettings s = settings();
  s.field_of_view_mm = 134;
  s.pose.roll_deg = 77;
  s.pose.offset_x_mm = 1.5;
  for (const bool whole : {false, true}) {
    if (!whole) s.from_mm = -4;
    s.to_mm = whole ? std::optional<double>() : 4;
    if (whole) s.from_mm.reset();
    const PhantomScan scan = recognized("catphan-604", s);
    EXPECT_EQ(scan.model.name, "catphan-604");
    EXPECT_NEAR(scan.roll_deg, 77, 0.1);
    EXPECT_EQ(scan.modules.size(), whole ? 4u : 1u);
    EXPECT_TRUE(std::isnan(scan.slices[0].body_diameter_mm));
    EXPECT_NE(scan.reasons.at(0).find("no edge of the body"), std::string::npos);
  }
}

}  // namespace
}  // namespace snitt::quality
