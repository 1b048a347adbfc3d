#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "base/error.hpp"
#include "phantom/ct_scan.hpp"
#include "quality/phantom_analyses.hpp"
#include "quality/phantom_quality.hpp"
#include "temporary_folder.hpp"

namespace snitt::quality {
namespace {

struct Analyzed {
  PhantomScan scan;
  PhantomFindings findings;
  double value(const std::string& measure, const std::string& object = "") const {
    for (const PhantomMeasure& m : findings.measures)
      if (m.measure == measure && m.object == object) return m.value;
    ADD_FAILURE() << "no " << measure << " of " << object;
    return not_found;
  }
};

/// A CatPhan 604 and a 504 in fine pixels, once for all tests: MTF of 0.5 at 0.4 /mm.
const Analyzed& analyzed(const std::string& model) {
  static std::map<std::string, Analyzed> known;
  if (!known.contains(model)) {
    phantom::CtScanSettings s;
    s.field_of_view_mm = 240;
    s.increment_mm = 2;
    s.slice.fwhm_mm = 2;
    s.noise.sigma_hu = 4;
    s.pose.roll_deg = 25;
    s.pose.offset_x_mm = 6;
    Monitor silent;
    Analyzed a;
    a.scan = locate_phantom(phantom::simulate_ct_phantom(ct_phantom_model(model), s).ct, "scan.h5",
                            ct_phantom_model(model), {}, silent);
    PhantomAnalysisOptions options;
    options.tasks = {parse_task("disk:5:10")};
    options.stated_slice_thickness_mm = 2;
    a.findings = analyze_phantom(a.scan, options);
    known[model] = std::move(a);
  }
  return known[model];
}

TEST(PhantomAnalyses, FindTheHuOfEveryInsert) {
  for (const char* model : {"catphan-504", "catphan-604"}) {
    const Analyzed& a = analyzed(model);
    for (const PhantomMeasure& m : a.findings.measures) {
      if (m.measure != "hu") continue;
      // 240 pixels of 12 slices with noise of 4 HU: a standard error of 0.2 HU for correlated noise.
      EXPECT_NEAR(m.value, m.nominal, 1) << model << m.object;
    }
    EXPECT_NEAR(a.value("linearity_slope"), 1, 1e-3);
    EXPECT_NEAR(a.value("linearity_intercept_hu"), 0, 0.5);
    EXPECT_GT(a.value("linearity_r2"), 0.99999);
    EXPECT_NEAR(a.value("contrast_scale_per_cm_hu"), 0.2159 / 1115, 5e-7);
  }
}

TEST(PhantomAnalyses, FindDistancesToATwentiethOfAMillimetre) {
  const Analyzed& a = analyzed("catphan-504");
  for (const char* side : {"upper", "lower", "left", "right"})
    EXPECT_NEAR(a.value("distance_mm", side), 50, 0.05);
  EXPECT_NEAR(a.value("distance_mm", "diagonal 1"), 50 * std::sqrt(2.0), 0.05);
  EXPECT_NEAR(a.value("pixel_size_ratio"), 1, 5e-4);
}

TEST(PhantomAnalyses, FindTheSliceThickness) {
  const Analyzed& a = analyzed("catphan-504");
  // A rectangle of 2 mm blurred by 1.1 mm in the slice, 0.47 mm seen along z: within a tenth.
  EXPECT_NEAR(a.value("slice_thickness_mm", "mean"), 2, 0.1);
  EXPECT_NEAR(a.value("slice_thickness_corrected_mm", "mean"), 2, 0.2);
}

TEST(PhantomAnalyses, FindNoiseAndNoUnevenness) {
  const Analyzed& a = analyzed("catphan-504");
  EXPECT_NEAR(a.value("noise_hu", "center"), 4, 0.12);
  EXPECT_NEAR(a.value("nps_noise_hu"), 4, 0.12);  // a quadratic trend takes little of projection noise
  for (const char* side : {"top", "right", "bottom", "left"})
    EXPECT_NEAR(a.value("edge_minus_center_hu", side), 0, 0.5);
  EXPECT_LT(a.value("integral_nonuniformity_percent"), 0.03);
}

TEST(PhantomAnalyses, AgreeOnTheResolution) {
  const Analyzed& a = analyzed("catphan-504");
  EXPECT_NEAR(a.value("ttf_f50_per_mm", "Teflon"), 0.4, 0.01);
  EXPECT_NEAR(a.value("ttf_f50_per_mm", "Air"), 0.4, 0.01);
  EXPECT_NEAR(a.value("mtf_f50_per_mm", "bead"), 0.4, 0.02);
  // Interpolated between groups at 0.1 /mm, and harmonics count in the widest.
  EXPECT_NEAR(a.value("line_pair_f50_per_mm"), 0.4, 0.03);
}

TEST(PhantomAnalyses, FollowTheGaugeOfBarsOnATiltedAxis) {
  // At 47 mm two degrees move the plate of 2 mm by 1.6 mm: no slice holds all groups alike.
  for (const double thickness : {2.0, 5.0}) {
    phantom::CtScanSettings s;
    s.field_of_view_mm = 240;
    s.increment_mm = thickness;
    s.slice.fwhm_mm = thickness;
    s.noise.sigma_hu = 2;
    s.pose.tilt_deg = 2;
    s.pose.tilt_direction_deg = 130;
    s.from_mm = -50;
    s.to_mm = 15;
    Monitor silent;
    const PhantomScan scan =
        locate_phantom(phantom::simulate_ct_phantom(ct_phantom_model("catphan-504"), s).ct, "scan.h5",
                       ct_phantom_model("catphan-504"), {}, silent);
    Analyzed a{scan, analyze_phantom(scan, {})};
    EXPECT_NEAR(a.value("line_pair_f50_per_mm"), 0.4, 0.03) << thickness;
  }
}

TEST(PhantomAnalyses, FindTheLowContrastTargets) {
  const Analyzed& a = analyzed("catphan-504");
  EXPECT_NEAR(a.value("contrast_hu", "15 mm of 10 HU"), 10, 0.6);
  EXPECT_NEAR(a.value("contrast_hu", "15 mm of 3 HU"), 3, 0.6);
  EXPECT_LE(a.value("smallest_seen_mm", "10 HU"), 4);
}

TEST(PhantomAnalyses, GiveTheTaskItsDetectability) {
  const Analyzed& a = analyzed("catphan-504");
  ASSERT_FALSE(a.findings.transfers.empty());
  bool is_there = false;
  for (const PhantomMeasure& m : a.findings.measures) {
    if (m.measure != "detectability") continue;
    is_there = true;
    EXPECT_TRUE(m.object.starts_with("disk 5 mm 10 HU")) << m.object;
    EXPECT_GT(m.value, 1);
    EXPECT_LT(m.value, 100);
  }
  EXPECT_TRUE(is_there);
}

TEST(PhantomAnalyses, GiveNoDetectabilityWithoutNoiseAndKeepTheRest) {
  const Analyzed& a = analyzed("catphan-504");
  phantom::CtScanSettings s;
  s.field_of_view_mm = 240;
  s.increment_mm = 4;
  s.slice.fwhm_mm = 4;
  s.noise.sigma_hu = 0;
  Monitor silent;
  const CtPhantomModel& model = a.scan.model;
  const PhantomScan scan =
      locate_phantom(phantom::simulate_ct_phantom(model, s).ct, "scan.h5", model, {}, silent);
  PhantomAnalysisOptions options;
  options.tasks = {parse_task("disk:5:10")};
  const PhantomFindings findings = analyze_phantom(scan, options);
  bool has_hu = false;
  for (const PhantomMeasure& m : findings.measures) {
    EXPECT_NE(m.measure, "detectability");
    has_hu = has_hu || m.measure == "hu";
  }
  EXPECT_TRUE(has_hu);
  bool is_said = false;
  for (const std::string& reason : findings.reasons)
    is_said = is_said || reason.find("no d'") != std::string::npos;
  EXPECT_TRUE(is_said);
}

TEST(NominalValues, ReplaceThoseOfTheModel) {
  const TemporaryFolder folder;
  const std::string path = folder / "nominal.csv";
  std::ofstream(path)
      << "measure,object,nominal,tolerance\nhu,Teflon,930,10\nnoise_hu,center,5,1\nhu,PMP,,\n";
  const std::vector<NominalValue> values = read_nominal_values(path);
  ASSERT_EQ(values.size(), 2u);
  const CtPhantomModel model = with_nominal_values(ct_phantom_model("catphan-504"), values);
  for (const PhantomObject& object : model.modules[0].objects)
    if (object.material == "Teflon" && object.kind == PhantomObjectKind::rod) {
      EXPECT_EQ(object.hu, 930);
      EXPECT_EQ(object.hu_tolerance, 10);
    }
  std::vector<PhantomMeasure> measures{{"CTP486", "noise_hu", "center", 5.5, "HU"}};
  apply_nominal_values(values, measures);
  EXPECT_EQ(measures[0].verdict(), "pass");
  measures[0].value = 6.5;
  EXPECT_EQ(measures[0].verdict(), "fail");
  EXPECT_THROW(with_nominal_values(ct_phantom_model("catphan-504"), {{"", "hu", "Gold", 3000, 1}}),
               InputError);
}

TEST(DetectionTasks, AreParsedOrRefused) {
  EXPECT_EQ(parse_task("designer:5:10:1.5").exponent, 1.5);
  EXPECT_EQ(parse_task("gaussian:3:-20").contrast_hu, -20);
  for (const char* text :
       {"", "disk", "disk:5", "disk:x:3", "ball:5:3", "disk:5:10:1", "disk:0:10", "disk:5:0", "disk:5:nan"})
    EXPECT_THROW(parse_task(text), UsageError) << text;
}

}  // namespace
}  // namespace snitt::quality
