#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "phantom/ct_scan.hpp"
#include "quality/phantom_analyses.hpp"

/// Simulated test objects, measured: what comes out is what the simulation put in.
namespace snitt::quality {
namespace {

constexpr const char* names[] = {"catphan-500", "catphan-504", "catphan-600", "catphan-604",
                                 "acr-464",     "mercury-4",   "water"};

phantom::CtScanSettings settings() {
  phantom::CtScanSettings s;
  s.field_of_view_mm = 240;
  s.matrix = 320;
  s.increment_mm = 2.5;
  s.slice.fwhm_mm = 2.5;
  s.noise.sigma_hu = 6;
  s.pose.is_reversed = true;
  s.pose.roll_deg = 2;
  return s;
}

struct Analyzed {
  PhantomScan scan;
  PhantomFindings findings;
  phantom::SimulatedScan truth;

  double value(const std::string& module, const std::string& measure, const std::string& object) const {
    for (const PhantomMeasure& m : findings.measures)
      if (m.module == module && m.measure == measure && m.object == object) return m.value;
    ADD_FAILURE() << module << ' ' << measure << ' ' << object << " was not measured";
    return 0;
  }
  const Table& table(const std::string& name) const {
    for (const auto& [known, table] : findings.tables)
      if (known == name) return table;
    throw InputError("no table {}", name);
  }
};

Analyzed analyzed(const std::string& model, const phantom::CtScanSettings& s,
                  const PhantomAnalysisOptions& options = {}) {
  Analyzed result;
  result.truth = phantom::simulate_ct_phantom(ct_phantom_model(model), s);
  Monitor silent;
  result.scan =
      locate_phantom(result.truth.ct, "scan.h5", ct_phantom_model(model), ct_phantom_models(), silent);
  result.findings = analyze_phantom(result.scan, options);
  return result;
}

double cell(const Table& table, const char* column, std::size_t row) {
  return std::get<std::vector<double>>(table.find(column)->values).at(row);
}

TEST(PhantomTruth, OfTheAcrPhantomIsFound) {
  phantom::CtScanSettings s = settings();
  s.pose.roll_deg = -4;
  s.pose.offset_x_mm = 5;
  s.f50_per_mm = 0.45;
  s.slice = {phantom::SliceShape::gaussian, 2.5};
  PhantomAnalysisOptions options;
  options.stated_slice_thickness_mm = 2.5;
  const Analyzed a = analyzed("acr-464", s, options);
  EXPECT_NEAR(a.scan.roll_deg, -4, 0.1);
  // A region of 8 mm holds some 150 pixels of correlated noise in each of a dozen slices: 0.2 HU.
  const std::map<std::string, double> materials{
      {"Bone", 910}, {"Air", -987.5}, {"Acrylic", 122.5}, {"Polyethylene", -95.5}, {"Water", 0}};
  for (const auto& [material, hu] : materials) EXPECT_NEAR(a.value("module 1", "hu", material), hu, 0.8);
  for (const char* material : {"Bone", "Air"})
    EXPECT_NEAR(a.value("module 1", "ttf_f50_per_mm", material), 0.45, 0.01) << material;  // 2 %
  // Wires are counted in steps of 0.5 mm: half a step.
  EXPECT_NEAR(a.value("module 1", "slice_thickness_mm", "mean"), 2.5, 0.25);
  EXPECT_NEAR(a.value("module 2", "contrast_hu", "25 mm of 6 HU"), 6, 0.5);
  // |A - B| / SD of B with 6 HU of both; A and B are means of 100 mm2, good to 0.6 HU each.
  EXPECT_NEAR(a.value("module 2", "slice_contrast_to_noise", "25 mm"), 1, 0.15);
  EXPECT_NEAR(a.value("module 3", "mean_hu", "center"), 0, 0.5);
  for (const char* edge : {"top", "right", "bottom", "left"})
    EXPECT_NEAR(a.value("module 3", "edge_minus_center_hu", edge), 0, 0.6);
  EXPECT_NEAR(a.value("module 3", "nps_noise_hu", ""), 6, 0.15);  // the beads are kept out
  EXPECT_NEAR(a.value("module 3", "bead_distance_mm", ""), 100, 0.2);
  // The MTF is 0.16 at 7 and 0.09 at 8 pairs per cm, of which a tenth of the 4 pairs' 0.58 is resolved.
  EXPECT_NEAR(a.value("module 4", "line_pairs_resolved_per_cm", ""), 8, 1);
}

TEST(PhantomTruth, AnUnevenAndMiscalibratedScannerFailsTheAcrLimits) {
  phantom::CtScanSettings s = settings();
  s.cupping_hu = 12;
  s.hu_offset = 15;
  const Analyzed a = analyzed("acr-464", s);
  std::map<std::string, std::string> verdicts;
  for (const PhantomMeasure& m : a.findings.measures)
    if (!m.verdict().empty()) verdicts[m.measure + " " + m.object] = m.verdict();
  EXPECT_EQ(verdicts.at("hu Water"), "fail");
  EXPECT_EQ(verdicts.at("edge_minus_center_hu top"), "fail");
  EXPECT_EQ(verdicts.at("hu Bone"), "pass");
  // Regions at 0.7 of the radius: -12 (1 - 0.49) against -12.
  EXPECT_NEAR(a.value("module 3", "edge_minus_center_hu", "left"), 12 * 0.49, 0.8);
}

TEST(PhantomTruth, OfTheMercuryPhantomIsFoundAndItsDetectabilityFallsAsTheNoiseGrows) {
  phantom::CtScanSettings s = settings();
  s.field_of_view_mm = 400;
  s.matrix = 400;
  s.increment_mm = 3;
  s.slice.fwhm_mm = 3;
  s.noise.sigma_hu = 20;
  s.noise_growth_per_mm = 0.006;
  s.f50_per_mm = 0.3;
  const Analyzed a = analyzed("mercury-4", s);
  ASSERT_EQ(a.scan.modules.size(), 10u);
  for (const char* diameter : {"160", "210", "260", "310", "360"}) {
    const std::string inserts = std::string(diameter) + " mm inserts";
    const std::string uniform = std::string(diameter) + " mm uniform";
    const double noise_hu = 20 * std::exp(0.006 * (std::stod(diameter) - 360));
    EXPECT_NEAR(a.value(inserts, "hu", "Bone"), 900, 1.5);
    EXPECT_NEAR(a.value(inserts, "hu", "Iodine"), 230, 1.5);
    EXPECT_NEAR(a.value(uniform, "nps_noise_hu", "") / noise_hu, 1, 0.04);
    EXPECT_NEAR(a.value(inserts, "ttf_f50_per_mm", "Bone"), 0.3, 0.009);
  }
  // d' of the same object in noise of the same texture is proportional to 1 / noise, so that its slope is
  // minus that of the noise; 3 %: statistics of the spectra.
  for (const char* insert : {"Bone", "Air", "Iodine"})
    EXPECT_NEAR(a.value("", "detectability_beta_per_mm", insert), -0.006, 0.0002) << insert;
  // And proportional to the contrast.
  EXPECT_NEAR(a.value("260 mm inserts", "detectability", "Bone") /
                  a.value("260 mm inserts", "detectability", "Iodine"),
              975.0 / 305, 0.1);
}

TEST(PhantomTruth, OfAWaterCylinderIsFoundWithItsNoisePower) {
  phantom::CtScanSettings s = settings();
  s.noise.sigma_hu = 10;
  const Analyzed a = analyzed("water", s);
  EXPECT_NEAR(a.value("water", "mean_hu", "center"), 0, 0.6);
  EXPECT_NEAR(a.value("water", "nps_noise_hu", ""), 10, 0.2);
  // Power of each bin against the truth; 12 slices of 9 regions, a bin of 20 frequencies and more: 3 %, and
  // the regions' edges leak a few per cent of the peak into their neighbours.
  const Table& nps = a.table("nps_radial");
  const Table& truth = *a.truth.record.table("nps");
  double highest = 0;
  for (std::size_t i = 0; i < truth.rows(); ++i) highest = std::max(highest, cell(truth, "nps_hu2_mm2", i));
  int compared = 0;
  for (std::size_t i = 0; i < nps.rows(); ++i) {
    const double f = cell(nps, "frequency_per_mm", i);
    if (f < 0.06 || f > 0.6) continue;
    const auto k = static_cast<std::size_t>(f / 0.01);
    const double share = f / 0.01 - static_cast<double>(k);
    const double expected =
        (1 - share) * cell(truth, "nps_hu2_mm2", k) + share * cell(truth, "nps_hu2_mm2", k + 1);
    EXPECT_NEAR(cell(nps, "power_hu2_mm2", i), expected, 0.06 * expected + 0.05 * highest) << f;
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

TEST(PhantomTruth, WaterIsFoundInAnyDiameterAndOtherPlasticsAreNot) {
  Monitor silent;
  for (const double diameter_mm : {160.0, 320.0}) {
    phantom::CtScanSettings s = settings();
    s.field_of_view_mm = 400;
    s.increment_mm = 5;
    const CtPhantomModel model = water_cylinder(diameter_mm, 100);
    const PhantomScan scan =
        recognize_phantom(phantom::simulate_ct_phantom(model, s).ct, "scan.h5", ct_phantom_models(), silent);
    EXPECT_EQ(scan.model.name, "water");
    EXPECT_NEAR(scan.model.body_diameter_mm, diameter_mm, 0.5);
    s.hu_offset = 120;  // as acrylic
    const Volume acrylic = phantom::simulate_ct_phantom(model, s).ct;
    EXPECT_THROW(recognize_phantom(acrylic, "scan.h5", ct_phantom_models(), silent), InputError);
    EXPECT_THROW(locate_phantom(acrylic, "scan.h5", ct_phantom_model("water"), ct_phantom_models(), silent),
                 InputError);
  }
}

TEST(PhantomTruth, BeadsAreFoundUnderATiltThatTakesTheNextModuleIntoTheSlice) {
  phantom::CtScanSettings s = settings();
  s.pose.tilt_deg = 3;
  s.slice.fwhm_mm = s.increment_mm = 5;
  const Analyzed a = analyzed("acr-464", s);
  EXPECT_NEAR(a.value("module 3", "bead_distance_mm", ""), 100, 0.2);
  EXPECT_NEAR(a.value("module 3", "nps_noise_hu", ""), 6, 0.2);
}

TEST(PhantomTruth, WaterOfAnotherValueFails) {
  phantom::CtScanSettings s = settings();
  s.hu_offset = 6;
  const Analyzed a = analyzed("water", s);
  const auto found = std::ranges::find_if(a.findings.measures, [](const PhantomMeasure& m) {
    return m.measure == "mean_hu" && m.object == "center";
  });
  EXPECT_EQ(found->verdict(), "fail");
}

// Each phantom under the name of each other.
TEST(PhantomTruth, EveryWrongNameIsRefusedAndEveryRightOneAccepted) {
  Monitor silent;
  for (const char* scanned : names) {
    phantom::CtScanSettings s = settings();
    s.matrix = 160;  // 1.5 mm
    s.increment_mm = 4;
    s.slice.fwhm_mm = 4;
    if (std::string(scanned) == "mercury-4") s.field_of_view_mm = 400;
    const Volume ct = phantom::simulate_ct_phantom(ct_phantom_model(scanned), s).ct;
    for (const char* named : names) {
      bool is_accepted = true;
      std::string message;
      try {
        locate_phantom(ct, "scan.h5", ct_phantom_model(named), ct_phantom_models(), silent);
      } catch (const InputError& error) {
        is_accepted = false;
        message = error.what();
      }
      EXPECT_EQ(is_accepted, std::string(scanned) == named) << scanned << " as " << named << ": " << message;
    }
  }
}

}  // namespace
}  // namespace snitt::quality
